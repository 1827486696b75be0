"""How a database or a cache is spelled: properties on one side, the calls and answers of its service on the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from panka.activities.providers.shapes import as_text, covers, told
from panka.planner.resource import Properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One type: the properties that it has, and how its calls and answers spell them."""

    changeable: tuple[str, ...]
    fixed: tuple[str, ...]
    unread: tuple[str, ...]
    """What can be set and is never told: passwords, and what only goes along with a create or a change."""
    cleared: Mapping[str, Any]
    """What properties that are taken away go back to."""
    told: Mapping[str, Callable[[dict[str, Any]], Any]]
    """Properties that answers spell otherwise."""
    asked: Mapping[str, str] = field(default_factory=dict)
    """Properties that calls spell otherwise."""

    @property
    def settable(self) -> tuple[str, ...]:
        """The properties that can be set."""
        return (*self.changeable, *self.fixed, *self.unread)

    def observed(self, live: dict[str, Any]) -> Properties:
        """What a service describes, as properties."""
        plain = {name: live.get(name) for name in (*self.changeable, *self.fixed) if name not in self.told}
        return told({**plain, **{name: tell(live) for name, tell in self.told.items()}})

    def differing(self, old: Properties, new: Properties) -> dict[str, Any]:
        """The changeable properties that are to be changed so that `old` becomes `new`, as they are wanted."""
        live, wanted = {**self.cleared, **old}, {**self.cleared, **new}
        return {
            name: wanted[name]
            for name in self.changeable
            if name in wanted and not _same(name, live.get(name), wanted[name])
        }

    def spelled(self, properties: Properties) -> dict[str, Any]:
        """Properties as arguments of a call."""
        return {self.asked.get(name, name): value for name, value in properties.items() if name != "Tags"}


def _same(name: str, live: Any, wanted: Any) -> bool:
    if name == "EngineVersion" and live is not None:
        # `16` asks for any 16, `6.x` for any 6.
        return f"{live}.".startswith(f"{str(wanted).removesuffix('.x')}.")
    if isinstance(wanted, list) and isinstance(live, list):
        return sorted(map(str, live)) == sorted(map(str, wanted))
    if isinstance(wanted, str | int | float) and live is not None:
        # `AllocatedStorage` and its like are numbers here and texts there.
        return as_text(live) == as_text(wanted)
    return covers(live, wanted)
