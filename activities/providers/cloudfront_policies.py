"""CloudFront: what distributions refer to by name and what takes no tags: origin access controls and policies."""

from typing import Any, ClassVar

from panka.activities.aws.errors import AwsError, NotOurs, TryLater
from panka.activities.providers.cloudfront_changes import latest, mark_in, mark_of, marked, unmarked
from panka.activities.providers.cloudfront_shapes import asked, told_of
from panka.activities.providers.ownership import unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, pruned
from panka.activities.providers.shapes import settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties


class _NamedProvider(Provider):
    """Something whose name is unique in the account. It takes no tags: its comment says whose it is."""

    service = "cloudfront"
    _noun: ClassVar[str]
    """As in the names of operations: `cache_policy`."""
    _nouns: ClassVar[str]
    _note: ClassVar[str] = "Comment"
    """The field that takes a comment."""

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        config = told_of(live["Config"])
        config[self._note] = unmarked(config.get(self._note))
        changed = live.get("LastModifiedTime")
        attributes = {"Id": id, "LastModifiedTime": changed.isoformat() if changed else None}
        return Observed({self._config: config}, told(attributes))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name = properties.get(self._config, {}).get("Name")
        for one in await self._all():
            if one["Name"] == name:
                if mark_in(one.get(self._note)) != mark_of(owner):
                    raise NotOurs(f"The {self._words} {name} exists and was not made for {owner.address}.")
                return str(one["Id"])
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, (self._config,))
        if found := await self.find(owner, properties):
            return found
        config = asked(properties[self._config])
        config[self._note] = marked(config.get(self._note, ""), mark_of(owner))
        made = self.call(f"create_{self._noun}", **{self._config: config})
        await unless_taken(made, frozenset({f"{self._what}AlreadyExists"}), lambda: self.find(owner, properties))
        found = await self.find(owner, properties)
        if found is None:
            raise TryLater(f"CloudFront does not list the {self._words} yet.", seconds=2)
        return found

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, (self._config,))
        if asked(pruned(new[self._config])) == asked(pruned(old[self._config])):
            return
        wanted = asked(new[self._config])

        async def change(live: dict[str, Any]) -> None:
            note = marked(wanted.get(self._note, ""), mark_in(live["Config"].get(self._note)))
            config = {self._config: {**wanted, self._note: note}}
            await self.call(f"update_{self._noun}", Id=id, IfMatch=live["ETag"], **config)

        await latest(lambda: self._live(id), change)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # it holds nothing
        async def change(live: dict[str, Any]) -> None:
            await self.maybe(f"delete_{self._noun}", self._gone, Id=id, IfMatch=live["ETag"])

        try:
            await latest(lambda: self._live(id), change)
        except AwsError as error:
            if error.code == f"{self._what}InUse":
                # The distribution that used it was changed or deleted a moment ago.
                raise TryLater(f"The {self._words} is still in use.", seconds=10) from error
            raise

    @property
    def _what(self) -> str:
        return self.type.rpartition("::")[2]

    @property
    def _config(self) -> str:
        return f"{self._what}Config"

    @property
    def _words(self) -> str:
        return self._noun.replace("_", " ")

    @property
    def _gone(self) -> frozenset[str]:
        return frozenset({f"NoSuch{self._what}"})

    async def _live(self, id: str) -> dict[str, Any] | None:
        """`Config`, `ETag` and when it changed."""
        answer = await self.maybe(f"get_{self._noun}", self._gone, Id=id)
        if answer is None:
            return None
        live = answer[self._what]
        return {"Config": live[self._config], "ETag": answer["ETag"], "LastModifiedTime": live.get("LastModifiedTime")}

    async def _all(self) -> list[dict[str, Any]]:
        """Every one that is not AWS's own: `Id`, `Name` and the comment. A hundred come with each call."""
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {}
        while True:
            answer = await self.call(f"list_{self._nouns}", **page, **self._custom())
            listed = answer[f"{self._what}List"]
            for summary in listed.get("Items", []):
                one = summary.get(self._what, summary)
                found.append({**one.get(self._config, one), "Id": one["Id"]})
            if not listed.get("NextMarker"):
                return found
            page = {"Marker": listed["NextMarker"]}

    def _custom(self) -> dict[str, str]:
        return {"Type": "custom"}


class OriginAccessControlProvider(_NamedProvider):
    """How a distribution proves to a bucket who it is."""

    type = "AWS::CloudFront::OriginAccessControl"
    _noun, _nouns, _note = "origin_access_control", "origin_access_controls", "Description"

    def _custom(self) -> dict[str, str]:
        return {}


class CachePolicyProvider(_NamedProvider):
    """What makes up a cache key, and how long answers are kept."""

    type = "AWS::CloudFront::CachePolicy"
    _noun, _nouns = "cache_policy", "cache_policies"


class OriginRequestPolicyProvider(_NamedProvider):
    """What an origin gets to see of a request."""

    type = "AWS::CloudFront::OriginRequestPolicy"
    _noun, _nouns = "origin_request_policy", "origin_request_policies"


class ResponseHeadersPolicyProvider(_NamedProvider):
    """What headers are added to answers and taken from them."""

    type = "AWS::CloudFront::ResponseHeadersPolicy"
    _noun, _nouns = "response_headers_policy", "response_headers_policies"
