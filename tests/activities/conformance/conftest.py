"""Gives each test of the suite the cases of its class, at both endpoints."""

import pytest
from tests.activities.conformance.case import Case


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", metafunc.cls.cases, ids=str, indirect=True)


@pytest.fixture
def case(request: pytest.FixtureRequest, endpoint: str) -> Case:
    """The case, unless it says why this test does not run at this endpoint."""
    found: Case = request.param
    test: str = request.function.__name__
    reason = found.skipped(endpoint, test.removeprefix("test_"))
    if reason is not None:
        pytest.skip(reason)
    return found
