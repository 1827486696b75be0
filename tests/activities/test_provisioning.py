"""One step in the hands of one attempt: deadlines, and what the record knows beside AWS."""

import asyncio
import json
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from tests.activities.conformance.case import NAME, Case, fresh_name
from tests.activities.conformance.cases_cloud_control import CASES
from tests.activities.conformance.stage import Stage, staged

from panka.activities.aws.session import Clients, Cloud
from panka.activities.failing import NotReady
from panka.activities.providers.provider import Readiness, Waiting
from panka.activities.providing import provider_of
from panka.activities.work import Beat, Work
from panka.planner.owner import Owner, Scope
from panka.planner.plan import Action, Step
from panka.planner.record import Outcome
from panka.planner.resource import Lifecycle, Properties, Timeouts, encode
from panka.planner.state import Target
from plugins.clouds import Sky, SkyProvider

T = TypeVar("T")
ORDERS = Owner(scope=Scope(tenant="acme", stack="shop", environment="test"), address="orders:main", generation=1)
SECRETIVE = next(case for case in CASES if case.type == "AWS::Athena::WorkGroup")


class Endless(SkyProvider):
    """A provider whose resources are never ready and never gone."""

    async def ready(self, id: str) -> Readiness:
        return Waiting("AWS thinks")

    async def gone(self, id: str) -> Readiness:
        return Waiting("AWS still shows it")


def step(action: Action, type: str = "AWS::SQS::Queue", **more: Any) -> Step:
    said = {"key": "orders:main", "address": "orders:main", "generation": 1, "kind": "Any"}
    return Step.model_validate({**said, "type": type, "action": action, **more})


def limited(**seconds: float) -> Lifecycle:
    return Lifecycle(timeouts=Timeouts(**seconds))


def endless(one: Step, sky: Sky) -> Work:
    cloud = Cloud(Clients(Target(account="1", region="eu-west-1")))
    return Work(one, ORDERS, cloud, Endless(cloud, sky, one.type), Beat(), 1)


async def run(work: Callable[[], Awaitable[T]]) -> T:
    """What a worker does with an attempt's code."""

    async def attempt() -> T:
        return await work()

    return await ActivityEnvironment().run(attempt)


async def test_a_create_that_does_not_even_tell_its_id_ends_with_its_deadline() -> None:
    sky = Sky(hold={"orders:main": asyncio.Event()})
    work = endless(step(Action.CREATE, lifecycle=limited(create=0.3, update=60, delete=60)), sky)

    with pytest.raises(NotReady, match="Not made after"):
        await run(lambda: work.carry_out({}))


@pytest.mark.parametrize(
    ("action", "limits"),
    [
        (Action.CREATE, {"create": 0.3, "update": 60, "delete": 60}),
        (Action.UPDATE, {"create": 60, "update": 0.3, "delete": 60}),
        (Action.DELETE, {"create": 60, "update": 60, "delete": 0.3}),
    ],
)
async def test_each_operation_has_the_deadline_that_the_user_gave_it(action: Action, limits: dict[str, float]) -> None:
    sky = Sky({"q": {}}, {"q": ORDERS})
    work = endless(step(action, id=None if action is Action.CREATE else "q", lifecycle=limited(**limits)), sky)

    with pytest.raises(NotReady, match=r"Not ready after 0 s: AWS (thinks|still shows it)\."):
        await asyncio.wait_for(run(lambda: work.carry_out({})), 20)


async def test_the_undo_of_a_create_has_the_deadline_of_a_delete() -> None:
    work = endless(step(Action.CREATE, lifecycle=limited(create=60, delete=0.3)), Sky({"q": {}}, {"q": ORDERS}))

    done = Outcome(key="orders:main", id="q")

    with pytest.raises(NotReady, match="still shows it"):
        await asyncio.wait_for(run(lambda: work.take_back(done, {}, started_only=False)), 20)


@pytest.mark.parametrize("action", [Action.CREATE, Action.UPDATE, Action.DELETE])
async def test_a_step_that_only_waits_leaves_a_worker_that_stops(action: Action) -> None:
    sky, environment = Sky({"q": {}}, {"q": ORDERS}), ActivityEnvironment()
    work = endless(step(action, id=None if action is Action.CREATE else "q", lifecycle=limited(create=60)), sky)

    async def attempt() -> Outcome:
        return await work.carry_out({})

    running = asyncio.create_task(environment.run(attempt))
    environment.worker_shutdown()

    with pytest.raises(ApplicationError, match="The worker stops"):
        await asyncio.wait_for(running, 30)


@pytest.mark.parametrize("told", [True, False], ids=["heard by Temporal", "lost with the worker"])
async def test_an_update_that_is_tried_again_never_takes_its_own_change_for_what_was_before(*, told: bool) -> None:
    sky, environment = Sky({"q": {"VisibilityTimeout": 7}}, {"q": ORDERS}), ActivityEnvironment()
    beats: list[tuple[Any, ...]] = []
    environment.on_heartbeat = lambda *details: beats.append(details)
    update = step(Action.UPDATE, id="q", properties={"VisibilityTimeout": 9}, before={"VisibilityTimeout": 5})
    cloud = Cloud(Clients(Target(account="1", region="eu-west-1")))

    async def attempt() -> Outcome:
        return await Work(update, ORDERS, cloud, SkyProvider(cloud, sky, "any"), Beat.heard(), 1).carry_out({})

    first = await environment.run(attempt)
    heard = beats[-1] if told else ()
    environment.info = replace(environment.info, attempt=2, heartbeat_details=heard)
    second = await environment.run(attempt)

    assert first.before == {"VisibilityTimeout": 7}
    assert second.before == (first.before if told else None), "Then a rollback goes by the record."


@pytest.mark.parametrize("endpoint", ["cloud_control"], indirect=True, scope="session")
async def test_what_aws_never_tells_is_changed_and_taken_back_by_what_is_on_record(
    cloud: Cloud, cloud_control_url: str
) -> None:
    stage = await staged(SECRETIVE, cloud)
    recorded = stage.properties()
    id = await stage.apply(recorded)
    wanted = {**recorded, "Description": "two", "RecursiveDeleteOption": True}
    update = step(Action.UPDATE, SECRETIVE.type, id=id, properties=encode(wanted), before=recorded)

    done = await run(lambda: _work(stage, update).carry_out({}))
    assert await _kept(cloud_control_url, id) == ("two", True)

    await run(lambda: _work(stage, update).take_back(done, {}, started_only=False))
    assert await _kept(cloud_control_url, id) == ("one", False)


async def test_a_secret_that_aws_tells_again_is_told_as_it_was_written(cloud: Cloud) -> None:
    await cloud.call("secretsmanager", "create_secret", Name=(name := fresh_name()), SecretString="hunter-22")
    reference = f"{{{{resolve:secretsmanager:{name}}}}}"
    topic = Case("AWS::SNS::Topic", {"TopicName": NAME, "DisplayName": reference})
    stage = await staged(topic, cloud)

    made = await run(lambda: _work(stage, _create(stage)).carry_out({}))
    live = await stage.live(made.id)
    change = {**stage.properties(), "DisplayName": "now plain"}
    update = step(Action.UPDATE, topic.type, id=made.id, properties=change, before=stage.properties())
    changed = await run(lambda: _work(stage, update).carry_out({}))
    undone = await run(lambda: _work(stage, update).take_back(changed, {}, started_only=False))

    assert live.properties["DisplayName"] == "hunter-22"
    assert made.observed["DisplayName"] == reference
    assert changed.before is not None
    assert changed.before["DisplayName"] == reference
    assert undone.observed["DisplayName"] == reference
    assert (await stage.live(made.id)).properties["DisplayName"] == "hunter-22"


async def test_an_import_that_is_taken_back_leaves_the_secret_and_not_its_reference(cloud: Cloud) -> None:
    await cloud.call("secretsmanager", "create_secret", Name=(name := fresh_name()), SecretString="hunter-22")
    stage = await staged(Case("AWS::SNS::Topic", {"TopicName": NAME, "DisplayName": "hunter-22"}), cloud)
    id = await stage.apply(stage.properties())
    wanted = {**stage.properties(), "DisplayName": f"{{{{resolve:secretsmanager:{name}}}}}"}
    adopt = step(Action.ADOPT, stage.case.type, id=id, properties=wanted)

    done = await run(lambda: _work(stage, adopt).carry_out({}))
    await run(lambda: _work(stage, adopt).take_back(done, {}, started_only=False))

    assert done.before is not None
    assert "hunter-22" not in str(done)
    assert (await stage.live(id)).properties["DisplayName"] == "hunter-22"


def _create(stage: Stage) -> Step:
    return step(Action.CREATE, stage.case.type, properties=stage.properties())


def _work(stage: Stage, one: Step) -> Work:
    cloud = stage.provider.cloud
    return Work(one, stage.owner, cloud, provider_of(one.type, cloud), Beat(), 1)


async def _kept(url: str, id: str) -> tuple[str, bool]:
    def ask() -> Properties:
        with urllib.request.urlopen(f"{url}/fake/resources", timeout=10) as answer:
            found: Properties = json.loads(answer.read())[SECRETIVE.type][id]
            return found

    found = await asyncio.to_thread(ask)
    return found["Description"], found["RecursiveDeleteOption"]
