"""Gives each test of the suite the cases of its class, at the endpoints that each case names."""

import pytest
from tests.activities.conformance.case import Case


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" not in metafunc.fixturenames:
        return
    cases: tuple[Case, ...] = metafunc.cls.cases
    endpoints = dict.fromkeys(endpoint for case in cases for endpoint in case.endpoints)
    # One endpoint after the other, so that none is connected to twice.
    pairs = [_pair(case, at, metafunc) for at in endpoints for case in cases if at in case.endpoints]
    # As a mark it goes before the parameters that `endpoint` has of its own.
    both = pytest.mark.parametrize(("case", "endpoint"), pairs, indirect=True, scope="session")
    metafunc.definition.add_marker(both)


def _pair(case: Case, endpoint: str, metafunc: pytest.Metafunc) -> object:
    reason = case.skipped(endpoint, metafunc.function.__name__.removeprefix("test_"))
    marks = [pytest.mark.skip(reason=reason)] if reason is not None else []
    return pytest.param(case, endpoint, id=f"{endpoint}-{case}", marks=marks)


@pytest.fixture(scope="session")
def case(request: pytest.FixtureRequest) -> Case:
    """The case that a test runs."""
    found: Case = request.param
    return found
