"""ECS: task definitions. Every registration is a new revision of its family, so nothing but tags ever changes."""

from typing import Any

from panka.activities.aws.errors import NotOurs
from panka.activities.providers.ecs_shapes import ecs_tags, from_ecs, to_ecs, with_tags
from panka.activities.providers.ownership import of_our_stack, retagged
from panka.activities.providers.provider import Ending, Observed, Provider, is_ours, tag_map
from panka.activities.providers.shapes import settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ClientException"})
"""All that ECS says of a task definition that it does not have."""
_NAMES = (
    "ContainerDefinitions",
    "Cpu",
    "EnableFaultInjection",
    "EphemeralStorage",
    "ExecutionRoleArn",
    "Family",
    "InferenceAccelerators",
    "IpcMode",
    "Memory",
    "NetworkMode",
    "PidMode",
    "PlacementConstraints",
    "ProxyConfiguration",
    "RequiresCompatibilities",
    "RuntimePlatform",
    "TaskRoleArn",
    "Volumes",
)
_RECENT = 10
"""Revisions of a family among which an earlier registration is looked for."""


class TaskDefinitionProvider(Provider):
    """Registering twice would make two revisions; an earlier registration is found by the tags of its revision."""

    type = "AWS::ECS::TaskDefinition"
    service = "ecs"

    async def read(self, id: str) -> Observed | None:
        answer = await self._live(id)
        if answer is None:
            return None
        live = from_ecs(answer["taskDefinition"])
        properties = {name: live.get(name) for name in _NAMES}
        properties["ContainerDefinitions"] = [_container(one) for one in live.get("ContainerDefinitions", [])]
        return Observed(with_tags(properties, answer.get("tags")), {"TaskDefinitionArn": live["TaskDefinitionArn"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        family: str = properties["Family"]
        latest = await self.call(
            "list_task_definitions", familyPrefix=family, status="ACTIVE", sort="DESC", maxResults=_RECENT
        )
        # The prefix is a whole name to AWS, and a prefix to some emulators.
        arns = [arn for arn in latest["taskDefinitionArns"] if arn.rpartition("/")[2].rpartition(":")[0] == family]
        for arn in arns:
            answer = await self._live(arn)
            tags = tag_map((answer or {}).get("tags"))
            if answer and is_ours(owner, tags):
                return str(answer["taskDefinition"]["taskDefinitionArn"])
            if answer and not of_our_stack(owner, tags):
                raise NotOurs(f"The task definition family {family} has a revision of somebody else's: {arn}.")
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the call takes none
        settable(self.type, properties, _NAMES)
        if found := await self.find(owner, properties):
            return found
        asked = to_ecs({name: properties[name] for name in _NAMES if name in properties})
        sized = {name: str(asked[name]) for name in ("cpu", "memory") if name in asked}
        asked = {"containerDefinitions": [], **asked, **sized}
        made = await self.call("register_task_definition", tags=ecs_tags(properties), **asked)
        return str(made["taskDefinition"]["taskDefinitionArn"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        put, removed = retagged(old, new)
        if put:
            tags = [{"key": key, "value": value} for key, value in put.items()]
            await self.call("tag_resource", resourceArn=id, tags=tags)
        if removed:
            await self.call("untag_resource", resourceArn=id, tagKeys=removed)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a definition holds nothing
        if await self._live(id) is not None:
            await self.maybe("deregister_task_definition", _GONE, taskDefinition=id)

    async def _live(self, arn: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_task_definition", _GONE, taskDefinition=arn, include=["TAGS"])
        if answer is None or answer["taskDefinition"].get("status", "ACTIVE") != "ACTIVE":
            return None
        return answer


def _container(live: dict[str, Any]) -> Properties:
    """A container as it was asked for: without the empty lists that ECS fills in, and in an order of its own."""
    shaped = {name: value for name, value in told(live).items() if not (name == "Cpu" and value == 0)}
    for name in ("Environment", "Secrets"):
        if name in shaped:
            # ECS gives them back in any order.
            shaped[name] = sorted(shaped[name], key=lambda one: str(one["Name"]))
    return shaped
