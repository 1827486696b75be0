"""What two resources of a stack cannot both have, and names that none can: told at the components that say so."""

from collections.abc import Mapping

from panka.planner.diagnostics import Findings, Label
from panka.planner.language.documents import Steps
from panka.planner.language.parts import Part
from panka.planner.language.reading import Data
from panka.planner.naming import fixed_name, misnamed, namesakes
from panka.planner.resource import Address, Resource


def check_names(resources: Mapping[Address, Resource], parts: Mapping[str, Part], findings: Findings) -> None:
    """Tells of names that AWS would not take, and of those that two resources would bear."""
    for one, sentence in misnamed(resources):
        if (part := parts.get(one.address.component)) is not None:
            findings.add("PK301", sentence, _name_label(part, one))
    for first, second in namesakes(resources):
        ours, theirs = (parts.get(one.address.component) for one in (second, first))
        if ours is not None and theirs is not None:
            findings.add(
                "PK357",
                f"{ours.entry.title} and {theirs.entry.title} would both be called `{fixed_name(second)}` in AWS",
                _name_label(ours, second, "taken"),
                secondary=(_name_label(theirs, first, "first used here"),),
            )


def _name_label(part: Part, one: Resource, text: str = "") -> Label:
    path = path_of(part.data, fixed_name(one))
    return Label(part.entry.layers.span(("spec", *path)), text) if path is not None else part.entry.name_label(text)


def path_of(data: Data, value: object) -> Steps | None:
    """The way to the first text in the data that is this one."""
    if isinstance(data, str):
        return () if data == value else None
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return next(((step, *path) for step, item in items if (path := path_of(item, value)) is not None), None)
