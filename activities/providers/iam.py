"""IAM: roles, and the policies written into them."""

import json
from typing import Any

from panka.activities.aws.errors import AwsError, NotOurs
from panka.activities.providers.ownership import claim, of_our_stack, retagged, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, tag_list, tag_map
from panka.activities.providers.shapes import differing, every, settable, told
from panka.planner.owner import MANAGED_BY, Owner
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


class RolePolicyProvider(Provider):
    """A policy written into a role. It has no tags: it is ours when its role is.

    In a role that the user made, it is ours when it says what we would say.
    """

    type = "AWS::IAM::RolePolicy"
    service = "iam"

    async def read(self, id: str) -> Observed | None:
        role, _, name = id.partition("|")
        answer = await self.maybe("get_role_policy", _GONE, RoleName=role, PolicyName=name)
        if answer is None:
            return None
        return Observed({"RoleName": role, "PolicyName": name, "PolicyDocument": answer["PolicyDocument"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if "RoleName" not in properties:
            return None
        id = f"{properties['RoleName']}|{properties['PolicyName']}"
        live = await self.read(id)
        if live is None:
            return None
        role = await self.maybe("get_role", _GONE, RoleName=properties["RoleName"])
        tags = tag_map(role["Role"].get("Tags")) if role else {}
        same = live.properties["PolicyDocument"] == properties["PolicyDocument"]
        if of_our_stack(owner, tags) or (same and MANAGED_BY not in tags):
            return id
        raise NotOurs(f"The role {properties['RoleName']} has another policy {properties['PolicyName']}.")

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
        document = json.dumps(properties["PolicyDocument"])
        await self.call("put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=document)
        return f"{role}|{name}"


PROVIDERS = (RoleProvider, RolePolicyProvider)
