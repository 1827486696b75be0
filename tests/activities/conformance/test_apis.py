"""The contract of providers, for APIs and their host names."""

from tests.activities.conformance.cases_apis import CASES
from tests.activities.conformance.suite import Conformance


class TestApis(Conformance):
    cases = CASES
