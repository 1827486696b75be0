"""CloudFront: distributions. What they refer to is in cloudfront_policies and cloudfront_functions."""

from typing import Any

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.cloudfront_changes import (
    latest,
    mark_in,
    mark_of,
    marked,
    retag,
    tags_of,
    unmarked,
)
from panka.activities.providers.cloudfront_functions import FunctionProvider
from panka.activities.providers.cloudfront_policies import (
    CachePolicyProvider,
    OriginAccessControlProvider,
    OriginRequestPolicyProvider,
    ResponseHeadersPolicyProvider,
)
from panka.activities.providers.cloudfront_shapes import SETTABLE, configuration, observed, sendable
from panka.activities.providers.ownership import claim
from panka.activities.providers.provider import (
    Ending,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    is_ours,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import covers, settable
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"NoSuchDistribution"})
_TAKEN = "DistributionAlreadyExists"


class DistributionProvider(Provider):
    """CloudFront gives a distribution its id and makes one per caller reference, which is the token.

    Its tags say whose it is. No call lists distributions by tags, so its comment bears a mark: finding one takes a call
    per hundred distributions of the account (it may have 500 before it asks for more) and one for the tags.
    """

    type = "AWS::CloudFront::Distribution"
    service = "cloudfront"

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        config = observed(live["DistributionConfig"])
        config["Comment"] = unmarked(config.get("Comment"))
        properties = {"DistributionConfig": config, "Tags": tag_list(await tags_of(self, self._arn(id)))}
        return Observed(properties, {"Id": id, "DomainName": live["DomainName"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:  # noqa: ARG002  # a distribution has no name
        page: dict[str, Any] = {}
        while True:
            listed = (await self.call("list_distributions", **page))["DistributionList"]
            for one in listed.get("Items", []):
                if mark_in(one["Comment"]) == mark_of(owner) and is_ours(
                    owner, await tags_of(self, self._arn(one["Id"]))
                ):
                    return str(one["Id"])
            if not listed.get("NextMarker"):
                return None
            page = {"Marker": listed["NextMarker"]}

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        _check(self.type, properties)
        config = configuration(properties["DistributionConfig"])
        config |= {"CallerReference": token, "Comment": marked(config["Comment"], mark_of(owner))}
        tags = {"Items": tag_list(tag_map(properties.get("Tags")) | owner.tags())}
        asked = {"DistributionConfig": sendable(config), "Tags": tags}
        try:
            made = await self.call("create_distribution_with_tags", DistributionConfigWithTags=asked)
        except AwsError as error:
            if error.code != _TAKEN:
                raise
            return await self._made_before(owner, properties, error)
        return str(made["Distribution"]["Id"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        _check(self.type, new)
        wanted = configuration(new["DistributionConfig"])
        if not covers(configuration(old["DistributionConfig"]), wanted):
            await self._change(id, wanted)
        await retag(self, self._arn(id), old, new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a distribution holds nothing
        live = await self._live(id)
        if live is not None and live["DistributionConfig"]["Enabled"]:
            await self._change(id, {"Enabled": False})
            live = await self._live(id)
        if live is None:
            return
        if live["Status"] != "Deployed":
            raise TryLater("CloudFront is still taking the distribution off its edges.", seconds=20)

        async def remove(live: dict[str, Any]) -> None:
            await self.maybe("delete_distribution", _GONE, Id=id, IfMatch=live["ETag"])

        await latest(lambda: self._live(id), remove)

    async def ready(self, id: str) -> Readiness:
        live = await self._live(id)
        if live is None:
            return Waiting("CloudFront does not show the distribution yet")
        return Ready() if live["Status"] == "Deployed" else Waiting("CloudFront is deploying it to its edges")

    async def _live(self, id: str) -> dict[str, Any] | None:
        """The distribution and its `ETag`."""
        answer = await self.maybe("get_distribution", _GONE, Id=id)
        return None if answer is None else {**answer["Distribution"], "ETag": answer["ETag"]}

    async def _change(self, id: str, wanted: dict[str, Any]) -> None:
        """Lays what is wanted over the configuration that is in force, whose mark and caller reference stay."""

        async def change(live: dict[str, Any]) -> None:
            there = live["DistributionConfig"]
            config = {name: value for name, value in there.items() if name not in wanted} | sendable(wanted)
            config["Comment"] = marked(unmarked(config["Comment"]), mark_in(there["Comment"]))
            await self.call("update_distribution", Id=id, IfMatch=live["ETag"], DistributionConfig=config)

        await latest(lambda: self._live(id), change)

    async def _made_before(self, owner: Owner, properties: Properties, error: AwsError) -> str:
        """The distribution of an earlier create with this token. CloudFront tells its id at the end of its message."""
        told = error.message.rstrip(".").rpartition(" ")[2]
        id = told if await self._live(told) is not None else await self.find(owner, properties)
        if id is None:
            raise TryLater("CloudFront does not show yet what an earlier attempt made.", seconds=5) from error
        return claim(owner, id, f"The distribution {id}", await tags_of(self, self._arn(id)))

    def _arn(self, id: str) -> str:
        return f"arn:{self.cloud.partition}:cloudfront::{self.cloud.account}:distribution/{id}"


def _check(type: str, properties: Properties) -> None:
    settable(type, properties, ("DistributionConfig",))
    settable(f"{type}'s DistributionConfig", properties["DistributionConfig"], SETTABLE)


PROVIDERS = (
    DistributionProvider,
    FunctionProvider,
    OriginAccessControlProvider,
    CachePolicyProvider,
    OriginRequestPolicyProvider,
    ResponseHeadersPolicyProvider,
)
