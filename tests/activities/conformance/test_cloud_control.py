"""The contract of providers, for types without one of their own."""

from tests.activities.conformance.cases_cloud_control import CASES
from tests.activities.conformance.suite import Conformance


class TestCloudControl(Conformance):
    cases = CASES
