"""What is special to roles and their policies."""

import json

import pytest
from tests.activities.conformance.case import fresh_name
from tests.activities.conformance.cases_compute import LAMBDA_LOGS, ROLE, lets, trusts
from tests.activities.conformance.cases_edge import CASES as EDGE
from tests.activities.conformance.stage import FORCED, OURS, staged

from panka.activities.aws.errors import AwsError, NotOurs
from panka.activities.aws.session import Cloud
from panka.activities.providers.iam_policies import PolicyProvider, RolePolicyProvider
from panka.planner.owner import Owner

INLINE = next(case for case in EDGE if case.type == "AWS::IAM::Policy")
MANAGED = next(case for case in EDGE if case.type == "AWS::IAM::ManagedPolicy")
POLICY_OWNER = Owner(scope=OURS, address="api:policy", generation=1)


async def test_a_role_is_deleted_with_all_that_hangs_on_it(cloud: Cloud) -> None:
    stage = await staged(ROLE, cloud)
    id = await stage.apply({**stage.properties(), "ManagedPolicyArns": [LAMBDA_LOGS]})
    await cloud.call("iam", "put_role_policy", RoleName=id, PolicyName="p", PolicyDocument=json.dumps(lets("s3:*")))
    await cloud.call("iam", "create_instance_profile", InstanceProfileName=id)
    await cloud.call("iam", "add_role_to_instance_profile", InstanceProfileName=id, RoleName=id)

    await stage.provider.delete(id, FORCED)

    assert await stage.provider.read(id) is None
    profile = await cloud.call("iam", "get_instance_profile", InstanceProfileName=id)
    assert profile["InstanceProfile"]["Roles"] == []


async def test_a_property_that_cannot_be_set_is_refused_and_not_dropped(cloud: Cloud) -> None:
    stage = await staged(ROLE, cloud)
    inline = {**stage.properties(), "Policies": [{"PolicyName": "p", "PolicyDocument": lets("s3:*")}]}

    with pytest.raises(AwsError, match=r"Panka cannot set Policies of AWS::IAM::Role"):
        await stage.provider.create(stage.owner, inline, stage.token)

    assert await stage.provider.read(stage.properties()["RoleName"]) is None


async def test_a_policy_in_a_users_own_role_is_found_again_by_what_it_says(cloud: Cloud) -> None:
    role = await _a_users_role(cloud)
    provider = RolePolicyProvider(cloud)
    properties = {"RoleName": role, "PolicyName": "ours", "PolicyDocument": lets("s3:GetObject")}

    first = await provider.create(POLICY_OWNER, properties, "t")
    second = await provider.create(POLICY_OWNER, properties, "t")

    assert first == second == await provider.find(POLICY_OWNER, properties)


async def test_a_policy_that_a_user_wrote_is_not_overwritten(cloud: Cloud) -> None:
    role = await _a_users_role(cloud)
    theirs = json.dumps(lets("s3:*"))
    await cloud.call("iam", "put_role_policy", RoleName=role, PolicyName="p", PolicyDocument=theirs)
    properties = {"RoleName": role, "PolicyName": "p", "PolicyDocument": lets("s3:GetObject")}

    with pytest.raises(NotOurs):
        await RolePolicyProvider(cloud).create(POLICY_OWNER, properties, "t")

    live = await cloud.call("iam", "get_role_policy", RoleName=role, PolicyName="p")
    assert live["PolicyDocument"] == lets("s3:*")


async def _a_users_role(cloud: Cloud) -> str:
    name = fresh_name()
    trust = json.dumps(trusts("lambda.amazonaws.com"))
    await cloud.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=trust)
    return name


async def test_a_managed_policy_lets_go_of_its_oldest_version(cloud: Cloud) -> None:
    stage = await staged(MANAGED, cloud)
    id = await stage.apply(stage.properties())

    for number in range(7):
        live = (await stage.live(id)).properties
        await stage.provider.update(id, live, {**live, "PolicyDocument": lets(f"s3:Get{number}")})

    versions = (await cloud.call("iam", "list_policy_versions", PolicyArn=id))["Versions"]
    assert sorted(one["VersionId"] for one in versions) == ["v4", "v5", "v6", "v7", "v8"]
    assert (await stage.live(id)).properties["PolicyDocument"] == lets("s3:Get6")


async def test_a_managed_policy_is_deleted_with_its_versions_and_from_whom_it_is_attached_to(cloud: Cloud) -> None:
    stage = await staged(MANAGED, cloud)
    id = await stage.apply(stage.properties())
    live = (await stage.live(id)).properties
    await stage.provider.update(id, live, {**live, "PolicyDocument": lets("s3:*")})
    user = fresh_name()
    await cloud.call("iam", "create_user", UserName=user)
    await cloud.call("iam", "attach_user_policy", UserName=user, PolicyArn=id)

    await stage.provider.delete(id, FORCED)

    assert await stage.provider.read(id) is None
    assert (await cloud.call("iam", "list_attached_user_policies", UserName=user))["AttachedPolicies"] == []


async def test_a_policy_that_not_all_of_its_bearers_have_yet_is_given_to_all(cloud: Cloud) -> None:
    stage = await staged(INLINE, cloud)
    id = await stage.apply(stage.properties())
    wanted = stage.properties({"PolicyDocument": lets("s3:*")})
    first, second = wanted["Roles"]
    await cloud.call(
        "iam", "put_role_policy", RoleName=first, PolicyName=stage.name, PolicyDocument=json.dumps(lets("s3:*"))
    )

    assert stage.drift(wanted, await stage.live(id)) != []
    assert await stage.apply(wanted) == id

    for role in (first, second):
        live = await cloud.call("iam", "get_role_policy", RoleName=role, PolicyName=stage.name)
        assert live["PolicyDocument"] == lets("s3:*")


async def test_a_policy_reaches_users_and_groups_too(cloud: Cloud) -> None:
    name = fresh_name()
    await cloud.call("iam", "create_user", UserName=name)
    await cloud.call("iam", "create_group", GroupName=name)
    provider = PolicyProvider(cloud)
    wanted = {"PolicyName": "p", "PolicyDocument": lets("s3:GetObject"), "Users": [name], "Groups": [name]}

    id = await provider.create(POLICY_OWNER, wanted, "t")

    live = await provider.read(id)
    assert live is not None
    assert live.properties == wanted
    await provider.delete(id, FORCED)
    assert await provider.read(id) is None
