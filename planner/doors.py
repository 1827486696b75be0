"""Security groups: a component's own, and the way from it to what it references."""

from panka.planner.component import Component, ComponentSpec, Context, Endpoint
from panka.planner.resource import PhysicalName, Ref, Resource


def security_group(component: Component[ComponentSpec], context: Context) -> Resource:
    """A group that lets nothing in; whoever may come in brings a rule of its own."""
    return component.resource(
        "security-group",
        "AWS::EC2::SecurityGroup",
        {"GroupDescription": f"{component.kind} {component.name}", "VpcId": context.network.vpc_id},
        name=PhysicalName("GroupName", 255),
    )


def ways(component: Component[ComponentSpec], context: Context, own: Ref) -> tuple[Resource, ...]:
    """A rule for each port of each component that this one references: its group `own` may connect there."""
    return tuple(
        _way(component, name, door, port, own)
        for name in context.granted
        if name != component.name and (door := context.uses[name].lowered.grants.connect)
        for port in door.ports
    )


def _way(component: Component[ComponentSpec], name: str, door: Endpoint, port: int, own: Ref) -> Resource:
    return component.resource(
        f"to-{name}-{port}",
        "AWS::EC2::SecurityGroupIngress",
        {
            "GroupId": door.security_group,
            "SourceSecurityGroupId": own,
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "Description": f"{component.name} to {name}",
        },
    )


def subnets(context: Context) -> list[str]:
    """Where workloads and databases stand: private subnets, or the public ones of a network that has no others."""
    return list(context.network.private_subnets or context.network.public_subnets)


def needs_public_address(context: Context) -> bool:
    """Whether workloads reach the internet only with an address of their own: their subnets have no NAT."""
    return set(subnets(context)) <= set(context.network.public_subnets)
