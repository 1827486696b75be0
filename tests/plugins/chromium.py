"""A real browser, without a window, for pages that are files."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

NAMES = ("chromium", "google-chrome", "chromium-browser")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The machine's own Chromium; skips the test where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"No Chromium is installed: none of {', '.join(NAMES)} is on PATH (apt-get install chromium).")
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=found, args=["--no-sandbox"], timeout=120_000)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Reader:
    """Somebody who reads a page, and all that the page does beside being read."""

    page: Page
    asked: list[str] = field(default_factory=list)
    """Addresses that it has asked for."""
    complaints: list[str] = field(default_factory=list)
    """Errors, and what is written to the console."""

    async def classes(self, css: str) -> list[str]:
        """The `data-i` of what is there by a selector."""
        found: list[str] = await self.page.eval_on_selector_all(css, "all => all.map(one => one.dataset.i)")
        return found

    async def colour(self, css: str, property: str = "background-color") -> str:
        """A colour as the browser has worked it out."""
        script = "(one, name) => getComputedStyle(one).getPropertyValue(name)"
        return str(await self.page.eval_on_selector(css, script, property))


@asynccontextmanager
async def reading(browser: Browser, file: Path, **how: Any) -> AsyncIterator[Reader]:
    """A page in a browser that has been nowhere before."""
    context = await browser.new_context(viewport={"width": 1360, "height": 1000}, **how)
    context.set_default_timeout(60_000)
    reader = Reader(await context.new_page())
    reader.page.on("request", lambda request: reader.asked.append(request.url))
    reader.page.on("console", lambda message: reader.complaints.append(message.text))
    reader.page.on("pageerror", lambda error: reader.complaints.append(str(error)))
    try:
        await reader.page.goto(file.as_uri())
        yield reader
    finally:
        await context.close()
