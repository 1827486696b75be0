"""IAM: managed policies, and policies written into roles, users and groups."""

from datetime import datetime
from typing import Any

from panka.activities.aws.errors import NotOurs
from panka.activities.providers.documents import as_parsed, written
from panka.activities.providers.ownership import claim, of_our_stack, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, tag_list, tag_map
from panka.activities.providers.shapes import every, settable, told
from panka.planner.owner import MANAGED_BY, Owner
from panka.planner.resource import Properties

_GONE = frozenset({"NoSuchEntity"})
_TAKEN = frozenset({"EntityAlreadyExists"})
_BEARERS = {"Groups": "group", "Roles": "role", "Users": "user"}
"""Who can bear a policy: the property that names them, and the word in the names of IAM's operations."""
_VERSIONS = 5
"""The most versions that a managed policy keeps."""


class ManagedPolicyProvider(Provider):
    """A policy's path and name make its ARN. CloudFormation knows no tags of it, the policy itself has some.

    It is attached to exactly those that its properties name, where they name any of that sort.
    """

    type = "AWS::IAM::ManagedPolicy"
    service = "iam"
    _names = ("Description", "ManagedPolicyName", "Path", "PolicyDocument", *_BEARERS)
    _told = (
        "AttachmentCount",
        "CreateDate",
        "DefaultVersionId",
        "IsAttachable",
        "PermissionsBoundaryUsageCount",
        "PolicyId",
        "UpdateDate",
    )

    async def read(self, id: str) -> Observed | None:
        answer = await self.maybe("get_policy", _GONE, PolicyArn=id)
        if answer is None:
            return None
        policy = answer["Policy"]
        version = await self.maybe("get_policy_version", _GONE, PolicyArn=id, VersionId=policy["DefaultVersionId"])
        if version is None:
            return None
        properties = {
            "ManagedPolicyName": policy["PolicyName"],
            "Path": policy["Path"],
            "Description": policy.get("Description") or None,
            "PolicyDocument": as_parsed(version["PolicyVersion"]["Document"]),
            **await self._bearers(id),
        }
        attributes = {name: _as_said(policy.get(name)) for name in self._told}
        return Observed(told(properties), {"PolicyArn": id, **told(attributes)})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        arn = self._arn(properties)
        answer = await self.maybe("get_policy", _GONE, PolicyArn=arn)
        if answer is None:
            return None
        return claim(owner, arn, f"The policy {arn}", tag_map(answer["Policy"].get("Tags")))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        asked = {name: properties[name] for name in ("Description", "Path") if name in properties}
        made = self.call(
            "create_policy",
            PolicyName=properties["ManagedPolicyName"],
            PolicyDocument=written(properties["PolicyDocument"]),
            Tags=tag_list(owner.tags()),
            **asked,
        )
        await unless_taken(made, _TAKEN, lambda: self.find(owner, properties))
        await self._attach(self._arn(properties), {}, properties)
        return self._arn(properties)

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        if (document := as_parsed(new["PolicyDocument"])) != old.get("PolicyDocument"):
            await self._make_room(id)
            await self.call("create_policy_version", PolicyArn=id, PolicyDocument=written(document), SetAsDefault=True)
        await self._attach(id, old, new)
        await self._detach(id, old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a policy holds nothing
        live = await self.read(id)
        if live is None:
            return
        await self._detach(id, live.properties, {})
        for version in await self._old_versions(id):
            await self.maybe("delete_policy_version", _GONE, PolicyArn=id, VersionId=version)
        await self.maybe("delete_policy", _GONE, PolicyArn=id)

    def _arn(self, properties: Properties) -> str:
        path, name = properties.get("Path", "/"), properties["ManagedPolicyName"]
        return f"arn:{self.cloud.partition}:iam::{self.cloud.account}:policy{path}{name}"

    async def _bearers(self, id: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {names: [] for names in _BEARERS}
        marker: dict[str, str] = {}
        while True:
            page = await self.call("list_entities_for_policy", PolicyArn=id, **marker)
            for names, kind in _BEARERS.items():
                found[names] += [one[f"{kind.capitalize()}Name"] for one in page.get(f"Policy{names}", [])]
            if not page.get("Marker"):
                return {names: sorted(bearers) for names, bearers in found.items()}
            marker = {"Marker": page["Marker"]}

    async def _attach(self, id: str, old: Properties, new: Properties) -> None:
        for names, kind in _BEARERS.items():
            for bearer in sorted(set(new.get(names, [])).difference(old.get(names, []))):
                await self.call(f"attach_{kind}_policy", PolicyArn=id, **_named(kind, bearer))

    async def _detach(self, id: str, old: Properties, new: Properties) -> None:
        for names, kind in _BEARERS.items():
            for bearer in sorted(set(old.get(names, [])).difference(new.get(names, []))):
                await self.maybe(f"detach_{kind}_policy", _GONE, PolicyArn=id, **_named(kind, bearer))

    async def _make_room(self, id: str) -> None:
        """Lets go of the oldest version that is not in force, when there may be no more."""
        old = await self._old_versions(id)
        if len(old) >= _VERSIONS - 1:
            await self.maybe("delete_policy_version", _GONE, PolicyArn=id, VersionId=old[0])

    async def _old_versions(self, id: str) -> list[str]:
        """The versions that are not in force, the oldest first."""
        versions = await every(self, "list_policy_versions", "Versions", "Marker", "Marker", PolicyArn=id)
        rest = [one["VersionId"] for one in versions if not one["IsDefaultVersion"]]
        return sorted(rest, key=lambda version: int(version.removeprefix("v")))


class RolePolicyProvider(Provider):
    """A policy written into a role. It has no tags: it is ours when its role is.

    In a role that the user made, it is ours when it says what we would say.
    """

    type = "AWS::IAM::RolePolicy"
    service = "iam"

    async def read(self, id: str) -> Observed | None:
        role, _, name = id.partition("|")
        document = await _document(self, "role", role, name)
        if document is None:
            return None
        return Observed({"RoleName": role, "PolicyName": name, "PolicyDocument": document})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if "RoleName" not in properties:
            return None
        role, name = properties["RoleName"], properties["PolicyName"]
        there = await _ours(self, owner, "role", role, properties)
        return f"{role}|{name}" if there else None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, ("RoleName", "PolicyName", "PolicyDocument"))
        await self.find(owner, properties)
        return await self._put(properties)

    async def update(self, id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002  # the id is in the properties
        settable(self.type, new, ("RoleName", "PolicyName", "PolicyDocument"))
        if new["PolicyDocument"] != old.get("PolicyDocument"):
            await self._put(new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a policy holds nothing
        role, _, name = id.partition("|")
        await self.maybe("delete_role_policy", _GONE, RoleName=role, PolicyName=name)

    async def _put(self, properties: Properties) -> str:
        role, name = properties["RoleName"], properties["PolicyName"]
        await _put(self, "role", role, properties)
        return f"{role}|{name}"


class PolicyProvider(Provider):
    """One policy written into several roles, users and groups. Its id names it and all of them.

    It has no tags: it is ours where its bearer is, and elsewhere when it says what we would say.
    """

    type = "AWS::IAM::Policy"
    service = "iam"
    _names = ("PolicyDocument", "PolicyName", *_BEARERS)

    async def read(self, id: str) -> Observed | None:
        name, *bearers = id.split("|")
        documents: list[Any] = []
        properties: Properties = {"PolicyName": name}
        for kind, bearer in (one.split("/", 1) for one in bearers):
            document = await _document(self, kind, bearer, name)
            if document is not None:
                documents.append(document)
                properties.setdefault(f"{kind.capitalize()}s", []).append(bearer)
        if not documents:
            return None
        if all(one == documents[0] for one in documents):
            # Where they differ, an update has yet to reach all of them: no document is the policy's.
            properties["PolicyDocument"] = documents[0]
        return Observed(properties, {"Id": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        there = [await _ours(self, owner, kind, bearer, properties) for kind, bearer in _all(properties)]
        return _id(properties) if any(there) else None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the names are the token
        settable(self.type, properties, self._names)
        await self.find(owner, properties)
        for kind, bearer in _all(properties):
            await _put(self, kind, bearer, properties)
        return _id(properties)

    async def update(self, id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002  # the id is in the properties
        settable(self.type, new, self._names)
        same = as_parsed(new["PolicyDocument"]) == old.get("PolicyDocument")
        there = _all(old)
        for kind, bearer in _all(new):
            if not same or (kind, bearer) not in there:
                await _put(self, kind, bearer, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a policy holds nothing
        name, *bearers = id.split("|")
        for kind, bearer in (one.split("/", 1) for one in bearers):
            await self.maybe(f"delete_{kind}_policy", _GONE, PolicyName=name, **_named(kind, bearer))


def _id(properties: Properties) -> str:
    return "|".join([properties["PolicyName"], *(f"{kind}/{bearer}" for kind, bearer in _all(properties))])


def _all(properties: Properties) -> list[tuple[str, str]]:
    """Everyone who bears a policy, in an order that does not depend on how they are listed."""
    return [(kind, bearer) for names, kind in _BEARERS.items() for bearer in sorted(properties.get(names, []))]


def _named(kind: str, name: str) -> dict[str, str]:
    return {f"{kind.capitalize()}Name": name}


async def _document(provider: Provider, kind: str, bearer: str, name: str) -> Any:
    """What a policy says that is written into a role, user or group; None when it is not there."""
    answer = await provider.maybe(f"get_{kind}_policy", _GONE, PolicyName=name, **_named(kind, bearer))
    return None if answer is None else as_parsed(answer["PolicyDocument"])


async def _put(provider: Provider, kind: str, bearer: str, properties: Properties) -> None:
    document, name = written(properties["PolicyDocument"]), properties["PolicyName"]
    await provider.call(f"put_{kind}_policy", PolicyName=name, PolicyDocument=document, **_named(kind, bearer))


async def _ours(provider: Provider, owner: Owner, kind: str, bearer: str, properties: Properties) -> bool:
    """Whether the policy is there. Raises NotOurs when it is somebody else's."""
    name = properties["PolicyName"]
    live = await _document(provider, kind, bearer, name)
    if live is None:
        return False
    # Groups have no tags.
    about = None if kind == "group" else await provider.maybe(f"get_{kind}", _GONE, **_named(kind, bearer))
    tags = tag_map(about[kind.capitalize()].get("Tags")) if about else {}
    same = live == as_parsed(properties.get("PolicyDocument"))
    if of_our_stack(owner, tags) or (same and MANAGED_BY not in tags):
        return True
    raise NotOurs(f"The {kind} {bearer} has another policy {name}.")


def _as_said(value: Any) -> Any:
    """Times as text."""
    return value.isoformat() if isinstance(value, datetime) else value
