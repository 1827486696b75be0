"""AWS as one tenant sees it: clients, credentials, and calls with their errors classified."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore import loaders
from botocore.client import BaseClient
from botocore.config import Config
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError

from panka.activities.aws import secrets
from panka.activities.aws.alike import Alike
from panka.activities.aws.assuming import ASSUME, taking_on
from panka.activities.aws.errors import AwsError, Cause, classify
from panka.activities.aws.retries import Paces, Retrying, Timing
from panka.activities.aws.roles import Role
from panka.activities.telemetry import Call, Traces, Untraced
from panka.planner.resource import Properties
from panka.planner.state import Target

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

THREADS = 64
"""Blocking calls that run at once unless the caller brings a thread pool of its own."""
_LOOK = 2.0
"""The most seconds between two looks at how fast a service that throttles may be called."""
_READS = ("batch_get_", "describe_", "get_", "head_", "list_", "lookup_", "query", "scan", "search_", "simulate_")
_HARMLESS = frozenset({"assume_role", "filter_log_events", "decode_authorization_message"})


def mutates(operation: str) -> bool:
    """Whether an operation (`create_queue`) changes anything."""
    return not operation.startswith(_READS) and operation not in _HARMLESS


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials that are given rather than found in the environment."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


class Clients:
    """One botocore session with one client per service, for one target and one set of credentials.

    Keep it for as long as possible: what is costly (sessions, clients, connections) and what is learned (how fast each
    service lets itself be called, what it gives to all that are made alike) lives here. Clients are made once and are
    safe to share between threads.

    With a role, the credentials found or given are used to take it on, again and again before it expires. When AWS
    says that credentials have expired, all are looked for anew.
    """

    def __init__(
        self,
        target: Target,
        *,
        executor: Executor | None = None,
        threads: int = THREADS,
        keys: Keys | None = None,
        profile: str | None = None,
        role: Role | None = None,
        endpoint_url: str | None = None,
        connect_timeout: float = 5,
        read_timeout: float = 60,
        timing: Timing | None = None,
        paces: Paces | None = None,
    ) -> None:
        """`paces` are those of the target's account and region, where others call it too; None: of its own."""
        self.target = target
        self.endpoint_url = endpoint_url or target.endpoint_url
        self.executor = executor or ThreadPoolExecutor(threads, thread_name_prefix="aws")
        self.timing = timing or Timing()
        self.paces = paces or Paces(self.timing)
        self._keys = keys
        self._profile = profile or target.profile
        self._role = role
        self.alike = Alike()
        self.identity: tuple[str, str] | None = None
        """An access key and the account that it belongs to, as AWS has told."""
        self._fetched: botocore.session.Session | None = None
        """The session whose credentials were fetched."""
        self._session: botocore.session.Session | None = None
        self._clients: dict[str, BaseClient] = {}
        self._lock = threading.Lock()
        self._config = Config(
            max_pool_connections=threads,
            retries={"total_max_attempts": 1, "mode": "standard"},
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            user_agent_extra="panka",
        )

    def client(self, service: str) -> BaseClient:
        """The shared client of a service. It never repeats a call. Blocks while the first one is made."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._open().create_client(
                    service, region_name=self.target.region, endpoint_url=self.endpoint_url, config=self._config
                )
            return self._clients[service]

    def _open(self) -> botocore.session.Session:
        if self._session is None:
            session = botocore.session.Session(profile=self._profile)
            session.register_component("data_loader", _models())
            if self._keys is not None:
                keys = self._keys
                session.set_credentials(keys.access_key_id, keys.secret_access_key, keys.session_token)
            if self._role is not None:
                session = self._taking_on(self._role, session)
            self._session = session
        return self._session

    def _taking_on(self, role: Role, by: botocore.session.Session) -> botocore.session.Session:
        def assume(**asked: Any) -> dict[str, Any]:
            sts = by.create_client(
                "sts", region_name=self.target.region, endpoint_url=self.endpoint_url, config=self._config
            )
            return dict(cast("STSClient", sts).assume_role(**asked))

        session = taking_on(role, assume)
        session.register_component("data_loader", _models())
        return session

    def _renew(self, opened: botocore.session.Session) -> None:
        """Looks for credentials anew with the next call, unless another thread has done so since."""
        with self._lock:
            if self._session is opened:
                self._session = None
                self._clients.clear()

    def access_key(self) -> str:
        """The id of the access key in use now; empty when there is none. Blocks while credentials are fetched.

        Raises:
            AwsError: there is no way to the credentials.
        """
        try:
            with self._lock:
                session = self._open()
                credentials = session.get_credentials()
            self._fetched = session
            return str(credentials.get_frozen_credentials().access_key) if credentials else ""
        except BotoCoreError as error:
            raise classify("sts", "GetCallerIdentity", error, self.endpoint_url) from error

    @property
    def key_at_hand(self) -> str | None:
        """As `access_key`, where nothing has to be fetched for it; None: something has. Does not block."""
        session = self._session
        credentials = session.get_credentials() if session is not None and session is self._fetched else None
        if credentials is None or (isinstance(credentials, RefreshableCredentials) and credentials.refresh_needed()):
            return None
        return str(credentials.access_key)

    def send(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """One blocking call, sent once.

        Raises:
            AwsError: classified.
        """
        opened = self._session
        try:
            answer: dict[str, Any] = getattr(self.client(service), operation)(**arguments)
        except (BotoCoreError, ClientError) as error:
            words = "".join(word.capitalize() for word in operation.split("_"))
            if isinstance(error, ClientError) and error.operation_name == ASSUME:
                service, words = "sts", ASSUME  # the call itself was not sent
            told = classify(service, words, error, self.endpoint_url)
            if told.cause is Cause.EXPIRED and (used := opened or self._session) is not None:
                self._renew(used)
            raise told from error
        return answer


class _Models(loaders.Loader):
    """Knows the services by their folders: to look into all of them takes longer than to load the few in use."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002  # botocore's signature
        return sorted({one.name for place in self.search_paths for one in Path(place).glob("*/")})


@cache
def _models() -> loaders.Loader:
    """The descriptions of AWS's services, which take several megabytes for each session that loads its own."""
    return _Models()


@dataclass(slots=True)
class Cloud:
    """One account and region with one set of credentials, as one piece of work uses it.

    Cheap: make one per step with hooks of its own over shared `clients` (`dataclasses.replace(cloud, progress=…)`).

    What `call` does about errors, so that no provider has to:
    - throttled: repeated for five minutes, at the pace that the service allows to all callers together;
    - not yet consistent: repeated several times a second for a minute;
    - transient: a call that only reads, or that was never sent, is repeated a few times with growing pauses. One that
      changes something is not: it may have taken effect, so whoever asked must look (`find`) before asking again;
    - expired: repeated at once a few times, with credentials that are looked for anew;
    - final: raised.
    """

    clients: Clients
    before_mutation: Callable[[], Awaitable[None]] | None = None
    """Awaited just before each call that changes something is sent; what it raises stops the call."""
    progress: Callable[[str], None] | None = None
    """Told what is waited for, in words: `Throttled by sqs, next try in 2 s`."""
    assets: Callable[[str], Awaitable[bytes]] | None = None
    """Brings a plan's file by its SHA-256."""
    traces: Traces = Untraced()  # noqa: RUF009  # it keeps nothing

    @property
    def account(self) -> str:
        """The account that the target names; `identity` asks AWS which it is."""
        return self.clients.target.account

    @property
    def region(self) -> str:
        return self.clients.target.region

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`: what ARNs of the region begin with."""
        return "aws-cn" if self.region.startswith("cn-") else "aws-us-gov" if "-gov-" in self.region else "aws"

    async def call(self, service: str, operation: str, /, **arguments: Any) -> dict[str, Any]:
        """The answer of one operation (`"sqs", "create_queue"`).

        A caller that is cancelled meanwhile is held until a changing call under way has ended, so that whoever cleans
        up after it sees what the call did.

        Raises:
            AwsError: repeating did not help, or was not safe.
        """
        timing = self.clients.timing
        retrying = Retrying(timing, safe=not mutates(operation))
        with self.traces.call(service, operation) as watched:
            while True:
                await self._turn(service, watched)
                try:
                    answer = await self._send(service, operation, arguments)
                except AwsError as error:
                    delay = retrying.delay(error)
                    if delay is None:
                        raise
                    watched.again(error, delay)
                    self.tell(_waiting(service, error, delay))
                else:
                    watched.answered(answer)
                    return answer
                await timing.sleep(delay)

    async def maybe(
        self, service: str, operation: str, missing: frozenset[str], /, **arguments: Any
    ) -> dict[str, Any] | None:
        """As `call`; None when AWS answers with one of the codes in `missing`."""
        try:
            return await self.call(service, operation, **arguments)
        except AwsError as error:
            if error.code in missing:
                return None
            raise

    async def identity(self) -> str:
        """The number of the account that the credentials belong to. AWS is asked once for each access key."""
        clients = self.clients
        key = clients.key_at_hand  # every step asks, and a thread for each would cost more than all the rest of it
        if key is None:
            key = await asyncio.get_running_loop().run_in_executor(clients.executor, clients.access_key)
        if clients.identity is None or clients.identity[0] != key:
            clients.identity = key, str((await self.call("sts", "get_caller_identity"))["Account"])
        return clients.identity[1]

    async def asset(self, sha256: str) -> bytes:
        """A file that a plan brought along (zipped code). Raises LookupError when there is no plan to ask."""
        if self.assets is None:
            raise LookupError(f"Nothing brings the file {sha256}.")
        return await self.assets(sha256)

    async def resolve_secrets(self, properties: Properties) -> Properties:
        """The properties with `{{resolve:secretsmanager:…}}` replaced by values. Never record or log what it returns.

        Raises:
            AwsError: the secret cannot be read.
            NoSuchSecret: the secret has no such key.
        """
        return await secrets.resolve(properties, self._secret)

    async def pause(self, seconds: float, reason: str) -> None:
        """Waits between two looks at AWS, and tells why."""
        self.tell(reason)
        await self.clients.timing.sleep(seconds)

    def tell(self, what: str) -> None:
        if self.progress is not None:
            self.progress(what)

    async def _turn(self, service: str, watched: Call) -> None:
        pace, held = self.clients.paces[service], 0.0
        place = pace.ask()
        while (left := pace.left(place)) > 0:
            if left >= 1:
                self.tell(f"Throttled by {service}, next try in {left:.0f} s")
            # Not all of it at once: a service that has recovered is called as fast as it allows by then.
            pause = min(left, _LOOK)
            await self.clients.timing.sleep(pause)
            held += pause
        if held:
            watched.held_back(held)

    async def _send(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        changes = mutates(operation)
        if changes and self.before_mutation is not None:
            await self.before_mutation()
        pace = self.clients.paces[service]
        loop = asyncio.get_running_loop()
        answer = loop.run_in_executor(self.clients.executor, self.clients.send, service, operation, arguments)
        try:
            got = await (_to_its_end(answer) if changes else answer)
        except AwsError as error:
            if error.cause is Cause.THROTTLED:
                pace.throttled()
            raise
        pace.succeeded()
        return got

    async def _secret(self, name: secrets.SecretName) -> str:
        which = {"VersionStage": name.stage, "VersionId": name.version}
        given = {key: value for key, value in which.items() if value}
        found = await self.call("secretsmanager", "get_secret_value", SecretId=name.id, **given)
        return str(found["SecretString"])


async def _to_its_end(answer: asyncio.Future[dict[str, Any]]) -> dict[str, Any]:
    """The answer; a cancellation is obeyed only when the call is over."""
    cancelled: asyncio.CancelledError | None = None
    while not answer.done():
        try:
            await asyncio.wait([answer])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        # The cancellation goes first; retrieving the error keeps asyncio from reporting it as forgotten.
        answer.exception()
        raise cancelled
    return answer.result()


def _waiting(service: str, error: AwsError, delay: float) -> str:
    match error.cause:
        case Cause.THROTTLED:
            why = f"Throttled by {service}"
        case Cause.EXPIRED:
            why = f"The credentials have expired, as {service} says"
        case Cause.NOT_YET:
            why = f"{service} does not see yet what was made ({error.code})"
        case _:
            why = f"{service} did not answer ({error.code})"
    return f"{why}, next try in {delay:.1f} s"


def connect(
    target: Target,
    *,
    executor: Executor | None = None,
    keys: Keys | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
) -> Cloud:
    """The cloud that a target names. Sends nothing: wrong credentials show at the first call.

    `profile` and `endpoint_url` go before the target's own.
    """
    return Cloud(Clients(target, executor=executor, keys=keys, profile=profile, endpoint_url=endpoint_url))
