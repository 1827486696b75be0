"""IAM: roles and instance profiles. Policies are in iam_policies."""

import json
from typing import Any

from panka.activities.aws.errors import AwsError
from panka.activities.providers.iam_policies import ManagedPolicyProvider, PolicyProvider, RolePolicyProvider
from panka.activities.providers.ownership import claim, retagged, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, tag_list, tag_map
from panka.activities.providers.shapes import differing, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"NoSuchEntity"})
_TAKEN = frozenset({"EntityAlreadyExists"})
_DEFAULTS = {"Description": "", "MaxSessionDuration": 3600}


class RoleProvider(Provider):
    """A role's name is unique in the account, so a second create finds the first one's role."""

    type = "AWS::IAM::Role"
    service = "iam"
    _names = (
        "Tags",
        "AssumeRolePolicyDocument",
        "Description",
        "ManagedPolicyArns",
        "MaxSessionDuration",
        "Path",
        "PermissionsBoundary",
        "RoleName",
    )

    async def read(self, id: str) -> Observed | None:
        answer = await self.maybe("get_role", _GONE, RoleName=id)
        if answer is None:
            return None
        role = answer["Role"]
        try:
            attached = await self._attached(id)
        except AwsError as error:
            # Deleted between the two looks.
            if error.code in _GONE:
                return None
            raise
        properties = {
            "RoleName": role["RoleName"],
            "Path": role["Path"],
            "AssumeRolePolicyDocument": role.get("AssumeRolePolicyDocument"),
            "Description": role.get("Description") or None,
            "MaxSessionDuration": role.get("MaxSessionDuration"),
            "PermissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "ManagedPolicyArns": sorted(policy["PolicyArn"] for policy in attached),
            "Tags": tag_list(tag_map(role.get("Tags"))),
        }
        return Observed(told(properties), {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = properties["RoleName"]
        answer = await self.maybe("get_role", _GONE, RoleName=name)
        if answer is None:
            return None
        return claim(owner, name, f"The role {name}", tag_map(answer["Role"].get("Tags")))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        name: str = properties["RoleName"]
        asked = {key: properties[key] for key in ("Path", "PermissionsBoundary", *_DEFAULTS) if key in properties}
        made = self.call(
            "create_role",
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"]),
            Tags=properties.get("Tags", []),
            **asked,
        )
        await unless_taken(made, _TAKEN, lambda: self.find(owner, properties))
        await self._attach(name, set(properties.get("ManagedPolicyArns", [])))
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        if (trust := new["AssumeRolePolicyDocument"]) != old.get("AssumeRolePolicyDocument"):
            await self.call("update_assume_role_policy", RoleName=id, PolicyDocument=json.dumps(trust))
        if differing(old, new, _DEFAULTS, _DEFAULTS):
            wanted = {**_DEFAULTS, **{key: new[key] for key in _DEFAULTS if key in new}}
            await self.call("update_role", RoleName=id, **wanted)
        await self._bound(id, old.get("PermissionsBoundary"), new.get("PermissionsBoundary"))
        live, arns = set(old.get("ManagedPolicyArns", [])), set(new.get("ManagedPolicyArns", []))
        await self._attach(id, arns - live)
        await self._detach(id, live - arns)
        put, removed = retagged(old, new)
        if put:
            await self.call("tag_role", RoleName=id, Tags=tag_list(put))
        if removed:
            await self.call("untag_role", RoleName=id, TagKeys=removed)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a role holds nothing of value
        if await self.maybe("get_role", _GONE, RoleName=id) is None:
            return
        await self._detach(id, {policy["PolicyArn"] for policy in await self._attached(id)})
        for name in await every(self, "list_role_policies", "PolicyNames", "Marker", "Marker", RoleName=id):
            await self.maybe("delete_role_policy", _GONE, RoleName=id, PolicyName=name)
        for profile in await every(
            self, "list_instance_profiles_for_role", "InstanceProfiles", "Marker", "Marker", RoleName=id
        ):
            name = profile["InstanceProfileName"]
            await self.maybe("remove_role_from_instance_profile", _GONE, RoleName=id, InstanceProfileName=name)
        await self.maybe("delete_role", _GONE, RoleName=id)

    async def _attached(self, id: str) -> list[Any]:
        return await every(self, "list_attached_role_policies", "AttachedPolicies", "Marker", "Marker", RoleName=id)

    async def _attach(self, id: str, arns: set[str]) -> None:
        for arn in sorted(arns):
            await self.call("attach_role_policy", RoleName=id, PolicyArn=arn)

    async def _detach(self, id: str, arns: set[str]) -> None:
        for arn in sorted(arns):
            await self.maybe("detach_role_policy", _GONE, RoleName=id, PolicyArn=arn)

    async def _bound(self, id: str, old: str | None, new: str | None) -> None:
        if new == old:
            return
        if new is None:
            await self.maybe("delete_role_permissions_boundary", _GONE, RoleName=id)
        else:
            await self.call("put_role_permissions_boundary", RoleName=id, PermissionsBoundary=new)


class InstanceProfileProvider(Provider):
    """A profile's name is unique in the account. CloudFormation knows no tags of it, the profile itself has some."""

    type = "AWS::IAM::InstanceProfile"
    service = "iam"
    _names = ("InstanceProfileName", "Path", "Roles")

    async def read(self, id: str) -> Observed | None:
        answer = await self.maybe("get_instance_profile", _GONE, InstanceProfileName=id)
        if answer is None:
            return None
        profile = answer["InstanceProfile"]
        properties = {
            "InstanceProfileName": profile["InstanceProfileName"],
            "Path": profile["Path"],
            "Roles": [role["RoleName"] for role in profile["Roles"]],
        }
        return Observed(told(properties), {"Arn": profile["Arn"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["InstanceProfileName"]
        answer = await self.maybe("get_instance_profile", _GONE, InstanceProfileName=name)
        if answer is None:
            return None
        return claim(owner, name, f"The instance profile {name}", tag_map(answer["InstanceProfile"].get("Tags")))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        name: str = properties["InstanceProfileName"]
        asked = told({"Path": properties.get("Path"), "Tags": tag_list(owner.tags())})
        made = self.call("create_instance_profile", InstanceProfileName=name, **asked)
        await unless_taken(made, _TAKEN, lambda: self.find(owner, properties))
        live = await self.read(name)
        await self.update(name, live.properties if live else {}, properties)
        return name

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        live, wanted = set(old.get("Roles", [])), set(new.get("Roles", []))
        # A profile holds one role at a time: the old one goes first.
        await self._empty(id, live - wanted)
        for role in sorted(wanted - live):
            await self.call("add_role_to_instance_profile", InstanceProfileName=id, RoleName=role)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a profile holds nothing of value
        live = await self.read(id)
        if live is not None:
            await self._empty(id, set(live.properties.get("Roles", [])))
            await self.maybe("delete_instance_profile", _GONE, InstanceProfileName=id)

    async def _empty(self, id: str, roles: set[str]) -> None:
        for role in sorted(roles):
            await self.maybe("remove_role_from_instance_profile", _GONE, InstanceProfileName=id, RoleName=role)


PROVIDERS = (
    RoleProvider,
    RolePolicyProvider,
    PolicyProvider,
    ManagedPolicyProvider,
    InstanceProfileProvider,
)
