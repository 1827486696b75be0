"""What is special to keys: they are deleted late, and aliases are theirs."""

import json
from datetime import UTC, datetime

import pytest
from tests.activities.conformance.cases_edge import KEY
from tests.activities.conformance.stage import FORCED, THEIRS, staged
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import AwsError, NotOurs
from panka.activities.aws.session import Cloud
from panka.activities.providers.kms import AliasProvider, KeyProvider, tags_of
from panka.activities.providers.provider import Ending, Ready
from panka.planner.owner import Owner


@pytest.mark.parametrize(
    ("window", "how", "days"),
    [({"PendingWindowInDays": 12}, FORCED, 12), ({}, FORCED, 7), ({}, Ending(), 30)],
    ids=["chosen", "forced", "left to AWS"],
)
async def test_a_key_waits_for_its_deletion_and_counts_as_gone(
    cloud: Cloud, window: dict[str, int], how: Ending, days: int
) -> None:
    stage = await staged(KEY, cloud)
    id = await stage.apply(stage.properties(window))

    await stage.provider.delete(id, how)

    key = (await cloud.call("kms", "describe_key", KeyId=id))["KeyMetadata"]
    assert key["KeyState"] == "PendingDeletion"
    assert round((key["DeletionDate"] - datetime.now(UTC)).total_seconds() / 86_400) == days
    assert await stage.provider.gone(id) == Ready()
    assert await stage.provider.find(stage.owner, stage.properties()) is None


async def test_what_a_key_is_for_cannot_change(cloud: Cloud) -> None:
    old = {"KeySpec": "SYMMETRIC_DEFAULT", "Enabled": True}

    with pytest.raises(AwsError, match="KMS cannot change KeySpec"):
        await KeyProvider(cloud).update("key", old, {**old, "KeySpec": "RSA_2048"})


async def test_a_strangers_key_gets_no_alias(cloud: Cloud) -> None:
    theirs = await staged(KEY, cloud, THEIRS)
    key = await theirs.apply(theirs.properties())
    us = Owner(scope=theirs.owner.scope.model_copy(update={"tenant": "acme"}), address="key:alias", generation=1)
    wanted = {"AliasName": f"alias/{theirs.name}", "TargetKeyId": key}

    with pytest.raises(NotOurs, match="gets no alias"):
        await AliasProvider(cloud).create(us, wanted, us.token(1))

    assert (await cloud.call("kms", "list_aliases", KeyId=key))["Aliases"] == []


async def test_a_key_that_may_not_be_asked_for_its_tags_is_passed_over(cloud: Cloud, faults: Faults) -> None:
    denied = json.dumps({"__type": "AccessDeniedException", "message": "You may not."}).encode()
    faults.instead = Answer(400, denied, {"content-type": "application/x-amz-json-1.1"})

    assert await tags_of(KeyProvider(cloud), "key") is None
