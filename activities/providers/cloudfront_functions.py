"""CloudFront: functions that run at the edge."""

import asyncio
from typing import Any

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.cloudfront_changes import latest, retag, tags_of
from panka.activities.providers.cloudfront_shapes import asked, told_of
from panka.activities.providers.ownership import claim, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, pruned, tag_list, tag_map
from panka.activities.providers.shapes import settable
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"NoSuchFunctionExists", "NoSuchResource"})
_TAKEN = frozenset({"FunctionAlreadyExists"})
_NAMES = ("AutoPublish", "FunctionCode", "FunctionConfig", "Name")


class FunctionProvider(Provider):
    """A function's name is unique in the account; its id is its ARN. What is changed serves once it is published.

    `AutoPublish` is told as true when what serves is the newest.
    """

    type = "AWS::CloudFront::Function"
    service = "cloudfront"

    async def read(self, id: str) -> Observed | None:
        newest = await self._stage(id, "DEVELOPMENT")
        if newest is None:
            return None
        serving = await self._stage(id, "LIVE")
        properties: Properties = {"Name": _name(id), **newest, "Tags": tag_list(await tags_of(self, id))}
        if serving == newest:
            properties["AutoPublish"] = True
        stage = "DEVELOPMENT" if serving is None else "LIVE"
        return Observed(properties, {"FunctionARN": id, "FunctionMetadata.FunctionARN": id, "Stage": stage})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["Name"]
        arn = self._arn(name)
        if await self._live(arn) is None:
            return None
        return claim(owner, arn, f"The function {name}", await tags_of(self, arn))

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, _NAMES)
        tags = {"Items": tag_list(tag_map(properties.get("Tags")) | owner.tags())}
        made = self.call("create_function", Name=properties["Name"], Tags=tags, **_body(properties))
        await unless_taken(made, _TAKEN, lambda: self.find(owner, properties))
        arn = self._arn(properties["Name"])
        if properties.get("AutoPublish"):
            await self._publish(arn)
        return arn

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        changed = any(pruned(new[part]) != pruned(old.get(part)) for part in ("FunctionCode", "FunctionConfig"))
        if changed:

            async def change(live: dict[str, Any]) -> None:
                await self.call("update_function", Name=_name(id), IfMatch=live["ETag"], **_body(new))

            await latest(lambda: self._live(id), change)
        if new.get("AutoPublish") and (changed or not old.get("AutoPublish")):
            await self._publish(id)
        await retag(self, id, old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a function holds nothing
        async def remove(live: dict[str, Any]) -> None:
            await self.maybe("delete_function", _GONE, Name=_name(id), IfMatch=live["ETag"])

        try:
            await latest(lambda: self._live(id), remove)
        except AwsError as error:
            if error.code == "FunctionInUse":
                raise TryLater("A distribution that used the function has not let go of it yet.", seconds=10) from error
            raise

    def _arn(self, name: str) -> str:
        return f"arn:{self.cloud.partition}:cloudfront::{self.cloud.account}:function/{name}"

    async def _publish(self, id: str) -> None:
        async def publish(live: dict[str, Any]) -> None:
            await self.call("publish_function", Name=_name(id), IfMatch=live["ETag"])

        await latest(lambda: self._live(id), publish)

    async def _live(self, id: str, stage: str = "DEVELOPMENT") -> dict[str, Any] | None:
        """A stage's `FunctionSummary` and `ETag`."""
        return await self.maybe("describe_function", _GONE, Name=_name(id), Stage=stage)

    async def _stage(self, id: str, stage: str) -> Properties | None:
        """What a stage runs."""
        live = await self._live(id, stage)
        code = await self.maybe("get_function", _GONE, Name=_name(id), Stage=stage)
        if live is None or code is None:
            return None
        text = await asyncio.to_thread(code["FunctionCode"].read)
        return {"FunctionConfig": told_of(live["FunctionSummary"]["FunctionConfig"]), "FunctionCode": text.decode()}


def _body(properties: Properties) -> dict[str, Any]:
    code: str = properties["FunctionCode"]
    return {"FunctionConfig": asked(properties["FunctionConfig"]), "FunctionCode": code.encode()}


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
