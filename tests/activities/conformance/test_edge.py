"""The contract of providers, for distributions, secrets, parameters, keys and the rest of IAM."""

from tests.activities.conformance.cases_edge import CASES
from tests.activities.conformance.suite import Conformance


class TestEdge(Conformance):
    cases = CASES
