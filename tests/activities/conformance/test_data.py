"""The contract of providers, for clusters of databases, caches and brokers."""

from tests.activities.conformance.cases_data import CASES
from tests.activities.conformance.suite import Conformance


class TestData(Conformance):
    cases = CASES
