"""Tells people that the verdict on a stack has changed: by SNS, EventBridge or a webhook."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from typing import TypeVar

import urllib3
from temporalio import activity
from temporalio.exceptions import ApplicationError

from panka.activities.archive import Archive
from panka.activities.aws.session import Cloud
from panka.activities.drift import reading
from panka.activities.failing import translated
from panka.planner.receivers import Receiver, Way
from panka.planner.state import Target
from panka.workflows.ports import NOTIFY, REFUSED, Lease, Notice

T = TypeVar("T")

_DEADLINE = urllib3.Timeout(connect=5, read=15, total=20)
"""Seconds that a webhook may take."""
_LATER = frozenset({408, 425, 429})
"""Answers of a webhook that ask for another try, beside those from 500 on."""


class Notifying:
    """Sends one notice to one receiver. A repeated attempt sends it again, under the same id."""

    def __init__(self, archive: Archive, cloud: Callable[[Lease, Target], Awaitable[Cloud]], threads: Executor) -> None:
        self._archive = archive
        self._cloud = cloud
        self._threads = threads
        self._web = urllib3.PoolManager(timeout=_DEADLINE, retries=False)

    @activity.defn(name=NOTIFY.name)
    async def notify(self, notice: Notice) -> None:
        """Returns when the receiver has taken it."""
        with translated():
            receiver = _receiver(notice.to)
            target = (await self._blocking(lambda: self._archive.state(notice.state))).target
            if receiver.way in (Way.TOPIC, Way.BUS):
                target = target.model_copy(update={"region": receiver.region})
            cloud = await self._cloud(reading(notice.scope), target)
            match receiver.way:
                case Way.TOPIC:
                    await _publish(cloud, notice)
                case Way.BUS:
                    await _put_event(cloud, notice)
                case Way.WEBHOOK:
                    await self._blocking(lambda: self._post(notice.to, notice))
                case Way.HIDDEN_WEBHOOK:
                    found = await cloud.resolve_secrets({"Url": notice.to})
                    url = _checked(found["Url"])
                    await self._blocking(lambda: self._post(url, notice))

    def _post(self, url: str, notice: Notice) -> None:
        headers = {"Content-Type": "application/json", "Idempotency-Key": notice.id, "User-Agent": "panka"}
        try:
            answer = self._web.request("POST", url, body=_body(notice), headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            # Its own words would tell the address.
            raise ApplicationError(f"The webhook did not answer ({type(error).__name__}).") from None
        if 200 <= answer.status < 300:
            return
        final = answer.status < 500 and answer.status not in _LATER
        raise ApplicationError(
            f"The webhook answered {answer.status}.", type=REFUSED if final else None, non_retryable=final
        )

    async def _blocking(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _receiver(to: str) -> Receiver:
    try:
        return Receiver.of(to)
    except ValueError as error:
        raise ApplicationError(str(error), type=REFUSED, non_retryable=True) from error


def _checked(url: str) -> str:
    """The URL from a secret, if it is one that may be called; what is said of it does not tell it."""
    try:
        way = Receiver.of(url).way
    except ValueError:
        way = None
    if way is not Way.WEBHOOK:
        raise ApplicationError("The secret holds no URL of a webhook by https.", type=REFUSED, non_retryable=True)
    return url


async def _publish(cloud: Cloud, notice: Notice) -> None:
    fifo = {"MessageGroupId": str(notice.scope), "MessageDeduplicationId": notice.id}
    await cloud.call(
        "sns",
        "publish",
        TopicArn=notice.to,
        Subject=f"Panka: {notice.scope} is {notice.verdict}"[:100],
        Message=_body(notice),
        **(fifo if notice.to.endswith(".fifo") else {}),
    )


async def _put_event(cloud: Cloud, notice: Notice) -> None:
    entry = {"Source": "panka", "DetailType": "Panka Drift", "Detail": _body(notice), "EventBusName": notice.to}
    answer = await cloud.call("events", "put_events", Entries=[entry])
    if answer.get("FailedEntryCount"):
        said = answer["Entries"][0]
        raise ApplicationError(f"The event bus refused it: {said.get('ErrorCode')} {said.get('ErrorMessage')}")


def _body(notice: Notice) -> str:
    """What is told: no values of properties, and not whom it is sent to."""
    return json.dumps({"schemaVersion": 1, **notice.model_dump(mode="json", by_alias=True, exclude={"to", "state"})})
