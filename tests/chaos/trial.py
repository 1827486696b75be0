"""One trial: a stack, a run on it, trouble meanwhile; then what Panka promises is looked at."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError, CancelledError, TerminatedError
from temporalio.service import RPCError, RPCStatusCode

from chaos.cloud import Fingerprint, differences, fingerprint
from chaos.stacks import Stack, differing, draw_next, draw_stack
from chaos.troubles import REFUSED, TROUBLES, Stage, Trouble
from panka.activities.aws.session import Clients, Cloud, Keys
from panka.activities.providing import provider_of
from panka.planner.state import Target
from panka.workflows.messages import PROGRESS, Phase, Progress, Result
from plugins.faults import Passed
from plugins.world import Said, world

_PATIENCE = 600
"""Seconds within which everything must have ended; what takes longer hangs."""


@dataclass(frozen=True)
class Trial:
    """All that is drawn from one seed."""

    seed: int
    before: Stack | None
    after: Stack | None
    troubles: tuple[tuple[Trouble, int], ...]
    """Each with the number of the changing request at which it comes."""
    on_failure: Literal["rollback", "keep"]
    workers: int
    delay: float
    """Seconds that each changing call takes longer."""

    @property
    def stack(self) -> str:
        return f"c{self.seed}"

    @property
    def operation(self) -> str:
        return "create" if self.before is None else "destroy" if self.after is None else "change"

    def __str__(self) -> str:
        troubles = ", ".join(f"{one.name} at {at}" if not one.first else one.name for one, at in self.troubles)
        return f"seed {self.seed}: {self.operation} ({self.on_failure}), {troubles}"


def draw_trial(seed: int, *, only: Sequence[str] = (), long: bool = True) -> Trial:
    """The trial of a seed; `only` names its troubles instead of drawing them."""
    random = Random(seed)
    first = draw_stack(random, f"c{seed}")
    second = draw_next(random, first)
    before, after = random.choice([(None, first), (first, second), (first, second), (first, None)])
    troubles = _drawn(random, only, before, after, long=long)
    made, gone = differing(before, after)
    moments = random.sample(range(2, 8 + 2 * len(made) + len(gone)), len(troubles))
    keep = random.random() < 0.15
    return Trial(
        seed,
        before,
        after,
        tuple(zip(troubles, sorted(moments), strict=True)),
        "keep" if keep else "rollback",
        random.choice([1, 1, 2]),
        random.uniform(0, 0.4),
    )


def _drawn(
    random: Random, only: Sequence[str], before: Stack | None, after: Stack | None, *, long: bool
) -> list[Trouble]:
    if only:
        return [one for one in TROUBLES if one.name in only]
    possible = [one for one in TROUBLES if long or not one.long]
    if not differing(before, after)[0]:
        possible.remove(REFUSED)
    drawn = random.sample(possible, random.choice([1, 1, 1, 2, 2, 3]))
    # Only with a refusal a run goes back, so it comes more often than the others.
    more = REFUSED in possible and REFUSED not in drawn and random.random() < 0.2
    return [REFUSED, *drawn[1:]] if more else drawn


@dataclass
class Report:
    """How a trial ended."""

    trial: Trial
    struck: list[str] = field(default_factory=list)
    """The troubles that came; a run may be over before."""
    ended: str = ""
    """How the run ended that the trouble met."""
    seconds: float = 0
    broken: str = ""
    """What did not hold."""
    calls: list[Passed] = field(default_factory=list)
    """What reached the endpoint while the run went on."""


@asynccontextmanager
async def staged(folder: Path, *, outage: float) -> AsyncIterator[Stage]:
    """A world of its own for one trial after the other."""
    async with world(folder) as place:
        address = f"127.0.0.1:{place.temporal_port}"
        yield Stage(place, await Client.connect(address, data_converter=pydantic_data_converter), outage)


class Broken(AssertionError):
    """A promise did not hold."""


async def play(stage: Stage, trial: Trial) -> Report:
    """Runs a trial. What does not hold is in the report; then its world must not be used again."""
    report, began = Report(trial), time.monotonic()
    try:
        await _play(stage, trial, report)
    except (AssertionError, TimeoutError, RPCError) as error:
        report.broken = f"{type(error).__name__}: {error}"
    report.seconds = time.monotonic() - began
    return report


async def _play(stage: Stage, trial: Trial, report: Report) -> None:
    stage.stack, place = trial.stack, stage.place
    await stage.staffed(trial.workers)
    file = _written(stage, trial)
    if trial.before is not None:
        (await place.panka("apply", file[0], "-y")).ok()
    earlier, was = await _run_id(stage), await asyncio.to_thread(fingerprint, place.client)
    said = await _run_into_trouble(stage, trial, report, file[1])
    progress = await _ended(stage, report, earlier)
    report.calls = place.faults.passed
    if REFUSED.name in report.struck and not stage.denied:
        report.struck.remove(REFUSED.name)  # the component had no such call
    place.faults.reset()
    await _put_right(stage, trial)
    now = await asyncio.to_thread(fingerprint, place.client)
    _judge_end(trial, report, progress, was, now, said)
    if report.ended != "succeeded":
        again = await place.panka(*_command(trial, file[1]), "--lock-timeout", "60s")
        _hold(again.code == 0, f"Asked again, it ended with {again.code}.\n{again.text}")
    await _judge(stage, trial, file[1])
    await _leave(stage, trial)


def _written(stage: Stage, trial: Trial) -> tuple[str, str]:
    """The stack's file before and after."""
    for name, stack in (("before", trial.before), ("after", trial.after)):
        if stack is not None:
            (stage.place.folder / f"{trial.stack}-{name}.yaml").write_text(stack.yaml)
    return f"{trial.stack}-before.yaml", f"{trial.stack}-after.yaml"


def _command(trial: Trial, file: str) -> tuple[str, ...]:
    if trial.after is None:
        return _destroy(trial)
    lost = [word for part in (trial.before.parts if trial.before else ()) for word in ("--confirm", part.name)]
    return "apply", file, "-y", "--on-failure", trial.on_failure, *lost


def _destroy(trial: Trial) -> tuple[str, ...]:
    return "destroy", trial.stack, "-y", "--confirm", trial.stack


async def _run_into_trouble(stage: Stage, trial: Trial, report: Report, file: str) -> Said:
    random, faults = Random(f"{trial.seed} troubles"), stage.place.faults
    made, _ = differing(trial.before, trial.after)
    stage.refused_part = random.choice(made) if made else ""
    faults.reset()
    faults.delay = trial.delay
    for trouble, at in trial.troubles:
        strike = _striking(stage, trouble, Random(f"{trial.seed} {trouble.name}"), report)
        if trouble.first:
            await strike()
        else:
            faults.moments[at] = strike
    stage.command = await stage.place.begin(*_command(trial, file))
    out, err = await asyncio.wait_for(stage.command.communicate(), _PATIENCE)
    await asyncio.wait_for(stage.repaired(), _PATIENCE)
    return Said(stage.command.returncode or 0, out.decode(), err.decode())


def _striking(stage: Stage, trouble: Trouble, random: Random, report: Report) -> Any:
    async def strike() -> None:
        report.struck.append(trouble.name)
        await trouble.strike(stage, random)

    return strike


async def _run_id(stage: Stage) -> str:
    """Of the stack's latest run; empty when there has been none."""
    try:
        return (await stage.handle.describe()).run_id
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return ""


async def _ended(stage: Stage, report: Report, earlier: str) -> Progress | None:
    """Waits for the end of the run that the command has started, if it has, and asks it what happened."""
    if await _run_id(stage) in {"", earlier}:
        report.ended = "not begun"
        return None
    await stage.staffed()
    try:
        result: Result = await asyncio.wait_for(
            stage.client.get_workflow_handle(f"acme/{stage.stack}/dev", result_type=Result).result(), _PATIENCE
        )
        report.ended = result.result
    except WorkflowFailureError as error:
        report.ended = _how(error.cause)
    if report.ended == "terminated":
        return None
    told: Progress = await stage.handle.query(PROGRESS, 0, result_type=Progress)
    return told


def _how(cause: BaseException | None) -> str:
    if isinstance(cause, ApplicationError) and cause.details:
        return Result.model_validate(cause.details[0]).result
    if isinstance(cause, TerminatedError):
        return "terminated"
    return "cancelled" if isinstance(cause, CancelledError) else f"ended by {cause!r}"


async def _put_right(stage: Stage, trial: Trial) -> None:
    """Workers with a right clock, and at least one."""
    if any(trouble.name.startswith("worker's clock") for trouble, _ in trial.troubles):
        for worker in stage.crew:
            if worker.returncode is None:
                await stage.place.kill(worker)
    await stage.staffed()
    description = await stage.handle.describe() if await _run_id(stage) else None
    _hold(description is None or description.status is not WorkflowExecutionStatus.RUNNING, "The run goes on.")


def _judge_end(
    trial: Trial, report: Report, progress: Progress | None, was: Fingerprint, now: Fingerprint, said: Said
) -> None:
    """An outage must not end a run; a run that goes back must leave everything as it was."""
    if report.ended == "not begun":
        # The command was killed before it had started its run, or could not file its plan or reach the server.
        _hold("command killed" in report.struck or said.code != 0, f"Nobody was told.\n{said.text}")
        _hold(now == was, "\n".join(["Something has changed:", *differences(was, now), said.text]))
        return
    troubles = {trouble for trouble, _ in trial.troubles if trouble.name in report.struck}
    hindered = [trouble for trouble in troubles if not trouble.outage and trouble is not REFUSED]
    if not hindered and REFUSED not in troubles:
        _hold(report.ended == "succeeded", f"It {report.ended} by an outage alone.\n{said.text}")
    if not hindered and trial.on_failure == "rollback":
        _hold(report.ended in {"succeeded", "rolled back"}, f"It {report.ended} without rollback.\n{said.text}")
    if report.ended == "rolled back" or _cancelled_before_its_commit(trial, report, progress):
        _hold(now == was, "\n".join(["After the rollback it is not as before:", *differences(was, now), said.text]))


def _cancelled_before_its_commit(trial: Trial, report: Report, progress: Progress | None) -> bool:
    if report.ended != "cancelled" or progress is None or trial.on_failure == "keep":
        return False
    return all(event.key != Phase.CLEANUP for event in progress.events)


async def _judge(stage: Stage, trial: Trial, file: str) -> None:
    """One of each resource, none extra, state equals cloud, the next plan empty, the lock free."""
    place = stage.place
    state = await place.state(trial.stack)
    there = await asyncio.to_thread(fingerprint, place.client)
    _hold(state["operation"] is None, f"An operation is open: {state['operation']}")
    _hold(state["intended"] == [], f"Creates are announced: {state['intended']}")
    _hold(state["deposed"] == [], f"Replaced resources are left: {state['deposed']}")
    recorded = sorted((one["type"], one["id"].rpartition("/")[2]) for one in state["resources"].values())
    types = {type for type, _ in there} | {type for type, _ in recorded if type in _COUNTED}
    named = [one for one in recorded if one[0] in types]
    _hold(sorted(there) == named, f"There is {sorted(there)}, recorded {named}")
    await _judge_properties(stage, state["resources"].values())
    if trial.after is not None:
        steps = await place.steps(file)
        _hold(steps == [], f"The next plan is not empty: {steps}")
    _hold(place.lock_holder(trial.stack) is None, f"The lock is held: {place.lock_holder(trial.stack)}")


_COUNTED = frozenset(
    {"AWS::DynamoDB::Table", "AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::SNS::Subscription"}
    | {"AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::SSM::Parameter"}
)


async def _judge_properties(stage: Stage, resources: Any) -> None:
    """What is on record as observed is what is there, and what is there is what was asked for."""
    target = Target(account="123456789012", region="eu-west-1", endpoint_url=stage.place.moto_url)
    clients = Clients(target, keys=Keys("test", "test"), threads=4)
    for one in resources:
        live = await provider_of(one["type"], Cloud(clients)).read(one["id"])
        _hold(live is not None, f"{one['type']} {one['id']} is on record and not there.")
        assert live is not None
        _hold(live.properties == one["observed"], f"{one['id']} is {live.properties}, recorded as {one['observed']}")
        for name, value in one["properties"].items():
            same = not isinstance(value, str | int) or live.properties.get(name, value) == value
            _hold(same, f"{one['id']} has {name} {live.properties.get(name)}, not {value}")


async def _leave(stage: Stage, trial: Trial) -> None:
    """Takes the stack away, so that the next trial finds an empty account; nothing of it may be left."""
    if trial.after is not None:
        (await stage.place.panka(*_destroy(trial))).ok()
    left = sorted(await asyncio.to_thread(fingerprint, stage.place.client))
    _hold(left == [], f"Destroyed, and still there: {left}")


def _hold(true: bool, what: str) -> None:
    if not true:
        raise Broken(what)
