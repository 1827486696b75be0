"""A graph in Mermaid's language, as GitHub and many wikis draw it."""

from panka.planner.render.picture import Picture


def mermaid(picture: Picture) -> str:
    """Arrows lead from what is needed to what needs it. Ids are numbers, so any name can be shown."""
    number = {node.id: f"n{index}" for index, node in enumerate(picture.nodes, start=1)}
    lines = ["flowchart LR"]
    lines += [f'  {number[node.id]}["{_escaped(node.label)}<br/>{_escaped(node.kind)}"]' for node in picture.nodes]
    for node in picture.nodes:
        lines += [f"  {number[needed]} --> {number[node.id]}" for needed in node.needs]
    return "\n".join(lines)


def _escaped(text: str) -> str:
    """Mermaid reads HTML entities inside quotes."""
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
