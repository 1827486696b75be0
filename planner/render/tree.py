"""What needs what as a tree: roots are what nothing else needs, below each box stands what it needs."""

from collections.abc import Iterator

from panka.planner.render.picture import Picture


def tree(picture: Picture) -> str:
    """Each box is unfolded once; where it comes up again, `(above)` stands for what is below it."""
    dependents = picture.dependents()
    drawer = _Drawer(picture)
    lines: list[str] = []
    # Boxes that need each other have no root among them: the second pass begins with whichever is left.
    for roots_only in (True, False):
        for node in picture.nodes:
            if node.id not in drawer.drawn and not (roots_only and dependents[node.id]):
                lines += drawer.draw(node.id, "", "")
    return "\n".join(lines)


class _Drawer:
    def __init__(self, picture: Picture) -> None:
        self._nodes = picture.by_id()
        self.drawn: set[str] = set()

    def draw(self, id: str, first: str, rest: str) -> Iterator[str]:
        node = self._nodes[id]
        again = id in self.drawn and node.needs
        yield f"{first}{node.label}  {node.kind}" + ("  (above)" if again else "")
        if again:
            return
        self.drawn.add(id)
        for position, needed in enumerate(node.needs, start=1):
            last = position == len(node.needs)
            yield from self.draw(needed, rest + ("`-- " if last else "|-- "), rest + ("    " if last else "|   "))
