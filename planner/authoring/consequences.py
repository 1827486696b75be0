"""What a change of a field does, and what a reference to a component earns: found out by compiling the kind's example.

Nothing of it is written down anywhere: a field is varied, both stacks are compiled, and the properties that differ are
looked up in the facts about their types.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from panka.planner.authoring.reference import Field, example, fields_of
from panka.planner.authoring.variations import at, put, values
from panka.planner.changes import changes
from panka.planner.component import ComponentSpec, Kind
from panka.planner.diagnostics import errors
from panka.planner.language.shapes import fields as shapes
from panka.planner.owner import Scope
from panka.planner.resource import Address, Resource, encode
from panka.planner.resource_types import facts
from panka.planner.stack import Options, read_stack
from panka.planner.state import Target

Documents = list[dict[str, Any]]
Resources = Mapping[Address, Resource]

TRIALS = Path(__file__).with_name("trials")
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
    inside: bool = False
    """It is that of a field inside of the mapping, the gravest there."""

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
        return f"{said}, depending on its fields" if self.inside else said


@dataclass(frozen=True, slots=True)
class Earned:
    """What whoever references a component may do with it."""

    actions: tuple[str, ...]
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Memory:
    """A stack that is in no folder, with files that its components may deploy."""

    text: str
    root: str = ""

    def paths(self) -> list[str]:
        return ["config/app.conf", "config/other.conf", "function/main.py", "stack.yaml", "worker/main.py"]

    def read(self, path: str) -> bytes:
        return self.text.encode() if path == "stack.yaml" else path.encode()


@dataclass(frozen=True, slots=True)
class _Stack:
    """Documents that make a valid stack."""

    documents: Documents
    base: Resources | None
    """What they become."""
    instead: Mapping[str, Any]
    """By field, the first one's spec with another value of it, where that takes other fields too."""

    @property
    def spec(self) -> Any:
        return self.documents[0].get("spec") or {}

    def names(self, name: object) -> list[str]:
        """The other components of a component's kind."""
        kinds = {one["metadata"]["name"]: one["kind"] for one in self.documents}
        return [other for other, kind in kinds.items() if other != name and kind == kinds.get(str(name))]


class Trial:
    """A kind's example, and stacks with what is not in it, to be varied."""

    def __init__(self, kind: Kind, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self._kind = kind.name
        self._spec = kind.spec
        self._documents = _loaded(example(kind.name))
        self._found: dict[str, Consequence] = {}

    @cached_property
    def _stacks(self) -> list[_Stack]:
        """A stack for each component of the kind, the component first, with what it has to do with and no more."""
        every = [
            _around(documents, number)
            for documents in (self._documents, _loaded(_more(self._kind)))
            for number, one in enumerate(documents)
            if one["kind"] == self._kind
        ]
        stacks = []
        for own, *others in every:
            instead = own.pop("instead", {})
            stacks.append(_Stack([own, *others], _compiled([own, *others], self._kinds), instead))
        return stacks

    @cached_property
    def _by_name(self) -> frozenset[str]:
        """Fields that hold others under names of the user's own: `environment`."""
        every = (one for field in fields_of(self._spec) for one in field.all())
        return frozenset(one.path for one in every if one.type.startswith("mapping of names"))

    def consequence(self, field: Field) -> Consequence:
        """What a change of the field does. Of several changes that could be tried, the gravest.

        Where a mapping cannot be varied as a whole, a change of it is one of a field in it.
        """
        if field.path not in self._found:
            tried = (_compared(*both, self._kind) for both in self._variations(field))
            found = _gravest(tried, all=bool(field.choices))
            if found.verdict is Verdict.UNKNOWN:
                inner = _gravest((self.consequence(one) for one in field.fields), all=True)
                found = replace(inner, inside=inner.verdict is not Verdict.UNKNOWN)
            self._found[field.path] = found
        return self._found[field.path]

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
        """Stacks that differ in the field alone; first those that have it. What every component takes one will show."""
        stacks = self._stacks[:1] if self._is_common(field) else self._stacks
        for stack in sorted(stacks, key=lambda one: self._now(one, field) is None):
            if field.path in stack.instead and stack.base is not None:
                own, *others = stack.documents
                other = _compiled([{**own, "spec": stack.instead[field.path]}, *others], self._kinds)
                yield from [(stack.base, other)] if other is not None else []
            yield from self._varied(stack, field)

    def _is_common(self, field: Field) -> bool:
        """Whether every component takes the field, and the kind means nothing else by it."""
        common, own = (shapes(spec).get(field.path.partition(".")[0]) for spec in (ComponentSpec, self._spec))
        return common is not None and own is not None and common.annotation == own.annotation

    def _varied(self, stack: _Stack, field: Field) -> Iterator[tuple[Resources, Resources]]:
        found = [stack.base] if stack.base is not None else []
        steps, now = self._steps(field, stack.spec), self._now(stack, field)
        for value in (*stack.names(now), *values(field, now)):
            varied = copy.deepcopy(stack.documents)
            if put(varied[0].setdefault("spec", {}), steps, value):
                compiled = _compiled(varied, self._kinds)
                if compiled is not None:
                    yield from ((one, compiled) for one in found)
                    found.append(compiled)

    def _now(self, stack: _Stack, field: Field) -> Any:
        return at(stack.spec, self._steps(field, stack.spec))

    def _steps(self, field: Field, spec: Any) -> list[str]:
        """The way to a field, by the first of the user's own names where there are some."""
        steps: list[str] = []
        path = ""
        for step in field.path.split("."):
            steps.append(step)
            path = f"{path}.{step}" if path else step
            held = at(spec, steps) if path in self._by_name and path != field.path else None
            steps += list(held)[:1] if isinstance(held, dict) else []
        return steps


def _gravest(consequences: Iterator[Consequence], *, all: bool) -> Consequence:
    """The gravest of several; unless `all` are looked at, the first that changes something."""
    found = Consequence(Verdict.UNKNOWN)
    for one in consequences:
        if _gravity(one) > _gravity(found):
            found = one
        if found.verdict is Verdict.REPLACES or (one.verdict is Verdict.UPDATES and not all):
            break
    return found


def _around(documents: Documents, number: int) -> Documents:
    """A component, what it names and what names it, and all others of their kinds: what it could name instead."""
    said = [json.dumps(one.get("spec") or {}) for one in documents]
    names = [one["metadata"]["name"] for one in documents]
    kept, open_ = {number}, [number]
    while open_:
        here = open_.pop()
        beside = [other for other, name in enumerate(names) if re.search(rf"\b{name}\b", said[here])]
        if here == number:
            beside += [other for other, text in enumerate(said) if re.search(rf"\b{names[here]}\b", text)]
        kinds = {documents[other]["kind"] for other in beside if other != number}
        more = {other for other, one in enumerate(documents) if one["kind"] in kinds} - kept
        kept |= more
        open_ += sorted(more)
    return [documents[number], *(documents[other] for other in sorted(kept - {number}))]


def _loaded(text: str) -> Documents:
    return [{"apiVersion": "panka.io/v1", **one} for one in yaml.safe_load_all(text) if one is not None]


def _more(kind: str) -> str:
    """Documents with what a kind's example does not show."""
    place = TRIALS / f"{kind}.yaml"
    return place.read_text(encoding="utf-8") if place.is_file() else ""


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
        if old.type != new.type:
            replaced[f"the type {old.type}"] = new.kind == kind and address.part == "main"
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
        return []
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
