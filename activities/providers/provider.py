"""What every provider promises. One suite in tests/activities/conformance holds them all to it."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias, TypeVar

from panka.activities.aws.session import Cloud
from panka.planner.owner import Owner
from panka.planner.resource import Properties

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Observed:
    """A resource as AWS describes it now, in CloudFormation's names and shapes."""

    properties: Properties
    """What can be set, as it is set. A provider reports what it can set and leaves out what AWS does not tell."""
    attributes: Properties = field(default_factory=dict)
    """Read-only values that others may refer to (`Arn`, `QueueUrl`), nested ones with dots (`Endpoint.Address`)."""


@dataclass(frozen=True, slots=True)
class Ready:
    """It can be used, or, after a delete, it is gone."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """AWS is still at work: ask again."""

    reason: str
    """What it waits for, as people say it: `2 of 3 tasks running`."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It will not become ready."""

    reason: str


Readiness: TypeAlias = Ready | Waiting | Failed


@dataclass(frozen=True, slots=True)
class Ending:
    """How a resource is to be deleted."""

    snapshot: str | None = None
    """The name of the final snapshot; None: take none."""
    force: bool = False
    """Delete what it holds with it."""


class Provider(ABC):
    """Makes one type of AWS resource so. Depends on nothing that it keeps; every method is safe to run again.

    `properties` arrive with every reference and secret resolved, and with the ownership tags in `Tags`. `read`,
    `update`, `delete` and `ready` take the id that `create` returned. Every method raises `AwsError` as it stands.
    """

    type: str
    """The CloudFormation type: `AWS::SQS::Queue`."""
    service: ClassVar[str]
    """boto3's name of the service: `sqs`."""
    recalls: ClassVar[bool] = False
    """Whether `old` of an update must also hold what AWS never tells, where that is wanted as it was recorded."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.untouched: set[str] = set()
        """What `create` has made new: it is as AWS makes all that is asked for in the same words."""

    @abstractmethod
    async def read(self, id: str) -> Observed | None:
        """The live resource; None when it is not there."""

    async def read_new(self, id: str, properties: Properties) -> Observed | None:  # noqa: ARG002  # few types ask less
        """The same of what `create` has just made with these properties.

        It need not ask for what such a resource cannot have, nor for tags, which came with the create.
        """
        return await self.read(id)

    @abstractmethod
    async def find(self, owner: Owner, properties: Properties) -> str | None:
        """The id of what an earlier create of this owner made, by name, token or tags; never somebody else's.

        Raises:
            NotOurs: the name is taken by a resource without this owner's tags.
        """

    @abstractmethod
    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        """Makes it and returns its id without waiting until it is ready. Twice with one token makes one.

        Raises:
            NotOurs: the name is taken by a resource without this owner's tags.
        """

    @abstractmethod
    async def update(self, id: str, old: Properties, new: Properties) -> None:
        """Brings a live resource from `old` (as `read` told) to `new`; calls nothing for what is equal."""

    @abstractmethod
    async def delete(self, id: str, how: Ending) -> None:
        """Deletes it; no error when it is gone already."""

    async def ready(self, id: str) -> Readiness:  # noqa: ARG002  # most types are ready when they are made
        """Whether it can be used now. Polled; never blocks for longer than its calls."""
        return Ready()

    async def gone(self, id: str) -> Readiness:
        """Whether a delete has ended."""
        return Ready() if await self.read(id) is None else Waiting("AWS still shows it")

    async def call(self, operation: str, /, **arguments: Any) -> dict[str, Any]:
        """One call of this service (`create_queue`), through the shared client, with its errors classified."""
        return await self.cloud.call(self.service, operation, **arguments)

    async def told_alike(
        self, id: str, properties: Properties, own: Collection[str], ask: Callable[[], Awaitable[T | None]]
    ) -> T | None:
        """What `ask` tells of what `create` has just made with these properties.

        Of all that are new and made alike within a moment, but for the properties in `own`, one is asked about: what it
        tells must depend on none of those.
        """
        if id not in self.untouched:
            return await ask()
        alike = {name: properties[name] for name in properties if name not in own}
        digest = hashlib.sha256(json.dumps(alike, sort_keys=True).encode()).hexdigest()  # they may hold secrets
        return await self.cloud.clients.alike.ask((self.type, digest), ask)

    async def maybe(self, operation: str, missing: frozenset[str], /, **arguments: Any) -> dict[str, Any] | None:
        """The same for a call that asks for something: None when AWS answers with one of the codes in `missing`."""
        return await self.cloud.maybe(self.service, operation, missing, **arguments)


def tag_map(tags: list[dict[str, str]] | Mapping[str, str] | None) -> dict[str, str]:
    """`[{Key, Value}]` as a mapping, in either spelling of the keys; types whose tags are a mapping have it already."""
    if isinstance(tags, Mapping):
        return dict(tags)
    return {tag.get("Key", tag.get("key", "")): tag.get("Value", tag.get("value", "")) for tag in tags or []}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """A mapping as `[{Key, Value}]`, sorted, as properties hold them; AWS's own `aws:` tags left out."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags) if not key.startswith("aws:")]


def changed(old: Properties, new: Properties, *names: str) -> dict[str, Any]:
    """Those of the named properties that `new` has and `old` has otherwise."""
    return {name: new[name] for name in names if name in new and new[name] != old.get(name)}


def is_ours(owner: Owner, tags: Mapping[str, str]) -> bool:
    """Whether the tags say that a resource belongs to exactly this owner."""
    return owner.tags().items() <= tags.items()


def pruned(value: Any) -> Any:
    """The value without what says nothing: None, False, and empty texts, lists and mappings, however deep.

    AWS leaves out some of what was set to its default and reports defaults that nobody set: compare these forms.
    """
    if isinstance(value, dict):
        kept = {key: pruned(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if not _says_nothing(item)}
    if isinstance(value, list):
        return [pruned(item) for item in value]
    return value


def _says_nothing(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})
