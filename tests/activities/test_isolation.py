"""Of another tenant nothing is read, named or found: by key, id or tag, whatever the name is dressed as."""

import hashlib

import pytest
from pydantic import ValidationError
from tests.activities.conformance.case import fresh_name

from panka.activities.archive import Archive, Foreign
from panka.activities.aws.errors import NotOurs
from panka.activities.aws.session import Cloud
from panka.activities.providers.provider import Provider
from panka.activities.providing import provider_of
from panka.activities.stores.memory import MemoryStore
from panka.activities.stores.store import NotThere
from panka.planner.assemble import make_plan
from panka.planner.diff import with_tags
from panka.planner.owner import Owner, Scope
from panka.planner.plan import Plan, PlanRef
from panka.planner.resource import Properties
from panka.planner.state import Target

MINE, THEIRS = (Scope(tenant=name, stack="shop", environment="prod") for name in ("acme", "umbrella"))
TARGET = Target(account="111122223333", region="eu-west-1")
DRESSED = (
    "../umbrella", "acme/../umbrella", "..%2fumbrella", "%2e%2e%2fumbrella", "umbrella%00", "umbrella\x00", "umbrella/",
    "/umbrella", "umbrella#prod", "UMBRELLA", "ｕmbrella", "umbrella\u200b", "umbr\u0435lla", "umbrella\n", "umbrella ",
    "umbrella'", "um*", "${umbrella}", ".", "..", "", "-umbrella", "arn:aws:s3:::umbrella",
)  # fmt: skip
"""Names that mean another tenant to somebody who looks less closely; none of them is a name."""


def plan_of(scope: Scope) -> Plan:
    return make_plan(scope, TARGET, {}, {}, None, None)


@pytest.fixture
def archive() -> Archive:
    return Archive(MemoryStore())


@pytest.mark.parametrize("name", DRESSED)
@pytest.mark.parametrize("part", ["tenant", "stack", "environment"])
def test_a_scope_holds_names_and_nothing_else(part: str, name: str) -> None:
    with pytest.raises(ValidationError):
        Scope.model_validate({**MINE.model_dump(), part: name})


def test_a_plan_of_another_tenant_is_not_taken_whatever_its_reference_says(archive: Archive) -> None:
    mine, theirs = archive.save_plan(plan_of(MINE)), archive.save_plan(plan_of(THEIRS))

    assert archive.plan_of(MINE, mine).scope == MINE
    for reference in (theirs, theirs.model_copy(update={"key": mine.key}), mine.model_copy(update={"key": theirs.key})):
        with pytest.raises(Foreign):
            archive.plan_of(MINE, reference)


def test_a_plan_that_was_filed_under_another_stacks_key_is_not_taken() -> None:
    store = MemoryStore()
    archive = Archive(store)
    theirs = archive.save_plan(plan_of(THEIRS))
    key = theirs.key.replace("umbrella", "acme")
    store.put(key, store.get(theirs.key))

    with pytest.raises(Foreign):
        archive.plan_of(MINE, PlanRef(id=theirs.id, key=key, sha256=theirs.sha256))


@pytest.mark.parametrize(
    "id",
    [
        "../../../../../umbrella/stacks/shop/prod/plans/p-",
        "",
        "p",
        "p-/",
        "p-..",
        "p-%2e%2e",
        "P-0",
        "p-0\n",
        "p-\uff10",
    ],
)
def test_a_plan_is_found_by_its_id_alone(archive: Archive, id: str) -> None:
    archive.save_plan(plan_of(THEIRS))
    archive.save_plan(plan_of(MINE))

    with pytest.raises(NotThere):
        archive.find_plan(MINE, id)


def test_a_plan_of_another_tenant_is_not_found_by_its_own_id(archive: Archive) -> None:
    theirs = archive.save_plan(plan_of(THEIRS))

    with pytest.raises(NotThere):
        archive.find_plan(MINE, theirs.id)


def test_a_file_of_another_tenant_is_not_brought_by_its_digest_nor_by_a_path(archive: Archive) -> None:
    archive.save_plan(plan_of(THEIRS), assets=[b"code"])
    digest = hashlib.sha256(b"code").hexdigest()

    for key in (digest, f"../../umbrella/assets/{digest}", f"..%2f..%2fumbrella/assets/{digest}", digest.upper(), ""):
        with pytest.raises(NotThere):
            archive.asset("acme", key)


@pytest.mark.parametrize(
    ("type", "properties"),
    [
        ("AWS::EC2::VPC", {"CidrBlock": "10.0.0.0/16"}),
        ("AWS::EC2::InternetGateway", {}),
        ("AWS::EFS::FileSystem", {}),
        ("AWS::SQS::Queue", {"QueueName": "{name}"}),
        ("AWS::SNS::Topic", {"TopicName": "{name}"}),
        ("AWS::Logs::LogGroup", {"LogGroupName": "{name}"}),
    ],
)
async def test_what_another_tenants_stack_of_the_same_name_made_is_not_found_and_not_taken(
    cloud: Cloud, type: str, properties: dict[str, str]
) -> None:
    name, provider = fresh_name(), provider_of(type, cloud)
    mine, theirs = (Owner(scope=scope, address=f"{name}:main", generation=1) for scope in (MINE, THEIRS))
    wanted = {key: value.format(name=name) for key, value in properties.items()}
    my_wish, their_wish = (with_tags(type, wanted, owner.tags()) for owner in (mine, theirs))
    made = await provider.create(theirs, their_wish, theirs.token(1))

    found = await seen(provider, mine, my_wish)

    assert found is None
    assert await provider.find(theirs, their_wish) == made
    assert mine.token(1) != theirs.token(1)


async def seen(provider: Provider, owner: Owner, wanted: Properties) -> str | None:
    """What is found for an owner; a name that somebody else has is told as such."""
    try:
        return await provider.find(owner, wanted)
    except NotOurs:
        return None
