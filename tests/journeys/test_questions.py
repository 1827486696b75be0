"""What people ask when something is not as it should be: `doctor`, `config`, `why`, `open`."""

import asyncio
from typing import Any

from plugins.temporal import binary
from plugins.world import Said, World

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
---
apiVersion: components.panka.io/v1
kind: Lambda
metadata: {name: late, service: api}
spec:
  runtime: python3.12
  handler: app.handler
  code: {s3Bucket: no-such-bucket-anywhere, s3Key: app.zip}
---
apiVersion: components.panka.io/v1
kind: SNS
metadata: {name: after, service: api}
spec: {dependsOn: [late]}
"""


def health(said: Said) -> dict[str, str]:
    return {one["check"]: one["health"] for one in said.json["findings"]}


def mends(said: Said) -> list[str]:
    return [one["mend"] for one in said.json["findings"] if one["mend"]]


async def forget(place: World, attribute: str) -> None:
    """Makes the server know a search attribute no more."""
    line = (binary(), "operator", "search-attribute", "remove", "--yes", "--name", attribute)
    process = await asyncio.create_subprocess_exec(*line, "--address", f"127.0.0.1:{place.temporal_port}")
    assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_a_doctor_names_what_is_wrong_and_what_mends_it(place: World) -> None:
    (await place.panka("backend", "create")).ok()
    no_worker = await place.panka("doctor", "--json")
    await place.start_worker()
    well = await place.panka("doctor", "--json")
    await forget(place, "PankaPhase")
    unsearchable = await place.panka("doctor", "--json")
    place.client("s3").put_bucket_versioning(Bucket="panka-state", VersioningConfiguration={"Status": "Suspended"})
    loose = await place.panka("doctor", "--json")
    nobody = await place.panka("doctor", "--json", env={"PANKA_PROFILE": "nobody"})
    elsewhere = await place.panka("doctor", "--json", "--temporal-address", "127.0.0.1:1")
    unset = await place.panka("doctor", "--json", env={"PANKA_BUCKET": ""})
    people = await place.panka("doctor")

    assert (no_worker.code, health(no_worker)["worker"]) == (69, "error")
    assert any("panka worker" in one for one in mends(no_worker))
    assert well.code == 0
    assert {name for name, one in health(well).items() if one != "ok"} == set()
    assert (unsearchable.code, health(unsearchable)["search"]) == (0, "warning")
    mend = "temporal operator search-attribute create --namespace default --name PankaPhase --type Keyword"
    assert mend in mends(unsearchable)
    assert (loose.code, health(loose)["backend"]) == (1, "error")
    assert "bucket panka-state keeps every version" in loose.out
    assert "panka backend create" in mends(loose)
    assert (nobody.code, health(nobody)["credentials"]) == (77, "error")
    assert (elsewhere.code, health(elsewhere)["Temporal"], health(elsewhere)["worker"]) == (69, "error", "unknown")
    assert (unset.code, health(unset)["settings"]) == (64, "error")
    assert "help: panka backend create" in people.out
    (await place.panka("backend", "create")).ok()
    mended = (await place.panka("doctor", "--json")).ok()
    assert set(health(mended).values()) == {"ok"}


async def test_a_backend_is_made_also_when_temporal_is_away(place: World) -> None:
    await place.kill(place.temporal)

    made = (await place.panka("backend", "create")).ok()

    assert "panka-state" in made.out
    assert "No search attributes were registered. Temporal does not answer" in made.err


async def fate(place: World, address: str, wanted: str) -> Any:
    """The answer about a component, once a step of it is as wanted."""
    async with asyncio.timeout(120):
        while True:
            said = await place.panka("why", address, "--stack", "small", "-o", "json")
            if said.code == 0 and wanted in {one["fate"] for one in said.json["steps"]}:
                return said
            await asyncio.sleep(0.5)


async def test_a_component_says_why_it_waits_fails_and_was_skipped(place: World) -> None:
    (place.folder / "small.yaml").write_text(STACK)
    nothing = await place.panka("why", "jobs", "--stack", "small")
    plan = (await place.panka("plan", "small.yaml", "-o", "name")).ok().out.strip()
    planned = (await place.panka("why", "late", "--stack", "small", "--plan", plan)).ok()
    await place.start_worker()
    (await place.panka("apply", plan, "-y", "--on-failure", "pause", "--detach")).ok()

    failed = await fate(place, "late", "failed")
    waits = (await place.panka("why", "api/after", "--stack", "small")).ok()
    unknown = await place.panka("why", "lat", "--stack", "small")
    link = (await place.panka("open", "small")).ok()
    (await place.panka("abort", "small")).ok()
    await place.panka("watch", "small")
    skipped = (await place.panka("why", "after", "--stack", "small")).ok()

    assert nothing.code == 64
    assert "late:main  create" in planned.out
    assert "NoSuchBucket" in failed.out
    assert "panka retry small late:main" in failed.err
    assert "after:main  create  waits" in waits.out
    assert "waits for late:main (failed)" in waits.out
    assert "panka why late:main --stack small" in waits.err
    assert unknown.code == 64
    assert "did you mean `late`?" in unknown.err
    assert link.out.startswith(f"http://127.0.0.1:{place.temporal_port + 1000}/namespaces/default/workflows/")
    assert "acme%2Fsmall%2Fdev/" in link.out
    assert "after:main  create  skipped" in skipped.out
    assert "rolled back" in skipped.out


async def test_settings_are_shown_with_where_they_come_from(place: World) -> None:
    (place.folder / "panka.toml").write_text('task_queue = "blue"\nlock_timeout = "5m"\n')

    shown = (await place.panka("config", "--show-origin", "-e", "prod")).ok()
    data = (await place.panka("config", "-o", "json")).ok().json["settings"]

    lines = {line.split()[0]: line.split()[1:] for line in shown.out.splitlines()}
    assert lines["environment"] == ["prod", "-e/--env"]
    assert lines["tenant"] == ["acme", "PANKA_TENANT"]
    assert lines["task_queue"] == ["blue", str(place.folder / "panka.toml")]
    assert lines["temporal_namespace"] == ["default", "default"]
    assert data["lock_timeout"] == {"value": 300.0, "origin": str(place.folder / "panka.toml")}
