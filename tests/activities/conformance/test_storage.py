"""The contract of providers, for queues, topics, buckets and tables."""

from tests.activities.conformance.cases_storage import CASES
from tests.activities.conformance.suite import Conformance


class TestStorage(Conformance):
    cases = CASES
