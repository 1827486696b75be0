"""What is special to databases and their groups."""

from typing import Any

import pytest
from tests.activities.conformance.cases_compute import CASES, PARAMETERS
from tests.activities.conformance.cases_data import AURORA
from tests.activities.conformance.cases_data import CASES as CLUSTERS
from tests.activities.conformance.stage import FORCED, staged
from tests.plugins.faults import Answer, Faults, refusal

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.provider import Ending, Failed, Readiness, Ready, Waiting
from panka.activities.providers.rds import DBClusterProvider, DBInstanceProvider
from panka.planner.resource import Properties

MEMBER = next(case for case in CLUSTERS if case.label == "member")
DATABASE = next(case for case in CASES if case.type == "AWS::RDS::DBInstance" and not case.label)


def described(status: str, *, pending: str = "") -> Answer:
    instance = f"<DBInstanceStatus>{status}</DBInstanceStatus><PendingModifiedValues>{pending}</PendingModifiedValues>"
    list_of_one = f"<DBInstances><DBInstance>{instance}</DBInstance></DBInstances>"
    result = f"<DescribeDBInstancesResult>{list_of_one}</DescribeDBInstancesResult>"
    body = f'<DescribeDBInstancesResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/">{result}</DescribeDBInstancesResponse>'
    return Answer(200, body.encode(), {"content-type": "text/xml"})


async def test_a_database_tells_where_it_listens(cloud: Cloud) -> None:
    stage = await staged(DATABASE, cloud)

    id = await stage.apply(stage.properties())

    attributes = (await stage.live(id)).attributes
    assert attributes["Endpoint.Port"].isdecimal()
    assert attributes["Endpoint.Address"]
    assert attributes["DBInstanceArn"].endswith(f":db:{id}")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (described("creating"), Waiting("the database is creating")),
        (described("storage-optimization"), Ready()),
        (described("incompatible-network"), Failed("The database is incompatible-network.")),
        (
            described("available", pending="<DBInstanceClass>db.t4g.large</DBInstanceClass>"),
            Waiting("AWS has still to change DBInstanceClass"),
        ),
        (described("available"), Ready()),
    ],
    ids=["creating", "optimising", "broken", "pending", "available"],
)
async def test_a_database_is_ready_when_nothing_is_pending(
    cloud: Cloud, faults: Faults, answer: Answer, expected: Readiness
) -> None:
    faults.instead = Answer(answer.status, answer.body, answer.headers)

    assert await DBInstanceProvider(cloud).ready("db") == expected


async def test_the_last_snapshot_is_taken_when_it_is_asked_for(cloud: Cloud) -> None:
    stage = await staged(DATABASE, cloud)
    id = await stage.apply(stage.properties())
    name = f"{id}-last"

    await stage.provider.delete(id, Ending(snapshot=name))

    snapshots = await cloud.call("rds", "describe_db_snapshots", DBSnapshotIdentifier=name)
    assert [one["DBInstanceIdentifier"] for one in snapshots["DBSnapshots"]] == [id]


@pytest.mark.parametrize("endpoint", ["moto"], indirect=True)
async def test_the_last_snapshot_of_a_cluster_is_taken_when_it_is_asked_for(cloud: Cloud) -> None:
    stage = await staged(AURORA, cloud)
    id = await stage.apply(stage.properties())
    name = f"{id}-last"

    await stage.provider.delete(id, Ending(snapshot=name))

    snapshots = await cloud.call("rds", "describe_db_cluster_snapshots", DBClusterSnapshotIdentifier=name)
    assert [one["DBClusterIdentifier"] for one in snapshots["DBClusterSnapshots"]] == [id]


async def test_a_cluster_with_members_is_deleted_later(cloud: Cloud) -> None:
    stage = await staged(MEMBER, cloud)
    await stage.apply(stage.properties())
    cluster = DBClusterProvider(cloud)

    with pytest.raises(TryLater, match="busy"):
        await cluster.delete(stage.known["cluster"]["Id"], FORCED)


async def test_a_member_leaves_to_its_cluster_what_is_the_cluster_s(cloud: Cloud) -> None:
    live: Properties = {"DBClusterIdentifier": "c", "EngineVersion": "16.3", "BackupRetentionPeriod": 7}
    wanted: Properties = {**live, "EngineVersion": "16.4", "BackupRetentionPeriod": 1, "PromotionTier": 2}

    assert DBInstanceProvider(cloud).changes(live, wanted) == {"PromotionTier": 2}
    assert DBInstanceProvider(cloud).ending(live, Ending(snapshot="last")) == {"SkipFinalSnapshot": True}


@pytest.mark.parametrize("endpoint", ["moto"], indirect=True)
async def test_a_cluster_is_lent_a_role_and_keeps_it(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(AURORA, cloud)
    id = await stage.apply(stage.properties())
    live = (await stage.live(id)).properties
    lent: Properties = {"AssociatedRoles": [{"RoleArn": "arn:aws:iam::123456789012:role/r", "FeatureName": "s3Import"}]}

    await stage.provider.update(id, live, {**live, **lent})
    after = (await stage.live(id)).properties
    faults.reset()
    await stage.provider.update(id, after, after)

    assert after["AssociatedRoles"] == lent["AssociatedRoles"]
    assert faults.mutations == []


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ({"EngineVersion": "16"}, {}),
        ({"EngineVersion": "17", "DBInstanceParameterGroupName": "g"}, {"DBInstanceParameterGroupName": "g"}),
        ({"PerformanceInsightsEnabled": True}, {"EnablePerformanceInsights": True}),
        (
            {"ManageMasterUserPassword": True, "MasterUserSecret": {"KmsKeyId": "key"}},
            {"ManageMasterUserPassword": True, "MasterUserSecretKmsKeyId": "key"},
        ),
        ({"MasterUserPassword": "s3cret"}, {"MasterUserPassword": "s3cret"}),
    ],
)
async def test_only_what_differs_in_a_cluster_is_asked_for(
    cloud: Cloud, wanted: Properties, asked: dict[str, Any]
) -> None:
    live: Properties = {"EngineVersion": "16.3", "Port": 5432}
    upgrade = {"EngineVersion": "17", "AllowMajorVersionUpgrade": True} if wanted.get("EngineVersion") == "17" else {}

    assert DBClusterProvider(cloud).changes(live, {**live, **wanted}) == {**upgrade, **asked}


async def test_a_protected_database_stays_and_aws_says_why(cloud: Cloud) -> None:
    stage = await staged(DATABASE, cloud)
    id = await stage.apply({**stage.properties(), "DeletionProtection": True})

    with pytest.raises(AwsError, match=r"(?i)protect"):
        await stage.provider.delete(id, FORCED)

    assert await stage.provider.read(id) is not None


async def test_a_busy_database_is_changed_later(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(DATABASE, cloud)
    id = await stage.apply(stage.properties())
    live = (await stage.live(id)).properties
    faults.instead = refusal("InvalidDBInstanceState")

    with pytest.raises(TryLater, match="busy"):
        await stage.provider.update(id, live, {**live, "DBInstanceClass": "db.t4g.large"})


async def test_a_group_in_use_is_deleted_later(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(PARAMETERS, cloud)
    id = await stage.apply(stage.properties())
    faults.instead = refusal("InvalidDBParameterGroupState")

    with pytest.raises(TryLater, match="still in use"):
        await stage.provider.delete(id, FORCED)


LIVE: Properties = {"EngineVersion": "16.3", "AllocatedStorage": "100", "StorageType": "gp3", "Port": "5432"}


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ({"EngineVersion": "16"}, {}),
        ({"EngineVersion": "16.4"}, {"EngineVersion": "16.4"}),
        ({"EngineVersion": "1"}, {"EngineVersion": "1"}),
        (
            {"EngineVersion": "17", "AllowMajorVersionUpgrade": True},
            {"EngineVersion": "17", "AllowMajorVersionUpgrade": True},
        ),
        ({"AllocatedStorage": 100, "Port": 5432}, {}),
        ({"AllocatedStorage": "200"}, {"AllocatedStorage": 200}),
        ({"AllocatedStorage": "50", "MaxAllocatedStorage": 500}, {"MaxAllocatedStorage": 500}),
        ({"StorageType": "io2", "Iops": 3000}, {"StorageType": "io2", "Iops": 3000, "AllocatedStorage": 100}),
        ({"Port": "5433"}, {"DBPortNumber": 5433}),
        ({"VPCSecurityGroups": ["sg-1"]}, {"VpcSecurityGroupIds": ["sg-1"]}),
        (
            {"EnableCloudwatchLogsExports": ["postgresql"]},
            {"CloudwatchLogsExportConfiguration": {"EnableLogTypes": ["postgresql"]}},
        ),
        ({"MasterUserPassword": "s3cret"}, {"MasterUserPassword": "s3cret"}),
    ],
)
def test_only_what_differs_is_asked_for(wanted: Properties, asked: dict[str, Any]) -> None:
    assert DBInstanceProvider.shape.changes(LIVE, {**LIVE, **wanted}) == asked


def test_a_password_that_the_record_knows_is_not_set_again() -> None:
    recalled = {**LIVE, "MasterUserPassword": "s3cret"}

    assert DBInstanceProvider.recalls
    assert DBInstanceProvider.shape.changes(recalled, {**recalled, "Port": "5433"}) == {"DBPortNumber": 5433}
