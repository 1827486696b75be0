"""The contract of providers, for what runs without servers."""

from tests.activities.conformance.cases_serverless import CASES
from tests.activities.conformance.suite import Conformance


class TestServerless(Conformance):
    cases = CASES
