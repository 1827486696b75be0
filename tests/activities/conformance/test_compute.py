"""The contract of providers, for roles, logs, functions, security groups, tasks and databases."""

from tests.activities.conformance.cases_compute import CASES
from tests.activities.conformance.suite import Conformance


class TestCompute(Conformance):
    cases = CASES
