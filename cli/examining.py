"""Looks at everything that Panka stands on: this machine, the settings, Temporal, AWS, the bucket and the table."""

import asyncio
import platform
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeAlias

from panka.cli.exits import Exit, Misused, stop_of
from panka.cli.parts import SEARCH_ATTRIBUTES
from panka.cli.releases import missing
from panka.cli.runs import Runs
from panka.cli.searching import absent, by_hand
from panka.cli.session import Session
from panka.cli.views.doctor import Finding, Health

PACKAGES = ("panka", "temporalio", "boto3", "pydantic", "rustworkx")
_OLDEST = (3, 11)
_SKEW, _TOO_MUCH = 30.0, 240.0
"""Seconds that the clock may differ from AWS's: what is odd, and what AWS refuses (it takes 300)."""
Findings: TypeAlias = list[Finding]


def examine(session: Session) -> Findings:
    """Everything that could be looked at, in the order in which it is needed. Changes nothing, raises nothing."""
    return [*_machine(), *_settings(session), *asyncio.run(_temporal(session)), *_aws(session)]


def _machine() -> Findings:
    enough = sys.version_info >= _OLDEST
    python = Finding(
        "Python", Health.WELL if enough else Health.WRONG, f"{platform.python_version()} at {sys.executable}.",
        "" if enough else "install Python 3.11 or later", Exit.OK if enough else Exit.FAILED,
    )  # fmt: skip
    absent = [name for name in PACKAGES if _version(name) is None]
    if absent:
        return [python, _wrong("packages", f"Not installed: {', '.join(absent)}.", "pip install panka")]
    return [python, Finding("packages", Health.WELL, f"{', '.join(f'{one} {_version(one)}' for one in PACKAGES)}.")]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _settings(session: Session) -> Findings:
    found: Findings = []
    for name in ("tenant", "environment", "bucket", "table"):
        try:
            session.settings.need(name)
        except Misused as error:
            found.append(_wrong("settings", error.message, error.help, Exit.USAGE))
    settings = session.settings
    where = f"tenant {settings.tenant}, environment {settings.environment}, bucket {settings.bucket}."
    return found or [Finding("settings", Health.WELL, where)]


async def _temporal(session: Session) -> Findings:
    settings = session.settings
    where = f"{settings.temporal_address}, namespace {settings.temporal_namespace}"
    try:
        runs = await Runs.connect(settings)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is what was looked for
        unknown = [Finding(about, Health.UNKNOWN, "Temporal does not answer.") for about in ("worker", "search")]
        return [_of_error("Temporal", error), *unknown]
    answers = Finding("Temporal", Health.WELL, f"{where}, server {await _server(runs)}.")
    looks: tuple[tuple[str, Callable[[Runs], Awaitable[Finding]]], ...] = (("worker", _worker), ("search", _search))
    return [answers, *[await _looked(about, look, runs) for about, look in looks]]


async def _looked(about: str, look: Callable[[Runs], Awaitable[Finding]], runs: Runs) -> Finding:
    try:
        return await look(runs)
    except Exception as error:  # noqa: BLE001  # as above
        return _of_error(about, error)


async def _server(runs: Runs) -> str:
    from temporalio.api.workflowservice.v1 import GetSystemInfoRequest  # noqa: PLC0415  # only here

    return (await runs.client.workflow_service.get_system_info(GetSystemInfoRequest())).server_version


async def _worker(runs: Runs) -> Finding:
    """Whether a run that began now would be carried out."""
    from temporalio.api.workflow.v1 import WorkflowExecutionInfo  # noqa: PLC0415  # only here

    absence = await missing(runs.client, runs.task_queue, WorkflowExecutionInfo())
    if absence is not None:
        return _wrong("worker", f"{absence.what[0].upper()}{absence.what[1:]}.", absence.help, Exit.UNREACHABLE)
    return Finding("worker", Health.WELL, f"Task queue {runs.task_queue} is polled.")


async def _search(runs: Runs) -> Finding:
    names = await absent(runs.client)
    if not names:
        return Finding("search", Health.WELL, f"{len(SEARCH_ATTRIBUTES)} search attributes are registered.")
    said = f"Search attributes are missing, so runs cannot be searched for by them: {', '.join(names)}."
    return Finding("search", Health.ODD, said, by_hand(runs.client.namespace, names))


@dataclass(frozen=True, slots=True)
class _Clients:
    """Of AWS, as the settings say."""

    sts: Any
    s3: Any
    dynamodb: Any


def _aws(session: Session) -> Findings:
    try:
        clients = _clients(session)
        who = clients.sts.get_caller_identity()
    except Exception as error:  # noqa: BLE001  # as above
        unknown = [Finding(about, Health.UNKNOWN, "AWS was not asked.") for about in ("clock", "backend")]
        return [_of_error("credentials", error), *unknown]
    role = Finding("credentials", Health.WELL, f"account {who['Account']}, {who['Arn']}.")
    return [role, _clock(who, time.time()), *_backend(session, clients)]


def _clients(session: Session) -> _Clients:
    import boto3  # noqa: PLC0415  # only when there is something to ask
    from botocore.config import Config  # noqa: PLC0415  # as above

    settings = session.settings
    aws = boto3.Session(profile_name=settings.profile, region_name=session.region())
    config = Config(connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 2})
    made = [aws.client(name, endpoint_url=settings.endpoint_url, config=config) for name in ("sts", "s3", "dynamodb")]
    return _Clients(*made)


def _clock(answer: Any, now: float) -> Finding:
    said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    if said is None:
        return Finding("clock", Health.UNKNOWN, "AWS does not tell its time.")
    skew = now - parsedate_to_datetime(said).timestamp()
    if abs(skew) < _SKEW:
        return Finding("clock", Health.WELL, "As AWS's, within seconds.")
    text = f"It is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} AWS's, which refuses more than 300."
    if abs(skew) < _TOO_MUCH:
        return Finding("clock", Health.ODD, text, "let NTP set the clock")
    return _wrong("clock", text, "let NTP set the clock")


def _backend(session: Session, clients: _Clients) -> Findings:
    from panka.activities.stores.backend import check_backend  # noqa: PLC0415  # brings botocore

    bucket, table = session.settings.bucket, session.settings.table
    if not (bucket and table):
        return [Finding("backend", Health.UNKNOWN, "No bucket and table are given.")]
    try:
        loose = check_backend(clients.s3, clients.dynamodb, bucket, table)
    except Exception as error:  # noqa: BLE001  # as above
        return [_of_error("backend", error)]
    if not loose:
        return [Finding("backend", Health.WELL, f"Bucket {bucket} and table {table} are as they must be.")]
    return [_wrong("backend", said, "panka backend create") for said in loose]


def _wrong(about: str, said: str, mend: str, code: Exit = Exit.FAILED) -> Finding:
    return Finding(about, Health.WRONG, said, mend, code)


def _of_error(about: str, error: Exception) -> Finding:
    stop = stop_of(error)
    if stop is None:
        return _wrong(about, f"{type(error).__name__}: {error}", "")
    return _wrong(about, stop.message, stop.help, stop.code)


def code_of(findings: Sequence[Finding]) -> Exit:
    """That of the first thing that is wrong: what comes after may be wrong because of it."""
    return next((one.code for one in findings if one.health is Health.WRONG), Exit.OK)
