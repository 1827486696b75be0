"""What a change of a field does, and what a reference to a component earns: found out by compiling the kind's example.

Nothing of it is written down anywhere: a field is varied, both stacks are compiled, and the properties that differ are
looked up in the facts about their types.
"""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import yaml

from panka.planner.authoring.reference import Field, example
from panka.planner.authoring.variations import at, put, values
from panka.planner.changes import changes
from panka.planner.component import Kind
from panka.planner.diagnostics import errors
from panka.planner.owner import Scope
from panka.planner.resource import Address, Resource, encode
from panka.planner.resource_types import facts
from panka.planner.stack import Options, read_stack
from panka.planner.state import Target

Documents = list[dict[str, Any]]
Resources = Mapping[Address, Resource]

_SCOPE = Scope(tenant="tenant", stack="example", environment="dev")
_TARGET = Target(account="111122223333", region="eu-west-1")
_STACK = {"apiVersion": "core.panka.io/v1", "kind": "Stack", "metadata": {"name": "example"}}


class Verdict(Enum):
    """What a change does to the component."""

    UPDATES = "updates in place"
    REPLACES = "replaces"
    HANDLES = "changes only how Panka treats it"
    UNKNOWN = "not known"
    """The example cannot be varied in this field; a plan tells."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a change of one field does."""

    verdict: Verdict
    replaced: tuple[str, ...] = ()
    """`QueueName of AWS::SQS::Queue`: create-only properties that it reaches, those of the main resource first."""
    comes_and_goes: tuple[str, ...] = ()
    """Types of resources that are there with one value and not with the other."""

    @property
    def words(self) -> str:
        """As a sentence that begins with `a change`."""
        if self.verdict is Verdict.UNKNOWN:
            return "is not derived here; panka plan tells"
        said = "REPLACES the component" if self.verdict is Verdict.REPLACES else self.verdict.value
        if self.replaced:
            said += f" ({'' if self.verdict is Verdict.REPLACES else 'with a new '}{', '.join(self.replaced)})"
        if self.comes_and_goes:
            said += f", and may add or remove {', '.join(self.comes_and_goes)}"
        return said


@dataclass(frozen=True, slots=True)
class Earned:
    """What whoever references a component may do with it."""

    actions: tuple[str, ...]
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Memory:
    """A stack that is in no folder."""

    text: str
    root: str = ""

    def paths(self) -> list[str]:
        return ["function/main.py", "stack.yaml", "worker/main.py"]

    def read(self, path: str) -> bytes:
        return self.text.encode() if path == "stack.yaml" else b"def handler(event, context):\n    return None\n"


class Trial:
    """A kind's example, to be varied."""

    def __init__(self, kind: Kind, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self._kind = kind.name
        self._documents: Documents = [one for one in yaml.safe_load_all(example(kind.name)) if one is not None]
        self._base = _compiled(self._documents, kinds)

    def consequence(self, field: Field) -> Consequence:
        """What a change of the field does. Of several changes that could be tried, the gravest."""
        found = Consequence(Verdict.UNKNOWN)
        for before, after in self._variations(field):
            one = _compared(before, after, self._kind)
            if _gravity(one) > _gravity(found):
                found = one
            if found.verdict is Verdict.REPLACES or (one.verdict is Verdict.UPDATES and not field.choices):
                break
        return found

    def earned(self, outputs: Sequence[str]) -> Earned | None:
        """What a reference to the component earns a container; None when the example does not tell."""
        for output in outputs if self._own() else ():
            probe = _probe(f"${{{self._own()[0]['metadata']['name']}.{output}}}")
            resources = _compiled([*self._documents, probe], self._kinds)
            if resources is not None:
                return Earned(tuple(_actions(resources)), tuple(_ports(resources)))
        return None

    def _own(self) -> Documents:
        return [one for one in self._documents if one["kind"] == self._kind]

    def _variations(self, field: Field) -> Iterator[tuple[Resources, Resources]]:
        """Stacks that differ in the field alone."""
        steps = field.path.split(".")
        for number, document in enumerate(self._documents):
            if document["kind"] != self._kind:
                continue
            found = [self._base] if self._base is not None else []
            for value in values(field, at(document.get("spec") or {}, steps)):
                varied = copy.deepcopy(self._documents)
                if put(varied[number].setdefault("spec", {}), steps, value):
                    compiled = _compiled(varied, self._kinds)
                    if compiled is not None:
                        yield from ((one, compiled) for one in found)
                        found.append(compiled)


def _compiled(documents: Documents, kinds: Mapping[str, Kind]) -> Resources | None:
    """The resources of a stack of these documents; None when it is not valid."""
    text = yaml.dump_all([_STACK, *documents], Dumper=yaml.CSafeDumper, sort_keys=False)
    draft = read_stack(_Memory(text), Options(), kinds)
    if errors(draft.diagnostics):
        return None
    compiled = draft.compile(_SCOPE, _TARGET)
    return None if errors(compiled.diagnostics) else compiled.resources


def _compared(before: Resources, after: Resources, kind: str) -> Consequence:
    replaced: dict[str, bool] = {}
    updated = False
    for address in [one for one in after if one in before]:
        old, new = before[address], after[address]
        for path in _differences(old, new):
            known = facts(new.type)
            if known is not None and known.replaces(path):
                words = f"{_property(path)} of {new.type}"
                replaced[words] = replaced.get(words, False) or (new.kind == kind and address.part == "main")
            else:
                updated = True
    gone = {(before.get(one) or after[one]).type for one in {*before, *after} if (one in before) != (one in after)}
    named = tuple(sorted(replaced, key=lambda words: not replaced[words]))
    if any(replaced.values()):
        return Consequence(Verdict.REPLACES, named, tuple(sorted(gone)))
    if updated or gone or named:
        return Consequence(Verdict.UPDATES, named, tuple(sorted(gone)))
    treated = any(_wherever(before[one]) != _wherever(after[one]) for one in after if one in before)
    return Consequence(Verdict.HANDLES if treated else Verdict.UNKNOWN)


def _wherever(resource: Resource) -> Resource:
    return replace(resource, place=None)


def _differences(old: Resource, new: Resource) -> list[str]:
    if old.type != new.type:
        return [""]
    paths = [one.path for one in changes(encode(old.properties), encode(new.properties))]
    if (old.name, new.name) != (None, None) and old.name != new.name:
        name = new.name or old.name
        paths += [name.property] if name is not None else []
    known = facts(new.type)
    tagged = known is not None and known.tag_property is not None and old.tags != new.tags
    return [*paths, *([str(known.tag_property)] if known is not None and tagged else [])]


def _property(path: str) -> str:
    return path.partition(".")[0] or "the type"


def _gravity(one: Consequence) -> tuple[int, int]:
    order = (Verdict.UNKNOWN, Verdict.HANDLES, Verdict.UPDATES, Verdict.REPLACES)
    return order.index(one.verdict), len(one.replaced) + len(one.comes_and_goes)


def _probe(reference: str) -> dict[str, Any]:
    """A container that refers to a component and to nothing else."""
    return {
        "apiVersion": "components.panka.io/v1",
        "kind": "MicroService",
        "metadata": {"name": "probe"},
        "spec": {"image": {"repository": "example"}, "environment": [{"name": "IT", "value": reference}]},
    }


def _actions(resources: Resources) -> list[str]:
    policy = resources.get(Address.of("probe", "policy"))
    statements = encode(policy.properties)["PolicyDocument"]["Statement"] if policy is not None else []
    found: list[str] = []
    for one in statements:
        found += [one["Action"]] if isinstance(one["Action"], str) else one["Action"]
    return list(dict.fromkeys(found))


def _ports(resources: Resources) -> list[int]:
    """The ports that are opened to the container's security group."""
    own = json.dumps(encode(resources[Address.of("probe", "security-group")].ref("GroupId")))
    opened = (one.properties for one in resources.values() if one.type == "AWS::EC2::SecurityGroupIngress")
    return sorted({one["FromPort"] for one in opened if json.dumps(encode(one.get("SourceSecurityGroupId"))) == own})
