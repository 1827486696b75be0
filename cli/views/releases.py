"""The builds of a deployment of workers."""

from collections.abc import Sequence

from panka.cli.releases import Release
from panka.cli.views.screen import table


def releases_text(deployment: str, releases: Sequence[Release]) -> str:
    """The newest first, with the runs that belong to each."""
    if not releases:
        return f"{deployment}  no worker of this deployment was ever there"
    return table(("BUILD", "STATE", "RUNS"), [(one.build, one.state, str(one.runs)) for one in releases])
