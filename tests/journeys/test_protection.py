"""What must not be lost: protection that outlives the YAML, environments that a tenant protects, data that is named."""

import pytest

from plugins.world import World

HEAD = """
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
"""
TABLE = """---
apiVersion: components.panka.io/v1
kind: DynamoDB
metadata: {name: orders, service: api}
spec:
  hashKey: {name: id, type: S}
"""
TENANT = """
apiVersion: admin.panka.io/v1
kind: TenantConfig
metadata: {name: acme}
spec:
  policies: {protectedEnvironments: [dev]}
"""


def write(place: World, text: str) -> str:
    (place.folder / "small.yaml").write_text(text)
    (place.folder / "acme.yaml").write_text(TENANT)
    return "small.yaml"


async def test_protection_holds_when_the_component_is_gone_from_the_yaml(place: World) -> None:
    await place.start_worker()
    kept = TABLE.replace("orders", "ledger") + "  lifecycle: {preventDestroy: true}\n"
    left = TABLE.replace("orders", "photos") + "  lifecycle: {retain: true}\n"
    (await place.panka("apply", write(place, HEAD + kept + left), "-y")).ok()
    tables = place.cloud()["AWS::DynamoDB::Table"]

    refused = await place.panka("apply", write(place, HEAD + left), "-y", "--confirm", "ledger")
    destroy = await place.panka("destroy", "small", "-y")
    (await place.panka("apply", write(place, HEAD + kept), "-y")).ok()
    lifted = kept.replace("preventDestroy: true", "preventDestroy: false")
    (await place.panka("apply", write(place, HEAD + lifted), "-y")).ok()
    (await place.panka("apply", write(place, HEAD), "-y", "--confirm", "ledger")).ok()

    for one in (refused, destroy):
        assert one.code == 65
        assert "error[PK369]: the plan would delete `ledger:main`, which must not be destroyed" in one.err
    assert len(tables) == 2
    assert place.cloud()["AWS::DynamoDB::Table"] == [one for one in tables if "photos" in one]


@pytest.mark.timeout(400)
async def test_data_is_lost_only_when_somebody_names_it(place: World) -> None:
    await place.start_worker()
    (await place.panka("apply", write(place, HEAD + TABLE), "-y")).ok()
    rekeyed = TABLE.replace("name: id", "name: number")

    unnamed = await place.panka("apply", write(place, HEAD + rekeyed), "-y")
    wrongly = await place.panka("apply", "small.yaml", "-y", "--confirm", "jobs")
    nobody = await place.panka("apply", "small.yaml")
    plan = (await place.panka("plan", "small.yaml", "-o", "json")).ok().json
    named = (await place.panka("apply", "small.yaml", "-y", "--confirm", "orders")).ok()
    by_path = await place.panka("destroy", "./small.yaml", "-y")
    (await place.panka("destroy", "small", "-y")).ok()

    for one in (unnamed, wrongly):
        assert one.code == 64
        assert "error: This loses data, and -y does not say so: api/orders (DynamoDB)." in one.err
        assert "help: add --confirm orders" in one.err
    assert "help: add -y --confirm orders, or run in a terminal" in nobody.err
    assert plan["loses"] == ["orders:main"]
    assert "LOSES DATA: api/orders (DynamoDB)" in named.err
    assert (by_path.code, "add --confirm small" in by_path.err) == (64, True)
    assert place.cloud() == {}


async def test_what_holds_data_stays_in_an_environment_that_the_tenant_protects(place: World) -> None:
    await place.start_worker()
    (await place.panka("apply", write(place, HEAD + TABLE), "-y", "--tenant-config", "acme.yaml")).ok()
    before = place.cloud()
    protected = ("-y", "--confirm", "orders", "--tenant-config", "acme.yaml")

    replaced = await place.panka("apply", write(place, HEAD + TABLE.replace("name: id", "name: number")), *protected)
    gone = await place.panka("apply", write(place, HEAD), *protected)
    destroyed = await place.panka("destroy", "small", *protected)
    after = place.cloud()
    forgotten = HEAD.replace("eu-west-1}\n", "eu-west-1}\n  removed: [orders]\n", 1)
    (await place.panka("apply", write(place, forgotten), *protected)).ok()

    assert [one.code for one in (replaced, gone, destroyed)] == [65, 65, 65]
    assert "--> small.yaml:13:1" in replaced.err
    assert "would replace `orders:main`, which holds data, and `dev` is protected" in replaced.err
    assert "would delete `orders:main`, which holds data, and `dev` is protected" in gone.err
    assert "jobs:main" not in destroyed.err
    assert after == before == place.cloud()


@pytest.mark.timeout(400)
async def test_a_last_snapshot_is_taken_each_time_that_a_database_goes(place: World) -> None:
    await place.start_worker()
    database = (
        "---\napiVersion: components.panka.io/v1\nkind: RDS\nmetadata: {name: main-db, service: api}\nspec:\n"
        "  engine: {type: postgres, version: '16'}\n"
        "  instance: {class: db.t4g.micro, storage: {type: gp3, allocatedGB: 20}}\n"
        "  database: {managed: true}\n  deletionProtection: false\n  lifecycle: {snapshot: true}\n"
    )
    for _ in range(2):
        (await place.panka("apply", write(place, HEAD + database), "-y")).ok()
        gone = (await place.panka("destroy", "small", "-y")).ok()

    assert "LOSES DATA: api/main-db (RDS, after a last snapshot)" in gone.err
    snapshots = place.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert len({one["DBSnapshotIdentifier"] for one in snapshots}) == 2
    assert place.cloud() == {}
