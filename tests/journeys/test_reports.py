"""Pages of plans and runs, from the installed command and from the bucket."""

from pathlib import Path

from playwright.async_api import Browser

from plugins.chromium import chromium, reading
from plugins.world import World, until

STACK = """
apiVersion: core.panka.io/v1
kind: Stack
metadata: {name: small}
spec:
  provider: {name: aws, region: eu-west-1}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: jobs, service: api}
spec:
  visibilityTimeout: 30
  deadLetterQueue: {enabled: true}
"""


async def filed(place: World, run: int) -> bytes:
    """What a run has left in the bucket, soon after its end."""
    s3, key = place.client("s3"), f"tenants/acme/stacks/small/dev/reports/{run:08d}.html"
    await until(lambda: s3.list_objects_v2(Bucket="panka-state", Prefix=key)["KeyCount"] == 1, 30, "the report")
    body: bytes = s3.get_object(Bucket="panka-state", Key=key)["Body"].read()
    return body


async def test_a_plan_is_a_page_and_its_run_leaves_one_that_show_makes_again(place: World) -> None:
    (place.folder / "small.yaml").write_text(STACK)
    await place.start_worker()
    planned = (await place.panka("plan", "small.yaml", "--html", "plan.html")).ok()
    id = planned.err.split("panka apply ")[1].split()[0]

    (await place.panka("apply", id, "-y")).ok()
    shown = (await place.panka("show", "small#1", "--html")).ok()

    page = (place.folder / "small-1.html").read_bytes()
    assert page == await filed(place, 1)
    assert "Report: plan.html" in planned.err
    assert "Report: small-1.html" in shown.err
    assert (await place.panka("show", "small#1", "--html", "-")).ok().out.rstrip().encode() == page.rstrip()
    async with chromium() as browser:
        await assert_read(browser, place.folder / "plan.html", "Plan · acme/small/dev", "2 create")
        await assert_read(browser, place.folder / "small-1.html", "Run #1 · acme/small/dev", "2 done")


async def assert_read(browser: Browser, file: Path, title: str, chip: str) -> None:
    """A page with two boxes that a browser has nothing to say against."""
    async with reading(browser, file) as reader:
        assert await reader.page.title() == title
        assert await reader.page.locator(".node").count() == 2
        assert await reader.page.get_by_role("button", name=chip).is_visible()
        assert reader.complaints == []


async def test_a_page_that_cannot_be_written_is_said_so(place: World) -> None:
    (place.folder / "small.yaml").write_text(STACK)

    said = await place.panka("plan", "small.yaml", "--html", "no/such/folder/plan.html")

    assert said.code == 64
    assert "no/such/folder/plan.html cannot be written: No such file or directory." in said.err
