"""How a desk reaches AWS: its bucket, its table, and the account of the credentials in use. Everything blocks."""

import asyncio
from collections.abc import Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from panka.activities.aws.errors import AwsError, Cause
from panka.activities.aws.network import default_network
from panka.activities.aws.session import Clients, Cloud
from panka.activities.courier import DeskSettings
from panka.activities.planning import Reach
from panka.activities.stores.dynamodb import DynamoLocks
from panka.activities.stores.s3 import S3Store
from panka.planner.adopting import Live
from panka.planner.component import Network
from panka.planner.state import Target

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient
    from mypy_boto3_s3.client import S3Client

T = TypeVar("T")


class AwsAccount:
    """The `Account` of one set of credentials."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._number: Future[str] | None = None

    def expect(self) -> None:
        """Begins to ask whose the credentials are, so that `here` need not wait for it."""
        if self._number is None:
            self._number = self._clients.executor.submit(lambda: _wait(Cloud(self._clients).identity()))

    def here(self) -> Target:
        self.expect()
        assert self._number is not None  # noqa: S101  # expected a line above
        return Target(account=self._number.result(), region=self._clients.target.region)

    def network(self, target: Target) -> Network:
        return _wait(default_network(self._cloud(target)))

    def live(self, asked: Mapping[str, tuple[str, str]], target: Target) -> dict[str, Live]:
        return _wait(_read(asked, self._cloud(target)))

    def _cloud(self, target: Target) -> Cloud:
        """AWS where a stack lives, with the credentials in use."""
        endpoint = target.endpoint_url or self._clients.endpoint_url
        if (target.region, endpoint) == (self._clients.target.region, self._clients.endpoint_url):
            return Cloud(self._clients)
        clients = Clients(
            target,
            executor=self._clients.executor,
            profile=self._clients.target.profile,
            endpoint_url=endpoint,
        )
        return Cloud(clients)


async def _read(asked: Mapping[str, tuple[str, str]], cloud: Cloud) -> dict[str, Live]:
    """What is there under identifiers, each with its type, all at once."""
    from panka.activities.providing import provider_of  # noqa: PLC0415  # few stacks import anything

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


def reach(settings: DeskSettings, *, ahead: bool = False) -> Reach:
    """Over S3 and DynamoDB. Sends nothing yet; with `ahead` it begins to ask whose the credentials are."""
    target = Target(account="", region=settings.region, profile=settings.profile, endpoint_url=settings.endpoint_url)
    clients = Clients(target, executor=ThreadPoolExecutor(8, thread_name_prefix="desk"), threads=8)
    account = AwsAccount(clients)
    if ahead:
        account.expect()
    s3 = cast("S3Client", clients.client("s3"))
    dynamodb = cast("DynamoDBClient", clients.client("dynamodb"))
    locks = DynamoLocks(dynamodb, settings.table, clock=lambda: datetime.now(UTC))
    return Reach(S3Store(s3, settings.bucket), locks, account)


def _wait(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
