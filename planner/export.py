"""Writes a compiled stack as a CloudFormation template, for tools that read one and for whoever wants to leave."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from panka.planner.diff import with_tags
from panka.planner.owner import Owner, Scope
from panka.planner.placing import STAND_IN
from panka.planner.resource import Address, Properties, Ref, Resource, Text, references
from panka.planner.resource_types import SNAPSHOTS, facts
from panka.planner.state import Target

Template: TypeAlias = dict[str, Any]
"""A CloudFormation template: JSON values."""

ANYWHERE = Target(account="000000000000", region="xx-anywhere-1")
"""Compile for this target what is not bound to an account or a region: the template takes both where it is deployed."""

MOST_RESOURCES = 500
"""What CloudFormation takes in one template."""

_BUCKET = "AssetBucket"
_SUBNET = "AWS::EC2::Subnet::Id"
_PLACES: dict[str, tuple[str, str, str]] = {
    STAND_IN.vpc_id: ("NetworkVpc", "AWS::EC2::VPC::Id", "The VPC that the stack runs in."),
    **{
        id: (f"Network{side}Subnet{number}", _SUBNET, f"{side} subnet {number} of the VPC, each in another zone.")
        for side, ids in (("Public", STAND_IN.public_subnets), ("Private", STAND_IN.private_subnets))
        for number, id in enumerate(ids, 1)
    },
}
"""Stand-ins of the network, and the parameters that take their place."""
_PSEUDO = {ANYWHERE.account: "AWS::AccountId", ANYWHERE.region: "AWS::Region"}
_STAND_INS = re.compile("|".join(map(re.escape, (*_PLACES, *_PSEUDO))))


def template(
    scope: Scope, resources: Mapping[Address, Resource], outputs: Properties, assets: Iterable[str], said: str = ""
) -> Template:
    """The template that makes what a first `panka apply` would make: the same names, tags and order.

    `assets` are the SHA-256 of packed code, `said` a description of the stack. Stand-ins of a network become
    parameters; of account and region (`ANYWHERE`), CloudFormation's own pseudo parameters.
    """
    writing = _Writing(scope, resources, _logical_ids(resources), frozenset(assets))
    written = {writing.ids[address]: writing.resource(one) for address, one in resources.items()}
    shown = {_words(name): {"Value": _told(writing.value(value))} for name, value in outputs.items()}
    whole: Template = {"AWSTemplateFormatVersion": "2010-09-09"}
    if said:
        whole["Description"] = said
    whole["Metadata"] = {"Panka": writing.metadata()}
    if writing.parameters:
        whole["Parameters"] = dict(sorted(writing.parameters.items()))
    whole["Resources"] = written
    if shown:
        whole["Outputs"] = shown
    return whole


def _logical_ids(resources: Iterable[Address]) -> dict[Address, str]:
    """`orders-db:security-group` is `OrdersDbSecurityGroup`, its main resource `OrdersDb`; equal ones get digits."""
    plain = {one: _words(one.component if one.part == "main" else f"{one.component}-{one.part}") for one in resources}
    taken = Counter((*plain.values(), _BUCKET, *(name for name, _, _ in _PLACES.values())))
    return {
        address: id if taken[id] == 1 else f"{id}{hashlib.sha256(address.encode()).hexdigest()[:6]}"
        for address, id in plain.items()
    }


def _words(text: str) -> str:
    """The text in letters and digits alone, as CloudFormation wants names to be."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", text))


@dataclass(slots=True)
class _Writing:
    scope: Scope
    resources: Mapping[Address, Resource]
    ids: dict[Address, str]
    assets: frozenset[str]
    parameters: dict[str, Any] = field(default_factory=dict)
    """Those that something written so far refers to."""

    def resource(self, one: Resource) -> Template:
        properties = self.value(self._properties(one))
        written: Template = {"Type": one.type}
        if waits := self._waits(one):
            written["DependsOn"] = waits
        written |= _policies(one)
        written["Metadata"] = {"Panka": {"address": str(one.address)}}
        if properties:
            written["Properties"] = properties
        return written

    def _properties(self, one: Resource) -> Properties:
        """With name and tags, as the first generation has them."""
        owner = Owner(scope=self.scope, address=one.address, generation=1)
        named = {one.name.property: owner.name(one.name)} if one.name is not None else {}
        return with_tags(one.type, {**one.properties, **named}, one.tags | owner.tags())

    def _waits(self, one: Resource) -> list[str]:
        """What no `Ref` or `Fn::GetAtt` already makes CloudFormation wait for."""
        linked = {ref.address for ref in references(one.properties) if self._link(ref) is not None}
        return sorted(self.ids[needed] for needed in one.dependencies() - linked if needed in self.ids)

    def value(self, value: Any) -> Any:
        """The value with references and stand-ins in CloudFormation's words."""
        match value:
            case Ref():
                return self._reference(value)
            case Text():
                return self._joined(value)
            case str():
                return self._literal(value)
            case list() | tuple():
                return [self.value(item) for item in value]
            case dict():
                return self._mapping(value)
        return value

    def _mapping(self, value: dict[str, Any]) -> Template:
        match value:
            case {"ZipFile": {"Panka::Asset": str(sha256)}}:
                self._parameter(_BUCKET, "String", "The bucket that holds the packed code.")
                return {"S3Bucket": {"Ref": _BUCKET}, "S3Key": f"{sha256}.zip"}
        return {key: self.value(item) for key, item in value.items()}

    def _reference(self, ref: Ref) -> Any:
        link = self._link(ref)
        if link is None:
            return self.value(self._given(ref))
        return {"Fn::GetAtt": link} if len(link) == 2 else {"Ref": link[0]}

    def _link(self, ref: Ref) -> list[str] | None:
        """Logical id, and attribute unless it is what `Ref` gives; None: a property, whose value is known."""
        if ref.early:
            return None
        known = facts(self.resources[ref.address].type)
        id = self.ids[ref.address]
        if ref.attribute == "Id" or (known and known.primary_identifier == (ref.attribute,)):
            return [id]
        if known is None or {ref.attribute, ref.attribute.split(".", maxsplit=1)[0]} & known.read_only:
            return [id, ref.attribute]
        return None

    def _given(self, ref: Ref) -> Any:
        found: Any = self._properties(self.resources[ref.address])
        for step in ref.attribute.split("."):
            found = found[step]
        return found

    def _joined(self, text: Text) -> Any:
        """One `Fn::Sub`; `Fn::Join` where a part is more than a reference."""
        parts = [self.value(part) for part in text.parts]
        if all(isinstance(part, str) for part in parts):
            return "".join(parts)
        pieces = [_piece(part) for part in parts]
        if any(piece is None for piece in pieces):
            return {"Fn::Join": ["", parts]}
        return {"Fn::Sub": "".join(piece for piece in pieces if piece is not None)}

    def _literal(self, text: str) -> Any:
        pieces = _STAND_INS.split(text)
        if len(pieces) == 1:
            return str(text)
        names = [self._stand_in(found) for found in _STAND_INS.findall(text)]
        if pieces == ["", ""]:
            return {"Ref": names[0]}
        said = [_escaped(pieces[0])]
        said += [f"${{{name}}}{_escaped(after)}" for name, after in zip(names, pieces[1:], strict=True)]
        return {"Fn::Sub": "".join(said)}

    def _stand_in(self, found: str) -> str:
        if found in _PSEUDO:
            return _PSEUDO[found]
        self._parameter(*_PLACES[found])
        return _PLACES[found][0]

    def _parameter(self, name: str, type: str, description: str) -> None:
        self.parameters[name] = {"Type": type, "Description": description}

    def metadata(self) -> Template:
        """Where the template comes from, and what must be done before it can be deployed."""
        said: Template = {"scope": str(self.scope)}
        if self.assets:
            said["assets"] = {
                "howTo": f"Copy each file into the bucket that the parameter {_BUCKET} names, under the key that it "
                "has here. `panka export --assets FOLDER` writes the files.",
                "keys": [f"{sha256}.zip" for sha256 in sorted(self.assets)],
            }
        if protected := self._where(lambda one: one.lifecycle.prevent_destroy):
            said["protected"] = {
                "howTo": "Panka refuses to delete or replace these. Set a stack policy to the same end.",
                "resources": protected,
            }
        if forced := self._where(lambda one: one.lifecycle.force):
            said["emptiedOnDelete"] = {
                "howTo": "Panka empties these before it deletes them. CloudFormation leaves that to you.",
                "resources": forced,
            }
        return said

    def _where(self, holds: Callable[[Resource], bool]) -> list[str]:
        return sorted(self.ids[address] for address, one in self.resources.items() if holds(one))


def _policies(one: Resource) -> Template:
    """What becomes of a resource that is deleted or replaced, where that is not CloudFormation's own way."""
    if one.lifecycle.retain:
        policy = "Retain"
    elif one.type in SNAPSHOTS:
        policy = "Snapshot" if one.lifecycle.snapshot else "Delete"
    else:
        return {}
    return {"DeletionPolicy": policy, "UpdateReplacePolicy": policy}


def _told(value: Any) -> Any:
    """An output's written value; a list becomes a text with commas, as CloudFormation tells texts only."""
    if not isinstance(value, list):
        return value
    return ",".join(value) if all(isinstance(item, str) for item in value) else {"Fn::Join": [",", value]}


def _piece(part: Any) -> str | None:
    """A written value as it stands inside `Fn::Sub`; None when it cannot."""
    match part:
        case str():
            return _escaped(part)
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [id, attribute]}:
            return f"${{{id}.{attribute}}}"
        case {"Fn::Sub": str(said)}:
            return said
    return None


def _escaped(text: str) -> str:
    return text.replace("${", "${!")
