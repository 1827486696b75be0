"""What is special to security groups."""

from dataclasses import replace

import pytest
from tests.activities.conformance.case import Case, of
from tests.activities.conformance.cases_compute import GROUP
from tests.activities.conformance.stage import FORCED, staged
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.ec2_rules import EVERYWHERE, key
from panka.planner.resource import Properties

HTTP: Properties = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "10.0.0.0/8"}
ANYWHERE: Properties = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
RULE = Case("AWS::EC2::SecurityGroupIngress", {"GroupId": of("group", "GroupId"), **HTTP}, needs={"group": GROUP})
IN_USE = b"""<Response><Errors><Error><Code>DependencyViolation</Code><Message>Something depends on it</Message></Error>
</Errors><RequestID>r</RequestID></Response>"""


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (HTTP, {**HTTP, "IpProtocol": "6", "FromPort": "80"}),
        (HTTP, {**HTTP, "CidrIp": "10.1.2.3/8"}),
        (HTTP, {**HTTP, "Description": "web"}),
        (ANYWHERE, {**ANYWHERE, "FromPort": -1, "ToPort": -1}),
        ({**ANYWHERE, "IpProtocol": "all"}, ANYWHERE),
    ],
)
def test_rules_are_the_same_when_they_let_the_same_through(one: Properties, same: Properties) -> None:
    assert key(one) == key(same)


def test_the_rule_that_every_group_is_born_with_is_known() -> None:
    assert key(ANYWHERE) == EVERYWHERE


async def test_a_group_without_outgoing_rules_of_its_own_keeps_the_one_it_is_born_with(cloud: Cloud) -> None:
    stage = await staged(GROUP, cloud)

    id = await stage.apply(stage.properties())

    assert (await stage.live(id)).properties["SecurityGroupEgress"] == [ANYWHERE]


async def test_a_group_changes_its_own_rules_and_not_those_that_are_resources(cloud: Cloud) -> None:
    stage = await staged(replace(RULE, tagged=False), cloud)
    rule = await stage.apply(stage.properties())
    group = await staged(GROUP, cloud, name=stage.name)
    id, own = stage.known["group"]["GroupId"], {**HTTP, "FromPort": 443, "ToPort": 443}
    listed = (await group.live(id)).properties
    await group.provider.update(id, listed, {**listed, "SecurityGroupIngress": [own]})

    await group.provider.update(id, (await group.live(id)).properties, listed)

    assert "SecurityGroupIngress" not in listed
    assert await stage.provider.read(rule) is not None
    assert (await group.live(id)).properties == listed


async def test_a_rule_is_found_by_its_tags_when_its_group_is_not_known(cloud: Cloud) -> None:
    stage = await staged(replace(RULE, tagged=False), cloud)
    id = await stage.apply(stage.properties())

    assert await stage.provider.find(stage.owner, HTTP) == id


async def test_a_group_in_use_is_deleted_later(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(GROUP, cloud)
    id = await stage.apply(stage.properties())
    faults.instead = Answer(400, IN_USE, {"content-type": "text/xml"})

    with pytest.raises(TryLater, match=id):
        await stage.provider.delete(id, FORCED)

    assert await stage.provider.read(id) is not None
