"""A graph in numbers."""

from collections import Counter
from dataclasses import dataclass

from panka.planner.render.picture import Picture


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of one picture."""

    nodes: int
    edges: int
    levels: int
    widest: int
    """The most boxes in one level."""
    kinds: tuple[tuple[str, int], ...]
    """Kinds and how many boxes are of each, the most frequent first."""
    most_needed: tuple[tuple[str, int], ...]
    """Labels and how many need them directly; at most five."""
    critical: tuple[str, ...]
    """Labels along the longest path."""


def stats(picture: Picture) -> Stats:
    by_id = picture.by_id()
    needed = sorted(
        ((by_id[id].label, len(users)) for id, users in picture.dependents().items() if users),
        key=lambda one: (-one[1], one[0]),
    )
    kinds = Counter(node.kind for node in picture.nodes)
    return Stats(
        nodes=len(picture.nodes),
        edges=sum(len(node.needs) for node in picture.nodes),
        levels=len(picture.levels()),
        widest=max((len(level) for level in picture.levels()), default=0),
        kinds=tuple(sorted(kinds.items(), key=lambda one: (-one[1], one[0]))),
        most_needed=tuple(needed[:5]),
        critical=tuple(by_id[id].label for id in picture.critical),
    )


def stats_text(counted: Stats) -> str:
    """One fact a line."""
    return "\n".join(
        (
            f"boxes         {counted.nodes}",
            f"arrows        {counted.edges}",
            f"levels        {counted.levels}, the widest of {counted.widest}",
            f"kinds         {', '.join(f'{number} {kind}' for kind, number in counted.kinds)}",
            f"most needed   {', '.join(f'{label} ({number})' for label, number in counted.most_needed) or '-'}",
            f"longest path  {' > '.join(counted.critical)}",
        )
    )
