"""A DNS name in the network for a service's tasks, by Cloud Map."""

import re
from typing import Annotated

from panka.planner.component import Component, ComponentSpec, Context, Spec
from panka.planner.naming import named
from panka.planner.owner import Scope
from panka.planner.resource import STACK, Address, Properties, Resource
from panka.planner.rules import broken


class ServiceDiscovery(Spec):
    """A DNS name in the network, at which all tasks answer."""

    enabled: bool = True
    """Whether there is one."""
    namespace: Annotated[str | None, named("AWS::ServiceDiscovery::PrivateDnsNamespace")] = None
    """The private domain, which all components of the stack that name it share; by default
    `<environment>.<stack>.internal`."""
    name: Annotated[str | None, named("AWS::ServiceDiscovery::Service")] = None
    """The host name in it; by default the component's."""

    def domain(self, scope: Scope) -> str:
        return self.namespace or f"{scope.environment}.{scope.stack}.internal"


def check_network(found: ServiceDiscovery | None, *, own_interface: bool) -> None:
    """Raises PK321 for tasks that share their host's address, at which a name cannot find them."""
    if found is not None and found.enabled and not own_interface:
        raise broken("PK321", "`serviceDiscovery` needs `networkMode: awsvpc`", "serviceDiscovery")


def host(component: Component[ComponentSpec], found: ServiceDiscovery, scope: Scope) -> str:
    """The DNS name."""
    return f"{found.name or component.name}.{found.domain(scope)}"


def names(
    component: Component[ComponentSpec], context: Context, found: ServiceDiscovery | None
) -> tuple[Resource, ...]:
    """The namespace, the same for every component that names it, and the component's name in it."""
    if found is None:
        return ()
    domain = found.domain(context.scope)
    namespace = Resource(
        address=Address.of(STACK, f"namespace-{re.sub('[^a-z0-9]+', '-', domain)}"),
        type="AWS::ServiceDiscovery::PrivateDnsNamespace",
        properties={"Name": domain, "Vpc": context.network.vpc_id},
        kind="Stack",
    )
    name = component.resource(
        "name",
        "AWS::ServiceDiscovery::Service",
        {
            "Name": found.name or component.name,
            "NamespaceId": namespace.ref("Id"),
            "DnsConfig": {"DnsRecords": [{"Type": "A", "TTL": 10}], "RoutingPolicy": "MULTIVALUE"},
            "HealthCheckCustomConfig": {"FailureThreshold": 1},
        },
    )
    return namespace, name


def registered(made: tuple[Resource, ...]) -> Properties:
    """How a service enters its tasks under the name that `names` made."""
    return {"ServiceRegistries": [{"RegistryArn": made[-1].ref("Arn")}]} if made else {}
