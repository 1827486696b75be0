"""What is special to hosted zones and their records."""

import pytest
from tests.activities.conformance.cases_balancing import ZONE
from tests.activities.conformance.stage import FORCED, Stage, staged

from panka.activities.aws.errors import AwsError, NotOurs
from panka.activities.aws.session import Cloud
from panka.activities.providers.provider import Ending, is_ours, tag_map
from panka.activities.providers.route53_records import RecordSetProvider, plain_name
from panka.planner.owner import Owner, Scope
from panka.planner.resource import Properties
from plugins.faults import Faults

APPS = Owner(scope=Scope(tenant="acme", stack="apps", environment="test"), address="web:main", generation=1)
STRANGERS = Owner(scope=Scope(tenant="globex", stack="apps", environment="test"), address="web:main", generation=1)


async def zone_with(cloud: Cloud, *addresses: str) -> tuple[Stage, str, Properties]:
    """A zone of our stack, and in it a record that somebody made by hand."""
    stage = await staged(ZONE, cloud)
    id = await stage.apply(stage.properties())
    record = {
        "HostedZoneId": id,
        "Name": f"www.{stage.name}.example",
        "Type": "A",
        "TTL": "60",
        "ResourceRecords": ["192.0.2.1"],
    }
    for address in addresses:
        values = [{"Value": address}]
        made = {"Name": record["Name"], "Type": "A", "TTL": 60, "ResourceRecords": values}
        batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": made}]}
        await cloud.call("route53", "change_resource_record_sets", HostedZoneId=id, ChangeBatch=batch)
    return stage, id, record


async def test_a_zone_that_never_got_its_tags_is_known_by_its_reference(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(ZONE, cloud)
    faults.reset()
    faults.lose = 1
    with pytest.raises(AwsError):
        await stage.provider.create(stage.owner, stage.properties(), stage.token)
    faults.reset()

    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)

    assert is_ours(stage.owner, tag_map((await stage.live(id)).properties["HostedZoneTags"]))
    assert await stage.provider.find(APPS, stage.properties()) is None
    zones = await cloud.call("route53", "list_hosted_zones_by_name", DNSName=f"{stage.name}.example")
    assert len([one for one in zones["HostedZones"] if one["Name"] == f"{stage.name}.example."]) == 1


async def test_a_zone_is_emptied_only_by_force(cloud: Cloud) -> None:
    stage, id, _ = await zone_with(cloud, "192.0.2.1")

    with pytest.raises(AwsError, match="HostedZoneNotEmpty"):
        await stage.provider.delete(id, Ending())
    await stage.provider.delete(id, FORCED)

    assert await stage.provider.read(id) is None


async def test_in_a_zone_of_ones_own_a_record_is_made_so(cloud: Cloud) -> None:
    stage, _, record = await zone_with(cloud, "192.0.2.9")
    provider = RecordSetProvider(cloud)

    id = await provider.create(stage.owner, record, "token")

    live = await provider.read(id)
    assert live is not None
    assert live.properties["ResourceRecords"] == ["192.0.2.1"]


async def test_in_a_zone_of_another_stack_a_record_is_made_where_there_is_none(cloud: Cloud) -> None:
    _, _, record = await zone_with(cloud)
    provider = RecordSetProvider(cloud)

    first = await provider.create(APPS, record, "token")

    assert await provider.create(APPS, record, "token") == first
    assert await provider.find(APPS, record) == first


async def test_in_a_zone_of_another_stack_another_record_is_left_alone(cloud: Cloud, faults: Faults) -> None:
    _, _, record = await zone_with(cloud, "192.0.2.9")
    faults.reset()

    with pytest.raises(NotOurs, match="another record"):
        await RecordSetProvider(cloud).create(APPS, record, "token")

    assert faults.mutations == []


async def test_in_a_zone_of_another_tenant_nothing_is_made(cloud: Cloud, faults: Faults) -> None:
    _, _, record = await zone_with(cloud)
    faults.reset()

    with pytest.raises(NotOurs, match="another tenant"):
        await RecordSetProvider(cloud).create(STRANGERS, record, "token")

    assert faults.mutations == []


async def test_a_zone_that_is_named_has_to_be_there(cloud: Cloud) -> None:
    record = {"HostedZoneName": "nobody.example.", "Name": "a.nobody.example", "Type": "A", "ResourceRecords": []}

    with pytest.raises(AwsError, match=r"no hosted zone nobody\.example"):
        await RecordSetProvider(cloud).create(APPS, record, "token")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Shop.Example.", "shop.example"),
        (r"\052.shop.example.", "*.shop.example"),
        ("shop.example", "shop.example"),
    ],
)
def test_names_are_the_same_however_dns_writes_them(name: str, plain: str) -> None:
    assert plain_name(name) == plain
