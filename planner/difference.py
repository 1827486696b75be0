"""What differs between a stack and its record, while it is being found out; and how what is recorded ends."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from panka.planner.diagnostics import Diagnostic, label_of
from panka.planner.plan import Action, Step
from panka.planner.resource import Properties, Ref, decode, encode, references, substitute
from panka.planner.resource_types import can_be_made
from panka.planner.state import Intended, Recorded


class Fate(Enum):
    """What becomes of a resource that the stack wants."""

    UNCHANGED = "unchanged"
    UPDATED = "updated"
    MADE = "made"


@dataclass(slots=True)
class Settled:
    """A wanted resource that has been compared; what others may know of it."""

    fate: Fate
    properties: Properties
    attributes: Properties = field(default_factory=dict)
    id: str | None = None


PROTECTED = "lifecycle.preventDestroy"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that the stack's own protection forbids."""

    address: str
    verb: str
    place: str
    """Empty when the component is no longer in the YAML."""
    why: str = PROTECTED
    """The field that forbids it."""

    @property
    def diagnostic(self) -> Diagnostic:
        component = self.address.partition(":")[0]
        again = f"write `{component}` again without it and apply that, or forget it with `removed: [{component}]`"
        return Diagnostic(
            "PK369",
            f"the plan would {self.verb} `{self.address}`, which must not be destroyed",
            label_of(self.place),
            notes=(f"`{self.why}` {_ABOUT[self.why]}",),
            help="apply the stack without it first" if self.place else again,
        )


_ABOUT = {
    PROTECTED: "(or `protect` of the Stack) holds as it is on record, whatever has left the YAML",
    "lifecycle.retain": "keeps the old one, and the new one cannot stand beside it: they have one name",
}


@dataclass(slots=True)
class Difference:
    """Everything that differs between a stack and its record, as steps that are not in order yet."""

    forward: dict[str, Step] = field(default_factory=dict)
    cleanup: dict[str, Step] = field(default_factory=dict)
    unchanged: int = 0
    settled: dict[str, Settled] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    """What makes the plan impossible beside that."""
    names: dict[Ref, Any] = field(default_factory=dict)
    """What early references stand for."""

    def known(self, ref: Ref) -> Any:
        """The value of a reference if it is known before the run; else the reference itself."""
        if ref in self.names:
            return self.names[ref]
        target = self.settled.get(ref.address)
        if target is None:
            return ref
        if ref.attribute == "Id" and target.id is not None:
            return target.id
        for values in (target.attributes, target.properties):
            value = values.get(ref.attribute, ref)
            if value is not ref and not any(references(value)):
                return value
        return ref


def forget(difference: Difference, key: str, old: Recorded) -> None:
    """Leaves a recorded resource in AWS and off the record."""
    difference.cleanup[key] = ending(Action.FORGET, key, old, "the stack says `removed`")


def remove(difference: Difference, key: str, old: Recorded, reason: str, *, protected: bool = True) -> None:
    """Deletes a recorded resource, or forgets it where its lifecycle says `retain`."""
    if protected and old.lifecycle.prevent_destroy and not old.lifecycle.retain:
        difference.refusals.append(Refusal(old.address, "delete", ""))
    action = Action.FORGET if old.lifecycle.retain else Action.DELETE
    difference.cleanup[key] = ending(action, key, old, reason)


def ending(action: Action, key: str, old: Recorded, reason: str) -> Step:
    """The step that deletes a recorded resource, or forgets it."""
    return Step(
        key=key,
        address=old.address,
        type=old.type,
        action=action,
        generation=old.generation,
        kind=old.kind,
        service=old.service,
        id=old.id,
        before=old.properties,
        dependencies=old.dependencies,
        lifecycle=old.lifecycle,
        fixed_name=old.fixed_name,
        reason=reason,
    )


def look_and_remove(difference: Difference, left: Intended) -> None:
    """Deletes what an unfinished create may have left."""
    key = f"{left.address}@{left.generation}"
    difference.cleanup[key] = Step(
        key=key,
        address=left.address,
        type=left.type,
        action=Action.DELETE,
        generation=left.generation,
        kind=left.kind,
        service=left.service,
        properties=encode(substitute(decode(left.properties), difference.known)),
        dependencies=left.dependencies,
        probe=True,
        lifecycle=left.lifecycle,
        reason="an unfinished run may have left it",
    )


def refuse_what_nobody_makes(difference: Difference) -> None:
    """Makes the plan impossible where it needs a provider for a type that Panka and Cloud Control have none for."""
    for step in (*difference.forward.values(), *difference.cleanup.values()):
        if step.action is not Action.FORGET and not can_be_made(step.type):
            difference.diagnostics.append(
                Diagnostic(
                    "PK366",
                    f"nobody can {step.action} `{step.address}`: neither Panka nor Cloud Control makes {step.type}",
                    label_of(step.place),
                    help="make it by other means, and give the stack its identifiers as variables",
                )
            )
