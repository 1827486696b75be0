"""What an import would do to what is there in AWS: the differences, and whether they can be made in place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from panka.planner.changes import changes
from panka.planner.diagnostics import Diagnostic, Label
from panka.planner.plan import Change
from panka.planner.resource import Properties
from panka.planner.resource_types import facts


@dataclass(frozen=True, slots=True)
class Live:
    """What is there under the identifier of an `import` block."""

    properties: Properties | None
    """As AWS tells them; None: nothing is there."""
    said: str = ""
    """What AWS says of the identifier, if it is none that the service could know."""


@dataclass(frozen=True, slots=True)
class Import:
    """One `import` block: what is to become which resource of the stack."""

    address: str
    type: str
    id: str
    tenant: str
    label: Label | None
    """Where the block names the identifier."""

    def judge(self, live: Live, wanted: Properties) -> tuple[tuple[Change, ...], tuple[Diagnostic, ...]]:
        """What differs between what is there and what is wanted, and why it cannot be taken over, if it cannot."""
        if live.properties is None:
            return (), (self._missing(live),)
        known = facts(self.type)
        there = {name: live.properties[name] for name in wanted if name in live.properties}
        differ = tuple(changes(there, wanted))
        # What AWS does not tell cannot be seen to differ.
        fixed = [
            one for one in differ if known and one.path.split(".")[0] in there and known.replaces(one.path)
            and not one.unknown
        ]  # fmt: skip
        problems = [*self._fixed(fixed), *self._foreign(live.properties)]
        return differ, tuple(problems)

    def _missing(self, live: Live) -> Diagnostic:
        label = replace(self.label, text="nothing there") if self.label else None
        notes = (f"AWS says: {live.said}",) if live.said else ()
        help = "an identifier is what `panka state` shows of resources of this type"
        summary = f"there is no {self.type} `{self.id}` that could become `{self.address}`"
        return Diagnostic("PK364", summary, label, notes=notes, help=help)

    def _fixed(self, fixed: list[Change]) -> list[Diagnostic]:
        if not fixed:
            return []
        summary = f"{self.type} `{self.id}` is not what the stack says, and this cannot change in place"
        notes = tuple(f"{one.path}: `{one.before}` in AWS, `{one.after}` in the stack" for one in fixed)
        help = f"write it in `{self.address.partition(':')[0]}` as it is in AWS"
        return [Diagnostic("PK365", summary, self.label, notes=notes, help=help)]

    def _foreign(self, live: Properties) -> list[Diagnostic]:
        known = facts(self.type)
        tags = live.get(known.tag_property) if known and known.tag_property else None
        if isinstance(tags, list):
            tags = {tag["Key"]: tag["Value"] for tag in tags if {"Key", "Value"} <= tag.keys()}
        owner = tags.get("panka:tenant", self.tenant) if isinstance(tags, Mapping) else self.tenant
        if owner == self.tenant:
            return []
        return [Diagnostic("PK365", f"{self.type} `{self.id}` belongs to another tenant", self.label)]
