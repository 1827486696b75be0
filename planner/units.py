"""Quantities as people write them: durations, CPU, memory, and the sizes in which Fargate sells the last two."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function

from panka.planner.rules import broken

ANY_CASE = "anyCase"
"""Marks a field's schema: its words may be written in capitals and in small letters."""
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_MEBIBYTES = {"": 1, "Mi": 1, "M": 1, "Gi": 1_024, "G": 1_024}
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")
LARGEST_VCPU = 16
"""Bare numbers up to this one count vCPUs: no container takes fewer than 128 CPU units."""


def seconds(value: object) -> object:
    """`"5m"` as 300. What is not a duration at all comes back as it is, for pydantic to complain about."""
    return _amount(value, _SECONDS, "a duration such as 30, 30s, 5m or 1h")


def memory_mib(value: object) -> object:
    """`"1Gi"` as 1024."""
    return _amount(value, _MEBIBYTES, "an amount of memory such as 512, 512Mi or 1Gi")


def cpu_units(value: object) -> object:
    """`256`, `"256m"` and `"0.25"` all as 256: 1,024 units are one vCPU."""
    form = "a CPU size such as 256, 256m or 0.5"
    read = _read(value, form)
    if read is None:
        return value
    number, unit = read
    if unit not in ("", "m"):
        raise broken("PK302", f"`{value}` is not {form}")
    return _whole(number * 1_024 if unit == "" and number <= LARGEST_VCPU else number, value, form)


@dataclass(frozen=True, slots=True)
class AnyCase:
    """Takes a word in capitals and in small letters, and keeps it in the one case that AWS (and the field) has."""

    kept: Literal["lower", "upper"]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(self._read, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), ANY_CASE: True}

    def _read(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        return value.lower() if self.kept == "lower" else value.upper()


def number(value: object) -> object:
    """`"60"` as 60, for fields that take certain numbers only."""
    return int(value) if isinstance(value, str) and value.isdecimal() else value


Seconds: TypeAlias = Annotated[int, BeforeValidator(seconds, json_schema_input_type=int | float | str)]
"""A duration."""
MiB: TypeAlias = Annotated[int, BeforeValidator(memory_mib, json_schema_input_type=int | float | str)]
"""An amount of memory."""
CpuUnits: TypeAlias = Annotated[int, BeforeValidator(cpu_units, json_schema_input_type=int | float | str)]
"""A share of CPU."""


def _read(value: object, form: str) -> tuple[float, str] | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    match = _NUMBER.fullmatch(str(value))
    if match is None:
        raise broken("PK302", f"`{value}` is not {form}")
    return float(match[1]), match[2]


def _amount(value: object, units: dict[str, int], form: str) -> object:
    read = _read(value, form)
    if read is None:
        return value
    number, unit = read
    if unit not in units:
        raise broken("PK302", f"`{value}` is not {form}")
    return _whole(number * units[unit], value, form)


def _whole(number: float, value: object, form: str) -> int:
    if not number.is_integer():
        raise broken("PK302", f"`{value}` is not {form}: it does not come to a whole number")
    return int(number)


def _steps(start: int, stop: int, step: int) -> tuple[int, ...]:
    return tuple(range(start, stop + 1, step))


FARGATE: dict[int, tuple[int, ...]] = {
    256: (512, 1_024, 2_048),
    512: _steps(1_024, 4_096, 1_024),
    1_024: _steps(2_048, 8_192, 1_024),
    2_048: _steps(4_096, 16_384, 1_024),
    4_096: _steps(8_192, 30_720, 1_024),
    8_192: _steps(16_384, 61_440, 4_096),
    16_384: _steps(32_768, 122_880, 8_192),
}
"""The memory sizes (MiB) that Fargate has for each number of CPU units."""


def fargate_size(cpu: int, memory: int) -> tuple[int, int] | None:
    """The smallest Fargate size that has both; None when there is none."""
    return min(
        ((units, size) for units, sizes in FARGATE.items() for size in sizes if units >= cpu and size >= memory),
        key=lambda pair: (pair[0], pair[1]),
        default=None,
    )


def mebibytes(mib: int) -> str:
    """A memory size as people say it: `512Mi`, `2Gi`."""
    return f"{mib}Mi" if mib % 1_024 else f"{mib // 1_024}Gi"
