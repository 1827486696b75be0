"""Levels as text: what stands in one level can be made at the same time."""

from panka.planner.render.picture import Picture


def ascii(picture: Picture) -> str:
    """Every box on its own line below its level, with what it needs; the longest path at the end."""
    by_id = picture.by_id()
    kind = max((len(node.kind) for node in picture.nodes), default=0)
    label = max((len(node.label) for node in picture.nodes), default=0)
    lines = []
    for number, nodes in enumerate(picture.levels(), start=1):
        lines.append(f"Level {number}")
        for node in nodes:
            needs = ", ".join(sorted(by_id[needed].label for needed in node.needs))
            line = f"  {node.kind.ljust(kind)}  {node.label.ljust(label)}" + (f"  <- {needs}" if needs else "")
            lines.append(line.rstrip())
    if len(picture.critical) > 1:
        lines += ["", f"Longest path: {' > '.join(by_id[id].label for id in picture.critical)}"]
    return "\n".join(lines)
