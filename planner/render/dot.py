"""A graph in Graphviz's language: `panka graph --format dot | dot -Tsvg`."""

from panka.planner.render.picture import Picture


def dot(picture: Picture) -> str:
    """Arrows lead from what is needed to what needs it, left to right, one rank for each level."""
    lines = ["digraph stack {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];']
    for nodes in picture.levels():
        boxes = [f"{_quoted(node.id)} [label={_quoted(node.label, node.kind)}];" for node in nodes]
        lines += ["  { rank=same;", *(f"    {box}" for box in boxes), "  }"]
    for node in picture.nodes:
        lines += [f"  {_quoted(needed)} -> {_quoted(node.id)};" for needed in node.needs]
    return "\n".join([*lines, "}"])


def _quoted(*lines: str) -> str:
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
