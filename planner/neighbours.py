"""Other stacks of the tenant and environment: what their records tell to whoever refers to it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from panka.planner.diagnostics import did_you_mean
from panka.planner.language.expansion import Reference
from panka.planner.language.expressions import Foreign, literal

OutputsOf: TypeAlias = Callable[[str], Mapping[str, Mapping[str, Any]] | None]
"""The recorded outputs of a stack by its name: component, then output. None: no run of it is on record."""


class Untold(LookupError):
    """A neighbour has no such output; `help` says what to do."""

    def __init__(self, sentence: str, help: str = "") -> None:
        super().__init__(sentence)
        self.help = help


@dataclass(eq=False, slots=True)
class Neighbours:
    """What other stacks tell, each asked once. Without a lookup every reference stands for itself."""

    own: str
    """The stack that asks."""
    ask: OutputsOf | None = None
    taken: dict[str, str] = field(default_factory=dict)
    """Every value that was taken in: `net.events.topicArn`, with its digest."""
    _told: dict[str, Mapping[str, Mapping[str, Any]] | None] = field(default_factory=dict)

    @property
    def consumed(self) -> tuple[str, ...]:
        """The stacks that were asked, sorted."""
        return tuple(sorted(self._told))

    def value(self, one: Foreign | Reference) -> Any:
        """The output's value; texts with `${` escaped. Raises Untold."""
        if one.stack == self.own:
            raise Untold(f"`{one.stack}` is this stack itself", f"write `${{{one.component}.{one.output}}}`")
        if self.ask is None:
            return literal(one.source)
        components = self._outputs_of(one.stack)
        name = one.component.rpartition("/")[2]
        if name not in components:
            raise Untold(f"stack `{one.stack}` has no component `{name}` on record", did_you_mean(name, components))
        outputs = components[name]
        if one.output not in outputs:
            raise Untold(
                f"`{name}` of stack `{one.stack}` has no output `{one.output}` on record",
                did_you_mean(one.output, outputs),
            )
        self.taken[f"{one.stack}.{name}.{one.output}"] = digest(outputs[one.output])
        return _escaped(outputs[one.output])

    def _outputs_of(self, stack: str) -> Mapping[str, Mapping[str, Any]]:
        if self.ask is not None and stack not in self._told:
            self._told[stack] = self.ask(stack)
        told = self._told.get(stack)
        if told is None:
            raise Untold(f"stack `{stack}` has no outputs on record here", "apply that stack first")
        return told


def digest(value: Any) -> str:
    """Tells two values of an output apart without telling them."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def changed(taken: Mapping[str, str], ask: OutputsOf) -> list[str]:
    """Outputs that are no longer what a plan has taken in, sorted: `net.events.topicArn`."""
    neighbours: dict[str, Mapping[str, Mapping[str, Any]] | None] = {}
    found = []
    for what in sorted(taken):
        stack, component, output = what.split(".", maxsplit=2)
        if stack not in neighbours:
            neighbours[stack] = ask(stack)
        outputs = (neighbours[stack] or {}).get(component, {})
        if output not in outputs or digest(outputs[output]) != taken[what]:
            found.append(what)
    return found


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, Mapping):
        return {key: _escaped(item) for key, item in value.items()}
    return [_escaped(item) for item in value] if isinstance(value, list | tuple) else value
