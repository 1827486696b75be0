"""Drift checks on a real Temporal server: what they find, what they never claim, and what follows from it."""

import asyncio
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from panka.activities.aws.errors import AwsError, Cause
from panka.planner.answering import acceptance, restoration
from panka.planner.drift import Status, Verdict
from panka.planner.plan import Plan
from panka.planner.record import announce
from panka.workflows.messages import APPROVE, Approval, Phase, Result
from plugins.runs import Place, resource, result, until

QUEUES = (resource("a", VisibilityTimeout=30), resource("b", "a", VisibilityTimeout=30), resource("c"))


async def test_nothing_has_drifted_right_after_a_run(place: Place) -> None:
    await place.apply(*QUEUES)

    found = await place.drift()

    assert found.verdict is Verdict.CLEAN
    assert found.counts == {Status.SAME: 3, Status.CHANGED: 0, Status.MISSING: 0, Status.UNKNOWN: 0}
    assert place.report.findings == ()


async def test_what_others_changed_and_deleted_is_found_with_what_was_applied_and_what_is(place: Place) -> None:
    await place.apply(*QUEUES)
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 99
    del place.sky.resources["b:main#1"]

    found = await place.drift()

    assert found.verdict is Verdict.DRIFTED
    changed, missing = place.report.findings
    assert (missing.address, missing.status) == ("b:main", Status.MISSING)
    (one,) = changed.properties
    assert (changed.address, one.path, one.applied, one.live) == ("a:main", "VisibilityTimeout", 30, 99)


async def test_many_resources_are_looked_at_in_batches(place: Place) -> None:
    await place.apply(*(resource(f"n{number}") for number in range(60)))
    place.sky.resources["n59:main#1"]["DelaySeconds"] = 1

    await place.drift()

    assert place.report.total == 60
    assert [one.address for one in place.report.findings] == ["n59:main"]


@pytest.mark.parametrize("cause", [Cause.FINAL, Cause.THROTTLED])
async def test_what_cannot_be_read_is_unknown_and_never_clean(place: Place, cause: Cause) -> None:
    await place.apply(*QUEUES)
    place.sky.unread["c:main#1"] = AwsError(cause, "AccessDenied", "You may not.", "sqs:GetQueueAttributes")

    found = await place.drift()

    assert found.verdict is Verdict.UNKNOWN
    (one,) = place.report.findings
    assert (one.address, one.status) == ("c:main", Status.UNKNOWN)
    assert "You may not." in one.why


async def test_a_resource_whose_reader_is_mistaken_is_unknown_and_the_others_are_looked_at(place: Place) -> None:
    await place.apply(*QUEUES)
    place.sky.unread["c:main#1"] = KeyError("QueueName")
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 99

    found = await place.drift()

    assert found.verdict is Verdict.DRIFTED
    told = {one.address: one for one in place.report.findings}
    assert {address: one.status for address, one in told.items()} == {
        "a:main": Status.CHANGED,
        "c:main": Status.UNKNOWN,
    }
    assert told["c:main"].why.startswith("This is a defect in Panka: KeyError")


async def test_what_nobody_here_can_read_is_unknown(place: Place) -> None:
    await place.apply(*QUEUES)
    place.sky.unmade.add("AWS::SQS::Queue")

    found = await place.drift()

    assert found.verdict is Verdict.UNKNOWN
    assert found.counts[Status.UNKNOWN] == 3


async def test_a_difference_that_is_gone_at_the_second_look_is_none(place: Place) -> None:
    await place.apply(*QUEUES)
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 1
    looks: list[str] = []

    def settle(id: str) -> None:
        looks.append(id)
        if looks.count("a:main#1") == 2:
            place.sky.resources["a:main#1"]["VisibilityTimeout"] = 30

    place.sky.on_read = settle

    found = await place.drift()

    assert found.verdict is Verdict.CLEAN
    assert sorted(looks) == ["a:main#1", "a:main#1", "b:main#1", "c:main#1"]


async def test_a_run_that_goes_on_is_not_taken_for_drift(place: Place) -> None:
    await place.apply(*QUEUES)
    assert place.state is not None
    lease = place.locks.acquire(place.scope, "another/run", who="leo", operation="apply", ttl=60)
    pointer = place.locks.pointer(place.scope)
    plan = place.plan(resource("a", VisibilityTimeout=1))
    announced = announce(place.state, plan, lineage="", kind="apply", started="2026-11-23T10:00:00Z", by="leo")
    place.locks.move(lease, pointer, place.archive.save_state(announced))  # type: ignore[arg-type]  # it is free

    found = await place.drift()

    assert found.verdict is None
    assert "held by leo" in found.message


async def test_a_state_that_moves_meanwhile_is_looked_at_again(place: Place) -> None:
    await place.apply(*QUEUES)
    moves = 0

    def move(_id: str) -> None:
        nonlocal moves
        if moves < 1:
            moves += 1
            shift(place)

    place.sky.on_read = move

    found = await place.drift()

    assert found.verdict is Verdict.CLEAN
    assert place.report.state == place.locks.pointer(place.scope)


async def test_a_state_that_never_stands_still_gets_no_verdict(place: Place) -> None:
    await place.apply(*QUEUES)
    place.sky.on_read = lambda which: shift(place) if which.startswith("a") else None

    found = await place.drift()

    assert found.verdict is Verdict.UNKNOWN
    assert place.report.moved


def shift(place: Place) -> None:
    """Writes the state anew, as a run does that changes nothing of these resources."""
    assert place.state is not None
    pointer = place.locks.pointer(place.scope)
    lease = place.locks.acquire(place.scope, "another/run", who="leo", operation="apply", ttl=60)
    later = place.state.model_copy(update={"serial": place.state.serial + 1})
    place.locks.move(lease, pointer, place.archive.save_state(later))  # type: ignore[arg-type]  # it is free
    place.locks.release(lease)  # type: ignore[arg-type]  # as above


async def test_credentials_of_another_account_fail_the_check(place: Place) -> None:
    await place.apply(*QUEUES)
    place.account_of_steps = "999999999999"

    with pytest.raises(Exception, match="Workflow execution failed"):
        await place.drift()


async def answered(place: Place, plan: Plan) -> Result:
    return await place.run(plan, on_failure="keep")


async def test_an_acceptance_writes_what_is_there_into_the_record_and_calls_nothing(place: Place) -> None:
    await place.apply(*QUEUES)
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 99
    del place.sky.resources["c:main#1"], place.sky.owners["c:main#1"]
    await place.drift()
    assert place.state is not None
    plan, left = acceptance(place.report, place.state)
    place.sky.calls.clear()

    ended = await answered(place, plan)

    assert ended.result == "succeeded"
    assert left == ()
    assert place.sky.calls == []
    assert place.state.resources["a:main"].properties["VisibilityTimeout"] == 99
    assert "c:main" not in place.state.resources
    assert (await place.drift()).verdict is Verdict.CLEAN
    place.assert_settled()


async def test_after_an_acceptance_a_plan_shows_how_the_stack_differs(place: Place) -> None:
    await place.apply(*QUEUES)
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 99
    await place.drift()
    assert place.state is not None
    await answered(place, acceptance(place.report, place.state)[0])

    (step,) = place.plan(*QUEUES).forward

    assert [(one.path, one.before, one.after) for one in step.changes] == [("VisibilityTimeout", 99, 30)]


async def test_a_restoration_needs_only_the_record(place: Place) -> None:
    await place.apply(*QUEUES)
    before = {id: dict(one) for id, one in place.sky.resources.items()}
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 99
    place.sky.resources["a:main#1"]["DelaySeconds"] = 5
    del place.sky.resources["c:main#1"], place.sky.owners["c:main#1"]
    await place.drift()
    assert place.state is not None
    recorded = place.state.resources
    plan, left = restoration(place.report, place.state)

    ended = await answered(place, plan)

    assert ended.result == "succeeded"
    assert left == ()
    assert place.sky.resources == before
    assert {key: one.properties for key, one in place.state.resources.items()} == {
        key: one.properties for key, one in recorded.items()
    }
    assert (await place.drift()).verdict is Verdict.CLEAN
    place.assert_settled()


async def test_an_apply_takes_back_what_was_found_and_makes_anew_what_is_gone(place: Place) -> None:
    await place.apply(*QUEUES)
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 99
    del place.sky.resources["c:main#1"], place.sky.owners["c:main#1"]
    await place.drift()

    ended = await place.run(place.plan(*QUEUES, drift=place.drift_known))

    assert ended.result == "succeeded"
    assert place.sky.resources["a:main#1"]["VisibilityTimeout"] == 30
    assert "c:main#2" in place.sky.resources
    assert (await place.drift()).verdict is Verdict.CLEAN
    place.assert_settled()


async def test_drift_is_still_seen_after_its_restoration_was_rolled_back(place: Place) -> None:
    await place.apply(*QUEUES)
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 99
    await place.drift()
    place.sky.refuse.add("bad:main")

    ended = await place.run(place.plan(*QUEUES, resource("bad", "a"), drift=place.drift_known))

    assert ended.result == "rolled back"
    assert place.sky.resources["a:main#1"]["VisibilityTimeout"] == 99
    assert (await place.drift()).verdict is Verdict.DRIFTED


async def test_a_check_that_reconciles_restores_by_a_run(place: Place) -> None:
    await place.apply(*QUEUES)
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 99

    found = await place.drift(reconcile=True)

    assert found.verdict is Verdict.DRIFTED
    assert found.run is not None
    assert found.run.result == "succeeded"
    assert place.sky.resources["a:main#1"]["VisibilityTimeout"] == 30
    assert (await place.drift(reconcile=True)).run is None


async def test_a_run_that_has_the_stack_goes_before_a_reconciliation(place: Place) -> None:
    await place.apply(*QUEUES)
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 99
    place.sky.unread.clear()
    waiting = await place.start(place.plan(*QUEUES, resource("d")), approval=True)

    found = await place.drift(reconcile=True)

    assert found.run is None
    assert found.message.startswith("Nothing was restored")
    await waiting.cancel()
    with pytest.raises(Exception, match="Workflow execution failed"):
        await asyncio.wait_for(waiting.result(), 30)


async def test_a_reconciliation_waits_for_an_approval_where_one_is_asked_for_and_the_notice_says_so(
    place: Place, webhook: Any
) -> None:
    await place.apply(*QUEUES)
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 99
    place.approvals = True

    found = await place.drift(reconcile=True, notify=(webhook.url,))

    words = f"panka approve {place.scope.stack} -t acme -e prod"
    assert (found.run, found.message) == (None, f"What restores it waits: {words}")
    assert [said["awaits"] for _, said in webhook.taken] == [words]
    assert place.sky.resources["a:main#1"]["VisibilityTimeout"] == 99
    waiting = place.client.get_workflow_handle(str(place.scope), result_type=Result)
    await until(place, waiting, Phase.APPROVAL)
    await waiting.execute_update(APPROVE, Approval(by="leo"))
    ended = await asyncio.wait_for(result(waiting), 60)
    assert ended.result == "succeeded"
    assert place.sky.resources["a:main#1"]["VisibilityTimeout"] == 30


class Webhook(BaseHTTPRequestHandler):
    """Keeps what it is sent, and answers as it is told to."""

    def do_POST(self) -> None:
        server: Any = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.taken.append((self.headers["Idempotency-Key"], json.loads(body)))
        self.send_response(server.answers.pop(0) if server.answers else 200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Keeps quiet."""


@pytest.fixture
def webhook() -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), Webhook)
    server.taken, server.answers = [], []
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


async def test_people_are_told_only_when_the_verdict_changes(place: Place, webhook: Any) -> None:
    await place.apply(*QUEUES)

    async def check() -> int:
        before = len(webhook.taken)
        await place.drift(notify=(webhook.url,))
        return len(webhook.taken) - before

    clean = await check()
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 99
    news, again = await check(), await check()
    place.sky.resources["c:main#1"]["VisibilityTimeout"] = 99
    more = await check()
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 30
    del place.sky.resources["c:main#1"]["VisibilityTimeout"]
    over, quiet = await check(), await check()

    assert (clean, news, again, more, over, quiet) == (0, 1, 0, 1, 1, 0)
    assert [said["verdict"] for _, said in webhook.taken] == ["drifted", "drifted", "clean"]
    assert len({id for id, _ in webhook.taken}) == 3
    assert "99" not in json.dumps([said["addresses"] for _, said in webhook.taken])


async def test_news_that_did_not_arrive_is_told_after_the_next_check_under_the_same_id(
    place: Place, webhook: Any
) -> None:
    await place.apply(*QUEUES)
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 99
    webhook.answers = [503, 400]

    first = await place.drift(notify=(webhook.url,))
    second = await place.drift(notify=(webhook.url,))

    assert [one.partition(": ")[2] for one in first.unnotified] == ["The webhook answered 400."]
    assert "/hook" not in first.unnotified[0]
    assert second.unnotified == ()
    assert len(webhook.taken) == 3
    assert len({id for id, _ in webhook.taken}) == 1


async def test_a_check_that_tells_nobody_leaves_the_news_to_one_that_does(place: Place, webhook: Any) -> None:
    await place.apply(*QUEUES)
    place.sky.resources["a:main#1"]["VisibilityTimeout"] = 99

    await place.drift()
    await place.drift(notify=(webhook.url,))

    assert len(webhook.taken) == 1
