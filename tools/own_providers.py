"""Writes planner/own_providers.json, the types that Panka has a provider for: the planner may not look into activities.

`python tools/own_providers.py` writes the file; with `--check` it only says, with exit code 1, that the file is stale.
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "typings"))

from panka.activities.providers import PROVIDERS  # noqa: E402  # of this folder, whatever is installed
from panka.planner.resource_types import OWN_PROVIDERS  # noqa: E402  # as above


def rendered() -> str:
    """The file's text, one type to a line."""
    return json.dumps(sorted(PROVIDERS), indent=0) + "\n"


def main(arguments: list[str]) -> int:
    text = rendered()
    if arguments == ["--check"]:
        if OWN_PROVIDERS.exists() and OWN_PROVIDERS.read_text() == text:
            return 0
        print(f"{OWN_PROVIDERS} is stale: run `make resource-types`.", file=sys.stderr)
        return 1
    OWN_PROVIDERS.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
