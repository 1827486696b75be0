"""What takes back that others have changed a resource."""

from dataclasses import dataclass
from typing import Any, Self

from panka.planner.drift import Finding
from panka.planner.plan import Change, Seen
from panka.planner.resource import Properties, encode
from panka.planner.resource_types import facts
from panka.planner.state import Recorded


@dataclass(frozen=True, slots=True)
class Restoration:
    """What takes back the drift of one resource, beside what the stack itself wants of it."""

    changes: tuple[Change, ...]
    besides: Properties
    """What is set although the stack does not name it, or not all of it."""
    seen: Seen
    """What the record goes back to if it fails."""

    @classmethod
    def of(cls, finding: Finding, recorded: Recorded, wanted: Properties) -> Self:
        """`wanted` is what the stack wants now, with references in it."""
        known = facts(recorded.type)
        changes = tuple(
            Change(
                path=one.path,
                before=one.live,
                after=one.observed if one.applied is None else one.applied,
                replaces=known is not None and known.replaces(one.path),
            )
            for one in finding.drifted
        )
        besides: Properties = {}
        for name in dict.fromkeys(change.path.split(".", 1)[0] for change in changes):
            whole = _under(recorded.observed.get(name), wanted.get(name))
            if whole is not None and whole != wanted.get(name):
                besides[name] = encode(whole)
        return cls(changes, besides, Seen(properties=recorded.observed, attributes=recorded.attributes))


def _under(observed: Any, wanted: Any) -> Any:
    """What is wanted, laid over what AWS had filled in; where AWS tells it in another form, what is wanted alone."""
    if isinstance(observed, dict) and isinstance(wanted, dict) and wanted.keys() <= observed.keys():
        names = [*observed, *(name for name in wanted if name not in observed)]
        return {name: _under(observed.get(name), wanted.get(name)) for name in names}
    return observed if wanted is None else wanted
