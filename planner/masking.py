"""Values without what looks like a secret, for whoever shows them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from panka.planner.authored import HIDDEN
from panka.planner.departing import value_at
from panka.planner.language.exposed import looks_secret
from panka.planner.plan import Change, Step

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def shown(path: str, value: Any, spelled: Callable[[str], str] = str) -> Any:
    """The value without what looks like a secret, by its names as `spelled` has them."""
    if isinstance(value, str):
        return HIDDEN if looks_secret(spelled(path.rpartition(".")[2]), value) else value
    if isinstance(value, Mapping):
        named = value.get("Name", value.get("Key"))
        return {
            key: shown(named if key == "Value" and isinstance(named, str) else key, item, spelled)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [shown(path, item, spelled) for item in value]
    return value


def masked(step: Step) -> Step:
    """A step without what looks like a secret, also by the names that AWS has for it: `MasterUserPassword`."""
    properties = {name: shown(name, value, _snaked) for name, value in step.properties.items()}
    return step.model_copy(
        update={"properties": properties, "changes": tuple(_change(step, one) for one in step.changes)}
    )


def _change(step: Step, one: Change) -> Change:
    parent, _, name = one.path.rpartition(".")
    if name == "Value":
        said = (value_at(step.properties, f"{parent}.{key}") for key in ("Name", "Key"))
        name = next((str(found) for found in said if found is not None), name)
    update = {"before": shown(name, one.before, _snaked), "after": shown(name, one.after, _snaked)}
    return one.model_copy(update=update)


def _snaked(name: str) -> str:
    return _HUMP.sub("_", name)
