"""How a desk reaches AWS: its bucket, its table, and the account of the credentials in use. Everything blocks."""

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from panka.activities.aws.errors import AwsError, Cause
from panka.activities.aws.roles import Role
from panka.activities.aws.session import Clients, Cloud
from panka.activities.courier import DeskSettings
from panka.activities.stores.dynamodb import DynamoLocks
from panka.activities.stores.s3 import S3Store
from panka.planner.state import Target

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

    from panka.planner.adopting import Live
    from panka.planner.component import Network

T = TypeVar("T")


class AwsAccount:
    """The `Account` of one set of credentials."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def here(self) -> Target:
        return Target(account=_wait(Cloud(self._clients).identity()), region=self._clients.target.region)

    def region(self) -> str:
        return self._clients.target.region

    def network(self, target: Target, role: Role | None) -> "Network":
        from panka.activities.aws.network import default_network  # noqa: PLC0415  # many stacks need none

        return _wait(default_network(self._cloud(target, role)))

    def live(self, asked: Mapping[str, tuple[str, str]], target: Target, role: Role | None) -> "dict[str, Live]":
        return _wait(_read(asked, self._cloud(target, role)))

    def _cloud(self, target: Target, role: Role | None) -> Cloud:
        """AWS where a stack lives, with the credentials in use, or in a role that they take on."""
        endpoint = target.endpoint_url or self._clients.endpoint_url
        here = self._clients.target.region, self._clients.endpoint_url
        if role is None and (target.region, endpoint) == here:
            return Cloud(self._clients)
        clients = Clients(
            target,
            executor=self._clients.executor,
            profile=self._clients.target.profile,
            role=role,
            endpoint_url=endpoint,
        )
        return Cloud(clients)


async def _read(asked: Mapping[str, tuple[str, str]], cloud: Cloud) -> "dict[str, Live]":
    """What is there under identifiers, each with its type, all at once."""
    from panka.activities.providing import provider_of  # noqa: PLC0415  # few stacks import anything
    from panka.planner.adopting import Live  # noqa: PLC0415  # as above

    async def one(type: str, id: str) -> Live:
        try:
            observed = await provider_of(type, cloud).read(id)
        except AwsError as error:
            if error.denied or error.cause is not Cause.FINAL:
                raise
            return Live(None, error.message)  # the service knows no identifiers of this form
        return Live(observed.properties if observed else None)

    found = await asyncio.gather(*(one(*said) for said in asked.values()))
    return dict(zip(asked, found, strict=True))


class AwsReach:
    """A `Reach` over S3 and DynamoDB. Sends nothing, and loads nothing of a service, before that is asked for."""

    def __init__(self, settings: DeskSettings) -> None:
        region, profile, endpoint_url = settings.region, settings.profile, settings.endpoint_url
        target = Target(account="", region=region, profile=profile, endpoint_url=endpoint_url)
        self._settings = settings
        self._clients = Clients(target, executor=ThreadPoolExecutor(8, thread_name_prefix="desk"), threads=8)
        self.account = AwsAccount(self._clients)

    def expect(self, part: str, method: str, *arguments: Any) -> None:
        """Begins with nothing: whoever asks waits here."""

    @cached_property
    def objects(self) -> S3Store:
        return S3Store(cast("S3Client", self._clients.client("s3")), self._settings.bucket)

    @cached_property
    def locks(self) -> DynamoLocks:
        dynamodb = cast("DynamoDBClient", self._clients.client("dynamodb"))
        return DynamoLocks(dynamodb, self._settings.table, clock=lambda: datetime.now(UTC))


def _wait(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
