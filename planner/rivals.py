"""What two resources of a stack cannot both have, and names that none can: told at the components that say so."""

from collections.abc import Mapping

from panka.planner.blame import label_of_rule, path_of
from panka.planner.diagnostics import Findings, Label
from panka.planner.language.parts import Part
from panka.planner.naming import fixed_name, misnamed, namesakes
from panka.planner.resource import Address, Resource
from panka.planner.vocabulary.balancing import clashes


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


def check_rules(resources: Mapping[Address, Resource], parts: Mapping[str, Part], findings: Findings) -> None:
    """Tells of rules that want the same place of one listener."""
    for first, second in clashes(resources.values()):
        ours, theirs = (parts[one.address.component] for one in (second, first))
        place = second.properties["Priority"]
        findings.add(
            "PK326",
            f"{ours.entry.title} wants the same place ({place}) among a listener's rules as {theirs.entry.title}",
            label_of_rule(second, parts),
            secondary=(label_of_rule(first, parts, "the other one"),),
            help="give one of them another `priority`",
        )
