"""What a stack tells: its own outputs, and those of its components with the stacks that use them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from panka.cli.views.screen import table
from panka.planner.consumers import consumers
from panka.planner.owner import Scope
from panka.planner.state import State, Use


@dataclass(frozen=True, slots=True)
class Told:
    """The outputs on record."""

    scope: Scope
    outputs: Mapping[str, Any]
    exports: Mapping[str, Mapping[str, Any]]
    uses: Mapping[tuple[str, str], list[Use]]
    """Who uses which output of which component, where that was asked for."""

    @classmethod
    def of(cls, state: State, others: Iterable[State]) -> Self:
        return cls(state.scope, state.outputs, state.exports, consumers(state.scope.stack, others))

    def names(self) -> list[str]:
        components = (f"{name}.{output}" for name, outputs in self.exports.items() for output in outputs)
        return [*self.outputs, *components]

    def has(self, name: str) -> bool:
        return name in self.names()

    def value(self, name: str) -> Any:
        """Raises KeyError."""
        component, _, output = name.partition(".")
        return self.outputs[name] if name in self.outputs else self.exports[component][output]


def outputs_text(told: Told) -> str:
    if not told.outputs:
        return "The stack has no outputs of its own."
    return table(("OUTPUT", "VALUE"), [(name, value_text(value, "table")) for name, value in told.outputs.items()])


def all_text(told: Told) -> str:
    """The outputs of every component, each with the places that use it."""
    rows = [
        (f"{component}.{output}", value_text(value, "table"), "; ".join(_users(told.uses.get((component, output), ()))))
        for component, outputs in told.exports.items()
        for output, value in outputs.items()
    ]
    return table(("OUTPUT", "VALUE", "USED BY"), rows) if rows else "No component tells anything."


def _users(uses: Iterable[Use]) -> Iterator[str]:
    for one in uses:
        yield f"{one.stack}: {one.by} at {one.place}"


def value_text(value: Any, form: str) -> str:
    """A value alone: a text as it is, everything else, and a text as JSON, in JSON."""
    return value if isinstance(value, str) and form != "json" else json.dumps(value, ensure_ascii=False)


def outputs_data(told: Told, *, everything: bool) -> dict[str, Any]:
    """For machines, as JSON values."""
    content: dict[str, Any] = {"scope": str(told.scope), "outputs": dict(told.outputs)}
    if not everything:
        return content
    used = [
        {"component": component, "output": output, **use.model_dump(mode="json", include={"stack", "by", "place"})}
        for (component, output), uses in sorted(told.uses.items())
        for use in uses
    ]
    return content | {"components": {name: dict(values) for name, values in told.exports.items()}, "usedBy": used}
