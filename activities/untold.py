"""What AWS never tells (write-only properties), as far as the record knows of it."""

from panka.activities.providers.paths import MISSING, at, laid_at, stem
from panka.planner.resource import Properties
from panka.planner.resource_types import facts


def with_untold(type: str, live: Properties, recorded: Properties) -> Properties:
    """The live properties with what AWS never tells as it is on record."""
    for path in _untold(type):
        if (value := at(recorded, path)) is not MISSING:
            live = laid_at(live, path, value)
    return live


def recalled(type: str, live: Properties, before: Properties, after: Properties, wanted: Properties) -> Properties:
    """The live properties with what AWS never tells as in `wanted`, where `before` and `after` say the same of it.

    Those two hold secrets as references, so that nobody has to know what an old secret was.
    """
    for path in _untold(type):
        if at(before, path) is not MISSING and at(before, path) == at(after, path):
            live = laid_at(live, path, at(wanted, path))
    return live


def _untold(type: str) -> tuple[str, ...]:
    known = facts(type)
    return tuple(sorted({stem(path) for path in known.write_only})) if known is not None else ()
