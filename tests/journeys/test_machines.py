"""What programs get to see: exit codes, events, and what GitHub Actions reads."""

import asyncio
import json
import signal

from panka.cli.exits import Exit
from plugins.world import World

STACK = """\
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: small}
spec:
  provider: {name: aws, region: eu-west-1}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: jobs, service: api}
spec: {}
"""
BROKEN = """\
---
apiVersion: components.panka.io/v1
kind: Lambda
metadata: {name: late, service: api}
spec:
  runtime: python3.12
  handler: app.handler
  code: {s3Bucket: no-such-bucket-anywhere, s3Key: app.zip}
"""


async def interrupted(place: World) -> int:
    """The exit code of a watcher who presses Ctrl-C."""
    watching = await place.begin("watch", "small")
    assert watching.stderr is not None
    while b"waits" not in (line := await asyncio.wait_for(watching.stderr.readline(), 60)):
        assert line
    watching.send_signal(signal.SIGINT)
    await asyncio.wait_for(watching.communicate(), 60)
    return watching.returncode or 0


async def test_every_exit_code_of_the_table(place: World) -> None:
    (place.folder / "small.yaml").write_text(STACK)
    (place.folder / "broken.yaml").write_text(STACK + BROKEN)
    (place.folder / "wrong.yaml").write_text(STACK.replace("spec: {}", "spec: {visibilityTimout: 3}"))
    await place.start_worker()

    async def code(*words: str, **env: str) -> int:
        return (await place.panka(*words, env=env)).code

    codes = {
        Exit.CHANGES: await code("plan", "small.yaml", "--detailed-exitcode"),
        Exit.FAILED: await code("apply", "broken.yaml", "-y"),
        Exit.USAGE: await code("apply", "small.yaml"),
        Exit.INVALID: await code("apply", "wrong.yaml", "-y"),
        Exit.UNREACHABLE: await code("apply", "small.yaml", "-y", PANKA_TEMPORAL_ADDRESS="127.0.0.1:1"),
        Exit.DENIED: await code("plan", "small.yaml", PANKA_PROFILE="nobody"),
    }
    (await place.panka("apply", "small.yaml", "-y", "--require-approval", "--detach")).ok()
    codes[Exit.LOCKED] = await code("apply", "small.yaml", "-y")
    codes[Exit.TIMED_OUT] = await code("watch", "small", "--timeout", "1s")
    codes[Exit.INTERRUPTED] = await interrupted(place)
    (await place.panka("approve", "small")).ok()
    codes[Exit.OK] = await code("watch", "small")
    again = await code("plan", "small.yaml", "--detailed-exitcode")

    assert codes == {code: int(code) for code in Exit if code is not Exit.BUG}
    assert again == 0


async def test_events_annotations_and_a_summary_tell_of_a_run(place: World) -> None:
    (place.folder / "broken.yaml").write_text(STACK + BROKEN)
    (place.folder / "wrong.yaml").write_text(STACK.replace("spec: {}", "spec: {visibilityTimout: 3}"))
    summary = place.folder / "summary.md"
    actions = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    await place.start_worker()

    failed = await place.panka("apply", "broken.yaml", "-y", "--events", "events.jsonl", env=actions)
    invalid = await place.panka("apply", "wrong.yaml", "-y", env=actions)
    detached = await place.panka("apply", "broken.yaml", "-y", "--detach", "--events", "events2.jsonl")

    events = [json.loads(line) for line in (place.folder / "events.jsonl").read_text().splitlines()]
    assert {one["schemaVersion"] for one in events} == {1}
    assert [one["event"] for one in events][-1] == "result"
    assert (events[-1]["scope"], events[-1]["run"]) == ("acme/small/dev", 1)
    assert events[-1]["result"] == "rolled back"
    started = next(one for one in events if one["event"] == "started" and one["step"] == "jobs:main")
    assert (started["component"], started["kind"], started["action"]) == ("api/jobs", "SQS", "create")
    wrong = next(one for one in events if one["event"] == "failed")
    assert wrong["component"] == "api/late"
    assert failed.code == 1
    assert f"::error file=broken.yaml,line=12,col=1,title={wrong['step'].replace(':', '%3A')}::" in failed.err
    assert "### ↩️ Panka: acme/small/dev#1 rolled back after" in summary.read_text()
    assert f"| `{wrong['step']}` |" in summary.read_text()
    assert "::error file=wrong.yaml,line=10," in invalid.err
    assert detached.code == 64
