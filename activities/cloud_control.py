"""The provider of every type that has none of its own: AWS's Cloud Control API, which CloudFormation's handlers serve.

Whose a resource is. What takes tags is ours when it carries the owner's, as everywhere. Of a type without tags nothing
but the client token of our own create proves that we made it: AWS answers the same token with the same request for 36
hours. So `find` finds no such resource, and a create that meets one which another request made is refused.
"""

import json
from typing import Any, TypeAlias

from panka.activities.aws.errors import AwsError, Cause, NotOurs, TryLater, handler_failed
from panka.activities.aws.session import Cloud
from panka.activities.providers.documents import written
from panka.activities.providers.json_patch import patch
from panka.activities.providers.ownership import claim
from panka.activities.providers.paths import MISSING, at, without
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    is_ours,
    tag_map,
)
from panka.activities.providers.shapes import every, settable
from panka.planner.diff import with_tags
from panka.planner.owner import Owner
from panka.planner.resource import Properties
from panka.planner.resource_types import TypeFacts

Event: TypeAlias = dict[str, Any]
"""A ProgressEvent: how one request stands."""

_GONE = frozenset({"ResourceNotFoundException"})
_NO_PARENT = frozenset({"InvalidRequestException", "ResourceNotFoundException"})
"""What a list of children ends with when their parent is gone or could not be named."""
_TAKEN = frozenset({"AlreadyExists", "AlreadyExistsException", "ClientTokenConflictException"})
_UNDER_WAY = frozenset({"PENDING", "IN_PROGRESS", "CANCEL_IN_PROGRESS"})
_MOST_REQUESTS = 12
"""How often AWS is asked anew for one create whose requests fail."""


class CloudControlProvider(Provider):
    """One type, as the registry knows it. Its id is AWS's identifier, the parts of a composed one joined by `|`.

    A request goes on by itself. The last one that this object made is kept, so that `ready` and `gone` tell how it
    ended; whoever comes later without it looks for the request in AWS's list.
    """

    service = "cloudcontrol"
    recalls = True

    def __init__(self, known: TypeFacts, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.type = known.type
        self._known = known
        self._request: str | None = None

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        properties = without(live, self._known.read_only | self._known.write_only)
        if self._known.tag_property in properties:
            properties[self._known.tag_property] = _not_of_aws(properties[self._known.tag_property])
        return Observed(properties, _attributes(self._known, live))

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        """By its identifier where the properties name it, else by the tags of all there are. Nothing without tags."""
        if self._known.tagging is None:
            return None
        id = self._named(properties)
        if id is None:
            return await self._listed(owner, properties)
        return await self._still(owner, id)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        """Waits only until AWS tells the identifier and it is sure to be that of what this request makes."""
        settable(self.type, properties, self._settable())
        wanted = written(with_tags(self.type, properties, owner.tags()))
        for count in range(_MOST_REQUESTS):
            # A token stands for its request even when that has failed, so the next request takes another one.
            made = await self._requested(owner, properties, wanted, f"{token}-{count}" if count else token, count)
            if made is not None:
                return made
        last = _failure(await self._status(str(self._request)))
        message = f"AWS has failed {_MOST_REQUESTS} times, at last with: {last.message}"
        raise AwsError(Cause.FINAL, last.code, message, last.operation, last.request_id)

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._settable())
        # What cannot change is asked to only when something that is told differs: AWS then says why not.
        wanted = without(new, self._known.write_only) if self._known.fixed else new
        changes = patch(self._known, old, wanted)
        if changes:
            await self._ask("update_resource", Identifier=id, PatchDocument=json.dumps(changes))

    async def delete(self, id: str, how: Ending) -> None:
        if how.snapshot:
            message = f"Cloud Control takes no final snapshot of {self.type}; take one, and delete without it."
            raise AwsError(Cause.FINAL, "NoSnapshot", message, f"cloudcontrol:DELETE {self.type}", sent=False)
        self._request = None
        try:
            await self._ask("delete_resource", Identifier=id)
        except AwsError as error:
            if error.code not in _GONE:
                raise

    async def ready(self, id: str) -> Readiness:
        event = await self._last(id)
        if event is not None and event["OperationStatus"] in _UNDER_WAY:
            return _at_work(event)
        if event is not None and event["OperationStatus"] != "SUCCESS":
            error = _failure(event)
            if event["Operation"] == "UPDATE" and error.cause is not Cause.FINAL:
                raise error
            return _final(error)
        return Ready() if await self._live(id) is not None else Waiting("AWS does not show it yet")

    async def gone(self, id: str) -> Readiness:
        if self._request is None:
            return await super().gone(id)
        event = await self._status(self._request)
        if event["OperationStatus"] in _UNDER_WAY:
            return _at_work(event)
        if event["OperationStatus"] == "SUCCESS" or event.get("ErrorCode") == "NotFound":
            return Ready()
        error = _failure(event)
        if error.cause is Cause.FINAL:
            return _final(error)
        raise error

    async def _requested(self, owner: Owner, properties: Properties, wanted: str, token: str, count: int) -> str | None:
        """The id of what the request with this token makes; None when it is an old one that has come to nothing."""
        try:
            first = await self._ask("create_resource", ClientToken=token, DesiredState=wanted)
        except AwsError as error:
            return await self._taker(owner, properties, error)
        event = await self._until_told(owner, properties, first)
        old = first["OperationStatus"] not in _UNDER_WAY
        if _is_well(event):
            id = str(event["Identifier"])
            return await self._still(owner, id) if old else id
        if old:
            return None
        failure = _failure(event)
        if failure.cause is Cause.FINAL:
            return await self._taker(owner, properties, failure)
        raise TryLater(str(failure), seconds=min(300.0, 5.0 * 2**count)) from failure

    async def _still(self, owner: Owner, id: str) -> str | None:
        """The id of what an earlier attempt made, if it is there; None when it is gone. Raises NotOurs."""
        live = await self._live(id)
        if live is None or self._known.tagging is None:
            return id if live is not None else None
        return claim(owner, id, f"{self.type} {id}", self._tags(live))

    async def _until_told(self, owner: Owner, properties: Properties, event: Event) -> Event:
        pause = 0.2
        while event["OperationStatus"] in _UNDER_WAY and not await self._is_sure(owner, properties, event):
            await self.cloud.pause(pause, _at_work(event).reason)
            pause = min(pause * 1.5, 5.0)
            event = await self._status(event["RequestToken"])
        return event

    async def _is_sure(self, owner: Owner, properties: Properties, event: Event) -> bool:
        """Whether the identifier that a request under way tells is that of what it makes.

        AWS tells a name that was asked for before it knows whether it is free.
        """
        if "Identifier" not in event:
            return False
        if self._named(properties) is None:
            return True
        live = await self._live(event["Identifier"]) if self._known.tagging else None
        return live is not None and is_ours(owner, self._tags(live))

    async def _taker(self, owner: Owner, properties: Properties, error: AwsError) -> str:
        """The id of what stands in a create's way, when its tags say that it is ours. Raises the error otherwise."""
        found = await self.find(owner, properties) if error.code in _TAKEN else None
        if found is not None:
            return found
        if not error.code.startswith("AlreadyExists"):
            raise error
        why = "does not carry its tags" if self._known.tagging else "can carry no tags; import it if it is the stack's"
        raise NotOurs(f"What stands in the way of {owner.address} in {owner.scope} {why}: {error.message}") from error

    async def _listed(self, owner: Owner, properties: Properties) -> str | None:
        if "list" not in self._known.handlers:
            return None
        parent = {name: properties[name] for name in self._known.list_needs if name in properties}
        asked = {"ResourceModel": written(parent)} if parent else {}
        try:
            found = await every(
                self, "list_resources", "ResourceDescriptions", "NextToken", "NextToken", TypeName=self.type, **asked
            )
        except AwsError as error:
            if error.code in _NO_PARENT and self._known.list_needs:
                return None
            raise
        for one in found:
            live = json.loads(one.get("Properties", "{}"))
            if self._known.tag_property not in live:
                live = await self._live(one["Identifier"]) or {}
            if is_ours(owner, self._tags(live)):
                return str(one["Identifier"])
        return None

    async def _live(self, id: str) -> Properties | None:
        answer = await self.maybe("get_resource", _GONE, TypeName=self.type, Identifier=id)
        if answer is None:
            return None
        live: Properties = json.loads(answer["ResourceDescription"]["Properties"])
        return live

    async def _last(self, id: str) -> Event | None:
        """The last request for a resource: this object's own, else one that is under way or has made it."""
        if self._request is not None:
            return await self._status(self._request)
        told = await every(
            self,
            "list_resource_requests",
            "ResourceRequestStatusSummaries",
            "NextToken",
            "NextToken",
            MaxResults=100,
            ResourceRequestStatusFilter={"Operations": ["CREATE", "UPDATE"]},
        )
        of_it: list[Event] = [one for one in told if (one["TypeName"], one.get("Identifier")) == (self.type, id)]
        last = max(of_it, key=lambda one: one["EventTime"], default=None)
        if last is None or (last["OperationStatus"] not in _UNDER_WAY and not self._says_how_it_is(last)):
            return None
        self._request = last["RequestToken"]
        return last

    def _says_how_it_is(self, event: Event) -> bool:
        """Whether the end of a request says something of a resource that is there: it is that of its create."""
        from_aws = not self._known.read_only.isdisjoint(self._known.primary_identifier)
        return event["Operation"] == "CREATE" and (from_aws or event.get("ErrorCode") == "NotStabilized")

    async def _ask(self, operation: str, **arguments: Any) -> Event:
        try:
            answer = await self.call(operation, TypeName=self.type, **arguments)
        except AwsError as error:
            if error.code == "ConcurrentOperationException":
                raise TryLater(f"AWS is still busy with another change of this {self.type}.", seconds=5) from error
            raise
        event: Event = answer["ProgressEvent"]
        self._request = event["RequestToken"]
        return event

    async def _status(self, request: str) -> Event:
        event: Event = (await self.call("get_resource_request_status", RequestToken=request))["ProgressEvent"]
        return event

    def _named(self, properties: Properties) -> str | None:
        """The identifier, where the properties give all of it."""
        parts = [at(properties, path) for path in self._known.primary_identifier]
        return None if MISSING in parts else "|".join(str(part) for part in parts)

    def _tags(self, live: Properties) -> dict[str, str]:
        tags = live.get(self._known.tag_property or "") or {}
        return tag_map(tags) if isinstance(tags, list) else dict(tags)

    def _settable(self) -> frozenset[str]:
        return self._known.properties - self._known.read_only


def _attributes(known: TypeFacts, live: Properties) -> Properties:
    """What AWS alone says of a resource, and what identifies it."""
    found = {path: at(live, path) for path in sorted(known.read_only.union(known.primary_identifier))}
    whole = [(path, value) for path, value in found.items() if isinstance(value, dict)]
    nested = {f"{path}.{name}": item for path, value in whole for name, item in value.items()}
    return {path: value for path, value in {**nested, **found}.items() if value is not MISSING}


def _not_of_aws(tags: Any) -> Any:
    """Tags in the type's own form, sorted, without those that AWS adds."""
    if isinstance(tags, dict):
        return {key: tags[key] for key in sorted(tags) if not key.startswith("aws:")}
    return sorted((tag for tag in tags if not tag["Key"].startswith("aws:")), key=lambda tag: str(tag["Key"]))


def _is_well(event: Event) -> bool:
    return event["OperationStatus"] in _UNDER_WAY or event["OperationStatus"] == "SUCCESS"


def _at_work(event: Event) -> Waiting:
    said = event.get("StatusMessage")
    return Waiting(f"AWS is at work ({event['Operation'].lower()}){f': {said}' if said else ''}")


def _final(error: AwsError) -> Failed:
    return Failed(f"{error} (request {error.request_id})")


def _failure(event: Event) -> AwsError:
    said = event.get("StatusMessage") or "AWS says no more."
    code = event.get("ErrorCode", "Cancelled")
    return handler_failed(f"{event['Operation']} {event['TypeName']}", code, said, event["RequestToken"])
