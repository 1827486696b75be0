"""Tenants beside each other: registered, in accounts and roles of their own, held to what they may have."""

import asyncio
from pathlib import Path
from typing import Any

import boto3
from temporalio.client import Client

from plugins.world import World, until

STACK = """
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: small}
spec:
  provider: {name: aws, region: eu-west-1}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: jobs, service: api}
spec: {}
---
apiVersion: components.panka.io/v1
kind: DynamoDB
metadata: {name: orders, service: api}
spec:
  hashKey: {name: id, type: S}
"""
SNS = """---
apiVersion: components.panka.io/v1
kind: SNS
metadata: {name: news, service: web}
spec: {}
"""
INSIDE = """---
apiVersion: components.panka.io/v1
kind: Lambda
metadata: {name: worker}
spec:
  runtime: python3.12
  handler: main.handler
  code: {zipFile: worker}
  vpc: {enabled: true}
"""
ACCOUNTS = {"acme": "111111111111", "umbrella": "222222222222"}
BOUNDS = """
  environments: [dev, prod]
  regions: [eu-west-1]
  allowedResources: [SQS, DynamoDB, Lambda]
  limits: {maxStacks: 1, maxServicesPerStack: 1, maxResourcesPerService: 10, maxConcurrentRuns: 1}
  defaultTags: {owner: platform}
  policies: {requireApproval: [prod]}
  weight: 10
"""


def config(name: str, more: str = "") -> str:
    account = ACCOUNTS[name]
    role = f'assumeRoleArn: "arn:aws:iam::{account}:role/panka-{name}", externalId: its-{name}'
    head = f"apiVersion: admin.panka.io/v1\nkind: TenantConfig\nmetadata: {{name: {name}}}\nspec:\n"
    return f'{head}  aws: {{accountId: "{account}", region: eu-west-1, {role}}}\n{more.strip(chr(10))}\n'


def write(place: World, name: str, text: str) -> str:
    (Path(place.folder) / name).write_text(text)
    return name


async def register(place: World, name: str, more: str = "") -> None:
    (await place.panka("tenant", "create", write(place, f"{name}.tenant", config(name, more)), "-y")).ok()


def seen_by(place: World, name: str, service: str) -> Any:
    """A client in the tenant's account."""
    role = f"arn:aws:iam::{ACCOUNTS[name]}:role/panka-{name}"
    keys = place.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return boto3.client(
        service,
        endpoint_url=place.moto_url,
        region_name="eu-west-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def queues(place: World, name: str) -> list[str]:
    found: list[str] = seen_by(place, name, "sqs").list_queues().get("QueueUrls", [])
    return found


def of(tenant: str, environment: str = "dev") -> dict[str, str]:
    return {"PANKA_TENANT": tenant, "PANKA_ENV": environment}


async def test_two_tenants_with_stacks_of_the_same_name_deploy_at_once_and_share_nothing(place: World) -> None:
    await place.start_worker()
    for name in ACCOUNTS:
        await register(place, name)
    write(place, "small.yaml", STACK)

    both = [await place.begin("apply", "small.yaml", "-y", env=of(name)) for name in ACCOUNTS]
    told = [(await asyncio.wait_for(one.communicate(), 160))[1].decode() for one in both]

    assert [one.returncode for one in both] == [0, 0], told
    assert place.cloud() == {}  # the workers' own account
    for name, account in ACCOUNTS.items():
        [queue] = queues(place, name)
        tags = seen_by(place, name, "sqs").list_queue_tags(QueueUrl=queue)["Tags"]
        assert account in queue
        assert tags["panka:tenant"] == name
        state = (await place.panka("state", "pull", "small", env=of(name))).ok().json
        assert state["target"]["account"] == account
        usage = (await place.panka("tenant", "usage", name, "-o", "json")).ok().json
        assert [(one["stack"], one["result"]) for one in usage["stacks"]] == [("small", "succeeded")]
    listed = (await place.panka("tenant", "list", "-o", "name")).ok().out.split()
    used = (await place.panka("tenant", "usage", "acme")).ok().out
    unknown = await place.panka("plan", "small.yaml", env=of("nobody") | {"PANKA_TENANTS": "required"})
    assert listed == ["acme", "umbrella"]
    assert "AWS::SQS::Queue" in used
    assert unknown.code == 64
    assert "Nobody has registered tenant nobody." in unknown.err
    first, second = (queues(place, name)[0].rpartition("/")[2] for name in ACCOUNTS)
    assert first != second
    (await place.panka("destroy", "small", "-y", env=of("acme"))).ok()
    assert queues(place, "acme") == []
    assert len(queues(place, "umbrella")) == 1


async def test_a_role_that_expires_in_the_middle_of_a_run_is_taken_on_again(place: World) -> None:
    await place.start_worker()
    await register(place, "acme")
    many = "".join(
        f"---\napiVersion: components.panka.io/v1\nkind: SQS\nmetadata: {{name: q{n}}}\nspec: {{}}\n" for n in range(12)
    )
    write(place, "small.yaml", STACK + many)
    place.faults.reset()
    place.faults.delay = 0.4
    applying = await place.begin("apply", "small.yaml", "-y", "--parallelism", "2", env=of("acme"))

    for created in (3, 8):
        await until(lambda least=created: place.faults.mutations.count("CreateQueue") >= least, 100, "creates")  # type: ignore[misc]  # mypy takes no default of a lambda
        place.faults.expired |= {key for key in place.faults.keys if key.startswith("ASIA")}
    _, told = await asyncio.wait_for(applying.communicate(), 160)

    assert applying.returncode == 0, told.decode()
    assert place.faults.mutations.count("AssumeRole") >= 3
    assert len(queues(place, "acme")) == 13
    assert await place.steps("small.yaml") == []


async def test_a_suspended_tenants_runs_are_refused_by_the_command_and_by_the_worker(place: World) -> None:
    await place.start_worker()
    await register(place, "acme")
    write(place, "small.yaml", STACK)
    plan = (await place.panka("plan", "small.yaml", "-o", "name")).ok().out.strip()
    (await place.panka("apply", plan, "-y", "--require-approval", "--detach")).ok()
    (await place.panka("tenant", "suspend", "acme", "-m", "the bill is open")).ok()

    by_command = await place.panka("apply", "small.yaml", "-y")
    await until_it_waits(place)
    (await place.panka("approve", "small")).ok()
    by_worker = await place.panka("watch", "small")
    shown = (await place.panka("tenant", "show", "acme", "-o", "json")).ok().json
    (await place.panka("tenant", "activate", "acme")).ok()
    again = await place.panka("apply", "small.yaml", "-y")

    assert by_command.code == 77
    assert "Tenant acme is suspended" in by_command.err
    assert "the bill is open" in by_command.err
    assert by_worker.code == 1
    assert "Tenant acme is suspended" in by_worker.text
    assert (shown["standing"], shown["version"]) == ("suspended", 2)
    again.ok()


async def test_a_tenant_is_held_to_its_bounds_by_the_plan_and_its_plans_wait_for_approval(place: World) -> None:
    await place.start_worker()
    await register(place, "acme", BOUNDS)
    foreign = STACK + SNS
    write(place, "foreign.yaml", foreign.replace("region: eu-west-1", "region: eu-central-1, profile: umbrella"))
    write(place, "small.yaml", STACK)
    write(place, "other.yaml", STACK.replace("name: small", "name: other"))

    beyond = await place.panka("plan", "foreign.yaml")
    elsewhere = await place.panka("plan", "small.yaml", env=of("acme", "test"))
    (await place.panka("apply", "small.yaml", "-y")).ok()
    one_more = await place.panka("plan", "other.yaml")
    waiting = await place.panka("apply", "small.yaml", "-y", "--detach", env=of("acme", "prod"))
    await until_it_waits(place, "prod")

    assert beyond.code == 65
    for said in ("may have no SNS", "no region `eu-central-1`", "has 2 services", "no profile of its own"):
        assert said in beyond.err
    assert elsewhere.code == 65
    assert "no environment `test`" in elsewhere.err
    assert one_more.code == 65
    assert "may have 1 stacks" in one_more.err
    client = await Client.connect(f"127.0.0.1:{place.temporal_port}")
    run = await client.get_workflow_handle("acme/small/prod").describe()
    assert "wants somebody to approve" in waiting.ok().err
    priority = run.raw_description.workflow_execution_info.priority
    assert (priority.fairness_key, priority.fairness_weight) == ("acme", 10)
    [queue] = queues(place, "acme")
    assert seen_by(place, "acme", "sqs").list_queue_tags(QueueUrl=queue)["Tags"]["owner"] == "platform"


async def test_a_tenants_network_is_a_stack_that_its_stacks_inherit_and_that_keeps_it_from_being_deleted(
    place: World,
) -> None:
    network = """
  networking:
    vpc: {cidrBlock: 10.0.0.0/16}
    subnets:
      public: [{cidrBlock: 10.0.0.0/24, availabilityZone: eu-west-1a}]
      private: [{cidrBlock: 10.0.16.0/20, availabilityZone: eu-west-1a}]
"""
    await place.start_worker()
    await register(place, "acme", network)
    (Path(place.folder) / "worker").mkdir()
    (Path(place.folder) / "worker" / "main.py").write_text("def handler(event, context): return event\n")
    write(place, "small.yaml", STACK + INSIDE)

    made = (await place.panka("state", "pull", "network", env=of("acme", "shared"))).ok().json
    (await place.panka("apply", "small.yaml", "-y")).ok()
    function = (await place.panka("state", "pull", "small")).ok().json["resources"]["worker:main"]
    deleted = await place.panka("tenant", "delete", "acme", "--confirm", "acme")
    early = await place.panka("destroy", "network", "-y", env=of("acme", "shared"))
    (await place.panka("destroy", "small", "-y")).ok()
    (await place.panka("destroy", "network", "-y", env=of("acme", "shared"))).ok()
    gone = await place.panka("tenant", "delete", "acme", "--confirm", "acme")
    after = await place.panka("tenant", "create", "acme.tenant", "-y")

    assert function["properties"]["VpcConfig"]["SubnetIds"] == made["outputs"]["privateSubnetIds"]
    assert made["outputs"]["securityGroupId"] in function["properties"]["VpcConfig"]["SecurityGroupIds"]
    assert deleted.code == 1
    assert "small/dev worker:main (AWS::Lambda::Function)" in deleted.err
    assert "network/shared network:vpc (AWS::EC2::VPC)" in deleted.err
    assert early.code == 64
    assert "has stacks in it: small" in early.err
    assert "is deleted" in gone.ok().out
    assert after.code == 1
    assert "its name is never given again" in after.err


async def until_it_waits(place: World, environment: str = "dev") -> None:
    async with asyncio.timeout(120):
        while True:
            rows = (await place.panka("status", "small", "-o", "json", env=of("acme", environment))).ok().json["stacks"]
            if rows and rows[0]["state"] == "waits":
                return
            await asyncio.sleep(0.5)
