"""Takes the pictures of docs/operate/web-ui.md: a running, a paused and a failed run of examples/shop.

    python tools/web_ui_pictures.py [--browser /usr/bin/chromium]

It starts a session of `panka dev` in a folder of its own, three stacks in it, and ends all of it. Needs Playwright.
"""

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from playwright.async_api import FloatRect, Page, ViewportSize, async_playwright
from temporalio.client import Client

from panka.cli.converting import DATA_CONVERTER
from panka.cli.dev import LocalInfo, start

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/images"
WINDOW: ViewportSize = {"width": 1380, "height": 880}
PART: FloatRect = {"x": 257, "y": 60, "width": 1123, "height": 820}
"""Without the bars at the top and at the left."""
PATIENCE = 120
"""Seconds for everything that is waited for."""

SITE = """\
apiVersion: components.panka.io/v1
kind: CloudFront
metadata: {name: site}
spec:
  origins:
    - {id: pages, component: images}
"""
RECEIPTS = """\
apiVersion: components.panka.io/v1
kind: Lambda
metadata: {name: receipts}
spec:
  runtime: python3.13
  handler: app.handler
  code: {s3Bucket: acme-releases, s3Key: receipts.zip}
"""
"""Nobody has made the bucket."""
STACKS = {
    # name: what it has more than the shop, how it is applied, the phase and the steps that run then, the page to show
    "running": (SITE, (), ("forward", ["site:main"]), "user-metadata"),
    "paused": (RECEIPTS, ("--on-failure", "pause"), ("paused", []), "user-metadata"),
    "failed": (RECEIPTS, (), ("ended", []), "timeline"),
}


@contextmanager
def session(folder: Path) -> Iterator[LocalInfo]:
    """The embedded parts, where a distribution takes a quarter of an hour, as in AWS."""
    local = start(folder, print)
    try:
        transition = {"progression": "time", "seconds": 900}
        body = json.dumps({"model_name": "cloudfront::distribution", "transition": transition}).encode()
        url = f"{local.info.endpoint_url}/moto-api/state-manager/set-transition"
        urllib.request.urlopen(urllib.request.Request(url, body)).close()
        yield local.info
    finally:
        local.stop()


def stack(folder: Path, name: str, more: str) -> Path:
    """The shop under another name, with one component more."""
    made = folder / name
    shutil.copytree(ROOT / "examples/shop", made)
    for path in (made / "stack.yaml", *made.glob("environments/*.yaml")):
        path.write_text(path.read_text().replace("name: shop\n", f"name: {name}\n"))
    (made / "services/catalog/more.yaml").write_text(more)
    return made


def apply(folder: Path, name: str, flags: tuple[str, ...]) -> None:
    """Starts a run of the stack."""
    line = [sys.executable, "-m", "panka.cli", "apply", "--local", "-y", "--detach", "-t", "acme", "-e", "prod"]
    subprocess.run([*line, "--user", "ana", *flags, name], cwd=folder, check=True, timeout=PATIENCE)


async def until(client: Client, name: str, wanted: tuple[str, list[str]]) -> None:
    """Returns when a run is in a phase, and nothing but some steps runs."""
    handle = client.get_workflow_handle(f"acme/{name}/prod")
    async with asyncio.timeout(PATIENCE):
        while True:
            told = await handle.query("progress")
            if (told["phase"], told["running"]) == wanted:
                return
            await asyncio.sleep(0.5)


async def show(page: Page, info: LocalInfo, name: str, tab: str) -> None:
    """The run's page, as somebody comes to it from the list."""
    await page.goto(f"{info.ui_url}/namespaces/default/workflows/{quote(f'acme/{name}/prod', safe='')}")
    await page.get_by_text("Pending Activities").first.wait_for()
    await page.wait_for_timeout(4_000)
    if tab == "user-metadata":
        await page.get_by_text("User Metadata").first.click()
        await page.frame_locator("iframe").last.locator("table").first.wait_for()
    await page.wait_for_timeout(4_000)


async def take(folder: Path, info: LocalInfo, browser: str | None) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    client = await Client.connect(info.temporal_address, data_converter=DATA_CONVERTER)
    for name, (more, flags, _, _) in STACKS.items():
        stack(folder, name, more)
        apply(folder, name, flags)
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, (_, _, wanted, tab) in STACKS.items():
            await until(client, name, wanted)
            page = await opened.new_page(viewport=WINDOW)
            page.set_default_timeout(PATIENCE * 1000)
            await show(page, info, name, tab)
            picture = PICTURES / f"web-ui-{name}.png"
            await page.screenshot(path=picture, clip=PART)
            await page.close()
            print(f"{picture.relative_to(ROOT)}: {picture.stat().st_size // 1024} kB")
        await opened.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--browser", default=shutil.which("chromium"), help="default: chromium, else Playwright's own")
    browser = parser.parse_args().browser
    with tempfile.TemporaryDirectory() as folder, session(Path(folder)) as info:
        asyncio.run(take(Path(folder), info, browser))


if __name__ == "__main__":
    main()
