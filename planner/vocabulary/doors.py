"""Security groups: a component's own, and the way from it to what it references."""

from collections.abc import Iterable

from panka.planner.component import Component, ComponentSpec, Context
from panka.planner.resource import PhysicalName, Properties, Ref, Resource

INGRESS = "AWS::EC2::SecurityGroupIngress"


def security_group(component: Component[ComponentSpec], context: Context) -> Resource:
    """A group that lets nothing in; whoever may come in brings a rule of its own."""
    return component.resource(
        "security-group",
        "AWS::EC2::SecurityGroup",
        {"GroupDescription": f"{component.kind} {component.name}", "VpcId": context.network.vpc_id},
        name=PhysicalName("GroupName", 255),
    )


def ways(
    component: Component[ComponentSpec], context: Context, own: Ref, also: Iterable[str] = ()
) -> tuple[Resource, ...]:
    """A rule for each port of each component that this one references, or of `also`: its group `own` may connect."""
    return tuple(
        _way(component, name, door.security_group, own, port, protocol)
        for name in dict.fromkeys((*context.granted, *also))
        if name != component.name and (door := context.uses[name].lowered.grants.connect)
        for protocol, ports in (("tcp", door.ports), ("udp", door.udp_ports))
        for port in ports
    )


def _way(component: Component[ComponentSpec], name: str, group: Ref, own: Ref, port: int, protocol: str) -> Resource:
    number = str(port) if protocol == "tcp" else f"{protocol}-{port}"
    return component.resource(
        f"to-{name}-{number}", INGRESS, between(own, group, port, protocol, f"{component.name} to {name}")
    )


def between(source: Ref, group: Ref, port: int, protocol: str, description: str) -> Properties:
    """The rule that lets one security group into another at a port."""
    return {
        "GroupId": group,
        "SourceSecurityGroupId": source,
        "IpProtocol": protocol,
        "FromPort": port,
        "ToPort": port,
        "Description": description,
    }


def subnets(context: Context) -> list[str]:
    """Where workloads and databases stand: private subnets, or the public ones of a network that has no others."""
    return list(context.network.private_subnets or context.network.public_subnets)


def needs_public_address(context: Context) -> bool:
    """Whether workloads reach the internet only with an address of their own: their subnets have no NAT."""
    return set(subnets(context)) <= set(context.network.public_subnets)
