"""The contract of providers, for VPCs and what is in them, disks and file systems."""

from tests.activities.conformance.cases_network import CASES
from tests.activities.conformance.suite import Conformance


class TestNetwork(Conformance):
    cases = CASES
