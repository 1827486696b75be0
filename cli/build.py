"""Which build of Panka this is, so that workers of the same code belong together and others do not."""

import hashlib
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

_ROOMS = ("planner", "workflows", "activities", "cli")


def own_build() -> str:
    """`0.1.0-3f2c1a9b`: the version and a digest of the code, the same wherever the same code is installed."""
    digest = hashlib.sha256()
    for room in _ROOMS:
        for path in sorted(_folder(room).rglob("*.py")):
            digest.update(path.relative_to(_folder(room)).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{version('panka')}-{digest.hexdigest()[:8]}"


def _folder(room: str) -> Path:
    found = find_spec(f"panka.{room}")
    assert found is not None  # noqa: S101  # all rooms are installed together
    assert found.submodule_search_locations is not None  # noqa: S101  # each is a package
    return Path(found.submodule_search_locations[0])
