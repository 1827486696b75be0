from pathlib import Path
from typing import Any

import pytest
import yaml

from panka.planner.compile import Compiled
from panka.planner.diagnostics import Findings
from panka.planner.graph import Graph
from panka.planner.language.documents import SourceFile
from panka.planner.network import compile_network
from panka.planner.resource import Address
from panka.planner.resource_types import facts
from panka.planner.tenancy import read_tenant

EXAMPLE = (Path(__file__).parents[2] / "examples" / "tenant.yaml").read_text()
SUBNETS: dict[str, Any] = {
    "public": [{"cidrBlock": f"10.0.{n}.0/24", "availabilityZone": f"eu-west-1{z}"} for n, z in ((0, "a"), (1, "b"))],
    "private": [{"cidrBlock": f"10.0.{n}.0/24", "availabilityZone": f"eu-west-1{z}"} for n, z in ((8, "a"), (9, "b"))],
}
NETWORK: dict[str, Any] = {"vpc": {"cidrBlock": "10.0.0.0/16"}, "subnets": SUBNETS}


RULE: dict[str, Any] = {"port": 22, "cidrBlocks": ["10.0.0.0/8"]}


def written(spec: dict[str, Any]) -> str:
    document = {"apiVersion": "panka.io/v1", "kind": "TenantConfig", "metadata": {"name": "acme"}, "spec": spec}
    return yaml.safe_dump(document)


def network(**more: Any) -> Compiled:
    findings = Findings()
    text = written({"networking": {**NETWORK, **more}})
    tenant = read_tenant(SourceFile("t.yaml", "t.yaml", text), findings)
    assert tenant is not None, findings.all()
    return compile_network(tenant)


def of_type(stack: Compiled, name: str) -> list[str]:
    return [address.part for address, one in stack.resources.items() if one.type == f"AWS::EC2::{name}"]


def told(text: str) -> list[str]:
    findings = Findings()
    assert read_tenant(SourceFile("t.yaml", "t.yaml", text), findings) is None
    assert all(one.label is not None for one in findings.all())
    return [one.code for one in findings.all()]


def test_the_example_is_right_and_its_network_has_an_order() -> None:
    findings = Findings()

    tenant = read_tenant(SourceFile("tenant.yaml", "tenant.yaml", EXAMPLE), findings)

    assert findings.all() == ()
    assert tenant is not None
    assert (tenant.spec.policies.drift_check, tenant.spec.limits.max_stacks) == (21_600, 20)
    stack = compile_network(tenant)
    assert Graph.of(stack.resources).order()[0] in ("network:vpc", "network:internet-gateway")
    assert all(one.tags["owner"] == "platform" for one in stack.resources.values())


def test_every_resource_has_only_properties_that_its_type_has_and_all_that_it_needs() -> None:
    rules = {"ingress": [{"port": 22, "cidrBlocks": ["10.0.0.0/8"]}], "egress": [{"port": 443, "cidrBlocks": ["::/0"]}]}

    for one in network(natGateway={"type": "per-az"}, defaultSecurityGroup=rules).resources.values():
        known = facts(one.type)
        assert known is not None
        assert known.required <= one.properties.keys() <= known.properties - known.read_only


def test_one_gateway_serves_all_zones_or_each_zone_has_its_own() -> None:
    single, per_zone = network(natGateway={}), network(natGateway={"type": "per-az"})

    assert of_type(single, "NatGateway") == ["nat"]
    assert of_type(single, "RouteTable") == ["public-routes", "private-routes"]
    assert of_type(per_zone, "NatGateway") == ["nat-eu-west-1a", "nat-eu-west-1b"]
    route = per_zone.resources[Address("network:private-routes-eu-west-1b-internet")]
    assert route.properties["NatGatewayId"].address == "network:nat-eu-west-1b"


def test_without_gateways_nothing_leads_to_the_internet() -> None:
    stack = network(internetGateway={"enabled": False})

    assert of_type(stack, "Route") == of_type(stack, "InternetGateway") == of_type(stack, "EIP") == []
    assert len(of_type(stack, "SubnetRouteTableAssociation")) == 4


def test_a_route_to_the_internet_waits_until_the_gateway_is_attached() -> None:
    route = network().resources[Address("network:public-routes-internet")]

    assert route.depends_on == ("network:internet-gateway-attachment",)


def test_the_security_group_lets_its_own_in_unless_told_otherwise() -> None:
    closed = network(defaultSecurityGroup={"allowInternalTraffic": False})

    assert of_type(network(), "SecurityGroupIngress") == ["internal-traffic"]
    assert of_type(closed, "SecurityGroupIngress") == []


def test_a_network_that_exists_makes_nothing() -> None:
    findings = Findings()
    taken = {"networking": {"vpcId": "vpc-1", "subnetIds": {"private": ["subnet-1"]}, "securityGroupId": "sg-1"}}

    tenant = read_tenant(SourceFile("t.yaml", "t.yaml", written(taken)), findings)

    assert tenant is not None
    assert compile_network(tenant).resources == {}


def subnets(cidr: str) -> dict[str, Any]:
    zone = {"availabilityZone": "eu-west-1a"}
    return {"networking": {**NETWORK, "subnets": {"private": [{"cidrBlock": "10.0.0.0/20", **zone},
                                                              {"cidrBlock": cidr, **zone}]}}}  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (subnets("10.0.8.0/24"), "PK349"),
        (subnets("10.1.0.0/24"), "PK349"),
        (subnets("10.0.0.1/16"), "PK301"),
        (subnets("10.0.0.0/29"), "PK301"),
        ({"networking": {"vpc": {"cidrBlock": "10.0.0.0/8"}}}, "PK301"),
        ({"networking": {"vpc": {"cidrBlock": "2001:db8::/56"}}}, "PK301"),
        ({"networking": {**NETWORK, "defaultSecurityGroup": {"ingress": [RULE, RULE]}}}, "PK349"),
        ({"limits": {"maxStacks": -1}}, "PK105"),
        ({"allowedResources": ["SQZ"]}, "PK313"),
        ({"environments": ["Prod"]}, "PK301"),
        ({"environments": ["dev"], "policies": {"requireApproval": ["prod"]}}, "PK340"),
        ({"regions": ["us-east-1"], "aws": {"region": "eu-west-1"}}, "PK310"),
        ({"aws": {"externalId": "abc"}}, "PK312"),
        ({"aws": {"accountId": "1" * 12, "assumeRoleArn": f"arn:aws:iam::{'2' * 12}:role/r"}}, "PK310"),
        ({"networking": {**NETWORK, "vpcId": "vpc-1"}}, "PK350"),
        ({"networking": {"subnets": SUBNETS}}, "PK350"),
        ({"networking": {"vpcId": "vpc-1"}}, "PK350"),
        ({"networking": {**NETWORK, "natGateway": {}, "internetGateway": {"enabled": False}}}, "PK350"),
        ({"networking": {**NETWORK, "natGateway": {"type": "triple"}}}, "PK104"),
        ({"defaultTags": {"panka:x.y": "z"}}, "PK354"),
        ({"weight": 0}, "PK105"),
        ({"wieght": 2}, "PK101"),
    ],
)
def test_mistakes_are_told_by_code(spec: dict[str, Any], code: str) -> None:
    assert told(written(spec)) == [code]


def test_a_tenant_is_one_document_with_a_name() -> None:
    assert told(EXAMPLE.replace("acme}", "Acme}")) == ["PK109"]
    assert told(EXAMPLE.replace("admin.panka", "core.panka")) == ["PK113"]
    assert told(EXAMPLE + "---\n" + EXAMPLE) == ["PK102"]
