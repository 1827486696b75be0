"""A tenant's network as a stack: what the TenantConfig says of it, as AWS resources."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from panka.planner.blocks import Blocks
from panka.planner.compile import Compiled
from panka.planner.component import Network
from panka.planner.owner import Scope
from panka.planner.placing import lowered_rules
from panka.planner.resource import Address, PhysicalName, Properties, Ref, Resource

if TYPE_CHECKING:
    from panka.planner.tenancy import DefaultSecurityGroup, Subnet, Tenant, TenantNetworking

STACK_NAME = "network"
"""The stack that a tenant's network is."""
ENVIRONMENT = "shared"
"""Its environment: all of the tenant's have the same network."""
NETWORK_KIND = "TenantConfig"
"""What its resources say that they come from."""
ANYWHERE = "0.0.0.0/0"


def network_scope(tenant: str) -> Scope:
    """Where the network of a tenant is on record."""
    return Scope(tenant=tenant, stack=STACK_NAME, environment=ENVIRONMENT)


def is_network(scope: Scope) -> bool:
    """Whether this is a tenant's network, and no stack of its users."""
    return (scope.stack, scope.environment) == (STACK_NAME, ENVIRONMENT)


def inherited(said: "TenantNetworking", outputs: Mapping[str, object]) -> Network | None:
    """What the tenant's stacks stand in, with the outputs of its network's last run; None: it was not made yet."""
    if said.vpc_id is not None:
        groups = (said.security_group_id,) if said.security_group_id else ()
        return Network(said.vpc_id, said.subnet_ids.public, said.subnet_ids.private, groups)
    if "vpcId" not in outputs:
        return None
    public, private = (_ids(outputs.get(name)) for name in ("publicSubnetIds", "privateSubnetIds"))
    return Network(str(outputs["vpcId"]), public, private, (str(outputs["securityGroupId"]),))


def _ids(said: object) -> tuple[str, ...]:
    return tuple(str(one) for one in said) if isinstance(said, list | tuple) else ()


def compile_network(tenant: "Tenant") -> Compiled:
    """The network that Panka makes for a tenant; no resources when the tenant names one that exists, or none."""
    said = tenant.spec.networking
    resources: tuple[Resource, ...] = ()
    outputs: Properties = {}
    if said is not None and said.vpc is not None:
        resources = tuple(_resources(tenant.name, said))
        outputs = _outputs(said)
    tagged = {one.address: _tagged(one, tenant) for one in resources}
    return Compiled(
        resources=tagged,
        outputs=outputs,
        notes=(),
        assets={},
        exports={},
        consumes=(),
        blocks=Blocks(),
        diagnostics=(),
        components={},
    )


def _tagged(one: Resource, tenant: "Tenant") -> Resource:
    tags = {"Name": f"{tenant.name}-{one.address.part}", **tenant.spec.default_tags}
    return Resource(
        one.address, one.type, one.properties, one.kind, name=one.name, depends_on=one.depends_on, tags=tags
    )


def _outputs(said: "TenantNetworking") -> Properties:
    """What the tenant's other stacks need to know."""
    return {
        "vpcId": _ref("vpc", "VpcId"),
        "publicSubnetIds": [_ref(_part("public", one), "SubnetId") for one in said.subnets.public],
        "privateSubnetIds": [_ref(_part("private", one), "SubnetId") for one in said.subnets.private],
        "securityGroupId": _ref("security-group", "GroupId"),
    }


def _made(part: str, type: str, properties: Properties, **more: object) -> Resource:
    name = more.get("name")
    waits = more.get("depends_on")
    return Resource(
        Address.of(STACK_NAME, part),
        f"AWS::EC2::{type}",
        properties,
        kind=NETWORK_KIND,
        name=name if isinstance(name, PhysicalName) else None,
        depends_on=waits if isinstance(waits, tuple) else (),
    )


def _ref(part: str, attribute: str) -> Ref:
    return Ref(Address.of(STACK_NAME, part), attribute)


def _part(side: str, subnet: "Subnet") -> str:
    """`public-10-0-1-0-24`: a subnet never changes its addresses."""
    return f"{side}-{subnet.cidr_block.replace('.', '-').replace('/', '-').replace(':', '-')}"


def _resources(tenant: str, said: "TenantNetworking") -> Iterable[Resource]:
    yield from _vpc(said)
    for side in ("public", "private"):
        for one in getattr(said.subnets, side):
            yield _subnet(side, one)
    yield from _gateway(said)
    yield from _public_routes(said)
    yield from _nat_gateways(said)
    yield from _private_routes(said)
    yield from _security_group(tenant, said.default_security_group)


def _vpc(said: "TenantNetworking") -> Iterable[Resource]:
    if said.vpc is not None:
        properties = {
            "CidrBlock": said.vpc.cidr_block,
            "EnableDnsHostnames": said.vpc.enable_dns_hostnames,
            "EnableDnsSupport": said.vpc.enable_dns_support,
        }
        yield _made("vpc", "VPC", properties)


def _subnet(side: str, one: "Subnet") -> Resource:
    properties = {
        "VpcId": _ref("vpc", "VpcId"),
        "CidrBlock": one.cidr_block,
        "AvailabilityZone": one.availability_zone,
        "MapPublicIpOnLaunch": side == "public",
    }
    return _made(_part(side, one), "Subnet", properties)


def _gateway(said: "TenantNetworking") -> Iterable[Resource]:
    if said.reaches_the_internet:
        yield _made("internet-gateway", "InternetGateway", {})
        gateway = _ref("internet-gateway", "InternetGatewayId")
        attached = {"VpcId": _ref("vpc", "VpcId"), "InternetGatewayId": gateway}
        yield _made("internet-gateway-attachment", "VPCGatewayAttachment", attached)


ATTACHED = (Address.of(STACK_NAME, "internet-gateway-attachment"),)


def _table(part: str) -> Resource:
    return _made(part, "RouteTable", {"VpcId": _ref("vpc", "VpcId")})


def _association(side: str, one: "Subnet", table: str) -> Resource:
    subnet = _part(side, one)
    properties = {"SubnetId": _ref(subnet, "SubnetId"), "RouteTableId": _ref(table, "RouteTableId")}
    return _made(f"{subnet}-association", "SubnetRouteTableAssociation", properties)


def _route(table: str, target: Properties, waits: tuple[Address, ...] = ()) -> Resource:
    properties = {"RouteTableId": _ref(table, "RouteTableId"), "DestinationCidrBlock": ANYWHERE, **target}
    return _made(f"{table}-internet", "Route", properties, depends_on=waits)


def _public_routes(said: "TenantNetworking") -> Iterable[Resource]:
    if not said.subnets.public:
        return
    yield _table("public-routes")
    if said.reaches_the_internet:
        # AWS takes the route only when the gateway is attached.
        yield _route("public-routes", {"GatewayId": _ref("internet-gateway", "InternetGatewayId")}, ATTACHED)
    for one in said.subnets.public:
        yield _association("public", one, "public-routes")


def _nat_gateways(said: "TenantNetworking") -> Iterable[Resource]:
    for suffix, subnet in _nats(said).items():
        # An address for the internet needs a way there first.
        yield _made(f"nat{suffix}-address", "EIP", {"Domain": "vpc"}, depends_on=ATTACHED)
        properties = {
            "AllocationId": _ref(f"nat{suffix}-address", "AllocationId"),
            "SubnetId": _ref(_part("public", subnet), "SubnetId"),
        }
        yield _made(f"nat{suffix}", "NatGateway", properties, depends_on=ATTACHED)


def _nats(said: "TenantNetworking") -> "dict[str, Subnet]":
    """Where NAT gateways stand, by what their parts end with: the zone, or nothing for the only one."""
    if not said.nat_gateway.enabled:
        return {}
    if said.nat_gateway.type == "single":
        return {"": said.subnets.public[0]}
    first: dict[str, Subnet] = {}
    zones = {one.availability_zone for one in said.subnets.private}
    for one in said.subnets.public:
        if one.availability_zone in zones:
            first.setdefault(f"-{one.availability_zone}", one)
    return first


def _private_routes(said: "TenantNetworking") -> Iterable[Resource]:
    """One table for all private subnets, or one for each zone that has a NAT gateway of its own."""
    nats = _nats(said)
    per_zone = said.nat_gateway.enabled and said.nat_gateway.type == "per-az"
    tables: set[str] = set()
    for one in said.subnets.private:
        suffix = f"-{one.availability_zone}" if per_zone else ""
        table = f"private-routes{suffix}"
        if table not in tables:
            tables.add(table)
            yield _table(table)
            if suffix in nats:
                yield _route(table, {"NatGatewayId": _ref(f"nat{suffix}", "NatGatewayId")})
        yield _association("private", one, table)


def _security_group(tenant: str, said: "DefaultSecurityGroup") -> Iterable[Resource]:
    properties: Properties = {"GroupDescription": f"Tenant {tenant}", "VpcId": _ref("vpc", "VpcId")}
    for key, peer, rules in (
        ("SecurityGroupIngress", "SourceSecurityGroupId", said.ingress),
        ("SecurityGroupEgress", "DestinationSecurityGroupId", said.egress),
    ):
        if rules:
            properties[key] = [one for rule in rules for one in lowered_rules(rule, peer)]
    yield _made("security-group", "SecurityGroup", properties, name=PhysicalName("GroupName", 255))
    if said.allow_internal_traffic:
        group = _ref("security-group", "GroupId")
        inside: Properties = {"GroupId": group, "IpProtocol": "-1", "Description": "Inside the tenant"}
        yield _made("internal-traffic", "SecurityGroupIngress", {**inside, "SourceSecurityGroupId": group})
        if said.egress:
            yield _made("internal-egress", "SecurityGroupEgress", {**inside, "DestinationSecurityGroupId": group})
