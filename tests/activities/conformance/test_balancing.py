"""The contract of providers, for load balancers, scaling, alarms, names, DNS and certificates."""

from tests.activities.conformance.cases_balancing import CASES
from tests.activities.conformance.suite import Conformance


class TestBalancing(Conformance):
    cases = CASES
