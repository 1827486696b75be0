from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from panka.planner.units import FARGATE, cpu_units, fargate_size, mebibytes, memory_mib, seconds


@pytest.mark.parametrize(
    ("written", "read"), [(30, 30), ("30", 30), ("30s", 30), ("5m", 300), ("1h", 3_600), ("14d", 1_209_600), (1.0, 1)]
)
def test_durations_are_seconds(written: Any, read: int) -> None:
    assert seconds(written) == read


@pytest.mark.parametrize(
    ("written", "read"), [(512, 512), ("512", 512), ("512Mi", 512), ("1Gi", 1_024), ("0.5Gi", 512)]
)
def test_memory_is_mebibytes(written: Any, read: int) -> None:
    assert memory_mib(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [(256, 256), ("256", 256), ("256m", 256), ("0.25", 256), (0.5, 512), ("1", 1_024), (2, 2_048), ("1024m", 1_024)],
)
def test_cpu_is_units_of_which_a_vcpu_has_1024(written: Any, read: int) -> None:
    assert cpu_units(written) == read


@pytest.mark.parametrize(
    ("reader", "written"),
    [
        (seconds, "soon"),
        (seconds, "5 weeks"),
        (seconds, "0.5s"),
        (memory_mib, "1Ti"),
        (cpu_units, "1Gi"),
        (seconds, ""),
    ],
)
def test_what_is_no_quantity_is_refused_by_code(reader: Any, written: str) -> None:
    with pytest.raises(PydanticCustomError) as refused:
        reader(written)

    assert refused.value.type == "PK302"


@given(st.integers(1, 16_384), st.integers(1, 122_880))
def test_a_fargate_size_is_the_smallest_that_holds_what_is_asked(cpu: int, memory: int) -> None:
    size = fargate_size(cpu, memory)

    fitting = [(units, mib) for units, sizes in FARGATE.items() for mib in sizes if units >= cpu and mib >= memory]
    assert size == (min(fitting) if fitting else None)
    assert size is not None


def test_what_no_fargate_size_holds_is_none() -> None:
    assert fargate_size(16_385, 1) is None
    assert fargate_size(1, 122_881) is None


def test_memory_is_told_in_the_unit_that_fits() -> None:
    assert [mebibytes(one) for one in (512, 1_024, 1_536, 2_048)] == ["512Mi", "1Gi", "1536Mi", "2Gi"]
