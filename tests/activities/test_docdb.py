"""What is special to DocumentDB."""

from typing import Any

import pytest
from tests.activities.conformance.cases_data import CASES, DOCUMENTS
from tests.activities.conformance.stage import FORCED, staged

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.docdb import DBClusterProvider, DBInstanceProvider
from panka.activities.providers.provider import Ending
from panka.planner.resource import Properties

pytestmark = pytest.mark.parametrize("endpoint", ["ministack"], indirect=True)

MEMBER = next(case for case in CASES if case.type == "AWS::DocDB::DBInstance")


async def test_a_cluster_tells_where_clients_write_and_read(cloud: Cloud) -> None:
    stage = await staged(DOCUMENTS, cloud)

    id = await stage.apply(stage.properties())

    attributes = (await stage.live(id)).attributes
    assert attributes["Id"] == id
    assert attributes["Endpoint"].startswith(f"{id}.cluster-")
    assert attributes["ReadEndpoint"].startswith(f"{id}.cluster-ro-")


async def test_a_cluster_with_members_is_deleted_later(cloud: Cloud) -> None:
    stage = await staged(MEMBER, cloud)
    await stage.apply(stage.properties())
    cluster = DBClusterProvider(cloud)

    with pytest.raises(TryLater, match="busy"):
        await cluster.delete(stage.known["cluster"]["Id"], FORCED)


async def test_a_protected_cluster_stays_and_aws_says_why(cloud: Cloud) -> None:
    stage = await staged(DOCUMENTS, cloud)
    id = await stage.apply({**stage.properties(), "DeletionProtection": True})

    with pytest.raises(AwsError, match=r"(?i)protect"):
        await stage.provider.delete(id, FORCED)


async def test_the_cluster_keeps_a_snapshot_and_its_instances_hold_nothing(cloud: Cloud) -> None:
    last = Ending(snapshot="last")

    kept = {"SkipFinalSnapshot": False, "FinalDBSnapshotIdentifier": "last"}
    assert DBClusterProvider(cloud).ending({}, last) == kept
    assert DBClusterProvider(cloud).ending({}, FORCED) == {"SkipFinalSnapshot": True}
    assert DBInstanceProvider(cloud).ending({}, last) == {}


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ({"EngineVersion": "5.0"}, {}),
        ({"EngineVersion": "8.0.0"}, {"EngineVersion": "8.0.0", "AllowMajorVersionUpgrade": True}),
        (
            {"ManageMasterUserPassword": True, "MasterUserSecretKmsKeyId": "key"},
            {"ManageMasterUserPassword": True, "MasterUserSecretKmsKeyId": "key"},
        ),
        (
            {"EnableCloudwatchLogsExports": ["profiler"]},
            {"CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["profiler"], "DisableLogTypes": ["audit"]}},
        ),
        ({"ServerlessV2ScalingConfiguration": {"MinCapacity": 1}}, {}),
        ({"VpcSecurityGroupIds": ["b", "a"]}, {}),
    ],
)
async def test_only_what_differs_is_asked_for(cloud: Cloud, wanted: Properties, asked: dict[str, Any]) -> None:
    live: Properties = {
        "EngineVersion": "5.0.0",
        "EnableCloudwatchLogsExports": ["audit"],
        "ServerlessV2ScalingConfiguration": {"MinCapacity": 1.0, "MaxCapacity": 4.0},
        "VpcSecurityGroupIds": ["a", "b"],
    }

    assert DBClusterProvider(cloud).changes(live, {**live, **wanted}) == asked
