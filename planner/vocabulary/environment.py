"""Environment variables, as containers and functions take them."""

from typing import Annotated, TypeAlias

from pydantic import BeforeValidator

from panka.planner.component import ComponentName, Spec
from panka.planner.rules import shaped


def plain_text(value: object) -> object:
    """A scalar as environments hold it: numbers and booleans become text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def whole_number_text(value: object) -> object:
    """`16` as `"16"`. A number with a point stays one and is refused, as YAML has lost its last zeros: 1.10 is 1.1."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


PlainText: TypeAlias = Annotated[str, BeforeValidator(plain_text, json_schema_input_type=str | int | float | bool)]
Version: TypeAlias = Annotated[str, BeforeValidator(whole_number_text, json_schema_input_type=str | int)]
"""A version or a tag; one with a point is written in quotes."""
VariableName: TypeAlias = Annotated[
    str, shaped(r"[A-Za-z_][A-Za-z0-9_]*", "the name of an environment variable: letters, digits and `_`")
]

_OF_LAMBDA = (
    "AWS_ACCESS_KEY|AWS_ACCESS_KEY_ID|AWS_DEFAULT_REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_[A-Z_]+|AWS_REGION|"
    "AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|LAMBDA_RUNTIME_DIR|LAMBDA_TASK_ROOT"
)
FunctionVariableName: TypeAlias = Annotated[
    str,
    shaped(
        rf"(?!({_OF_LAMBDA})$)[A-Za-z][A-Za-z0-9_]+",
        "a function's variable: at least two letters, digits and `_`, a letter first, and none that Lambda sets",
    ),
]


class ValueFrom(Spec):
    """An output of another component."""

    component: ComponentName
    """The component: `name`, or `service/name`."""
    output: str
    """One of its outputs."""

    @property
    def reference(self) -> str:
        """The same, as it is written inside a text."""
        return f"${{{self.component}.{self.output}}}"


class FromOutput(Spec):
    """A variable whose value is an output of another component."""

    value_from: ValueFrom
    """The output."""
