"""The network that a stack's components stand in: the one it names, the one looked up, or a stand-in."""

from dataclasses import replace

from panka.planner.component import Network
from panka.planner.core import NetworkingSpec, RuleSpec
from panka.planner.language.parts import StackPart
from panka.planner.language.surroundings import SECURITY_GROUP
from panka.planner.resource import STACK, Address, PhysicalName, Place, Properties, Resource

OWN_GROUP = f"${{{STACK}.{SECURITY_GROUP}}}"
"""How lowered values name the security group that the stack's own rules make."""
STAND_IN = Network("vpc-00000000", ("subnet-00000000", "subnet-00000001"), ("subnet-00000002", "subnet-00000003"))
"""A network for checks that look nothing up."""


def network_of(spec: NetworkingSpec, looked_up: Network | None) -> Network:
    """The stack's own VPC before the one looked up, with the stack's security group added."""
    network = looked_up or STAND_IN
    if spec.vpc_id is not None:
        network = Network(spec.vpc_id, spec.subnet_ids.public, spec.subnet_ids.private, network.security_groups)
    group = spec.security_group
    if group is None or not (group.id or group.ingress or group.egress):
        return network
    return replace(network, security_groups=(*network.security_groups, group.id or OWN_GROUP))


def own_group(stack: StackPart, network: Network) -> Resource | None:
    """The security group that the stack's rules make; None without rules."""
    group, entry = stack.spec.networking.security_group, stack.entry
    if group is None or entry is None or not (group.ingress or group.egress):
        return None
    document = entry.layers.document
    properties: Properties = {"GroupDescription": f"Stack {entry.name}", "VpcId": network.vpc_id}
    for key, peer, rules in (
        ("SecurityGroupIngress", "SourceSecurityGroupId", group.ingress),
        ("SecurityGroupEgress", "DestinationSecurityGroupId", group.egress),
    ):
        if rules:
            properties[key] = [one for rule in rules for one in lowered_rules(rule, peer)]
    return Resource(
        Address.of(STACK, "security-group"),
        "AWS::EC2::SecurityGroup",
        properties,
        kind="Stack",
        name=PhysicalName("GroupName", 255),
        place=Place(document.file.name, document.line, document.column),
    )


def lowered_rules(rule: RuleSpec, peer: str) -> list[Properties]:
    """One rule for each network and for the component that a rule names, as EC2 wants them."""
    said: Properties = {"IpProtocol": "-1" if rule.protocol == "all" else rule.protocol}
    if rule.protocol != "all":
        said["FromPort"] = rule.port if rule.port is not None else -1 if rule.from_port is None else rule.from_port
        said["ToPort"] = rule.port if rule.port is not None else -1 if rule.to_port is None else rule.to_port
    if rule.description:
        said["Description"] = rule.description
    peers: list[Properties] = [{"CidrIpv6" if ":" in cidr else "CidrIp": cidr} for cidr in rule.cidr_blocks]
    if rule.source_component is not None:
        peers.append({peer: f"${{{rule.source_component}.{SECURITY_GROUP}}}"})
    return [{**said, **one} for one in peers]
