"""Reports in a real browser: what a reader can do with them, and what they do by themselves, which is nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from panka.planner.render.filling import of_plan, of_run, of_stack
from panka.planner.render.html import html
from panka.planner.render.picture import Node, Picture
from plugins.chromium import Reader, chromium, reading
from plugins.sheets import DENIED, PLAN, RAN, harmful

STACK = Picture((Node("jobs", "api/jobs", "SQS", 0, ()), Node("server", "api/server", "Lambda", 1, ("jobs",))), ())
PAGES = {
    "plan": html(of_plan(PLAN)),
    "run": html(of_run(PLAN, RAN)),
    "stack": html(of_stack("shop", STACK)),
    "harmful": html(of_run(*harmful())),
}
GROUP, CACHE, SERVER, FRONT, LEGACY, OLD = "012345"
"""The boxes of the plan, in their order."""


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, page in PAGES.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


@pytest.fixture
async def run(browser: Browser, folder: Path) -> AsyncIterator[Reader]:
    async with reading(browser, folder / "run.html") as reader:
        yield reader
        assert reader.complaints == []


@pytest.mark.parametrize("name", PAGES)
async def test_a_page_asks_the_network_for_nothing_and_complains_of_nothing(
    browser: Browser,
    folder: Path,
    name: str,
) -> None:
    async with reading(browser, folder / f"{name}.html") as reader:
        await reader.page.keyboard.press("/")
        await reader.page.keyboard.type("a")
        await reader.page.keyboard.press("Escape")

        assert [url for url in reader.asked if not url.startswith("data:")] == [(folder / f"{name}.html").as_uri()]
        assert reader.complaints == []


@pytest.mark.parametrize("policy", [True, False], ids=["with-its-policy", "without"])
async def test_what_users_and_aws_have_said_does_not_run(
    browser: Browser,
    folder: Path,
    policy: bool,
) -> None:
    async with reading(browser, folder / "harmful.html", bypass_csp=not policy) as reader:
        for place in range(await reader.page.locator(".node").count()):
            await reader.page.locator(".node").nth(place).click()

        assert "harmed" not in (await reader.page.title()).split(" · ")[0]
        assert await reader.page.title() == "Run #1 · acme/shop/prod"
        assert await reader.page.locator("main script, main img, aside script, aside img").count() == 0
        assert "<script>" in await reader.page.locator("main").inner_text()


async def test_the_policy_lets_no_other_script_run(run: Reader) -> None:
    await run.page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'harm = 1'}))")

    assert await run.page.evaluate("typeof harm") == "undefined"
    assert any("Content Security Policy" in said for said in run.complaints)
    run.complaints.clear()


async def test_hovering_over_a_box_shows_all_that_it_needs_and_all_that_needs_it(run: Reader) -> None:
    await run.page.locator(f'.node[data-i="{CACHE}"]').hover()

    assert await run.classes(".node.up") == [GROUP]
    assert await run.classes(".node.down") == [SERVER, FRONT]
    assert await run.page.locator(".line.up").count() == 1
    assert await run.page.locator(".line.down").count() == 2
    await run.page.locator("h1").hover()
    assert await run.classes(".node.up, .node.down") == []


async def test_hovering_over_a_row_shows_its_box(run: Reader) -> None:
    await run.page.locator(f'tr[data-i="{SERVER}"]').hover()

    assert await run.classes(".node.on") == [SERVER]


async def test_a_search_finds_names_types_properties_and_errors(run: Reader) -> None:
    async def found(said: str) -> list[str]:
        await run.page.keyboard.press("/")
        await run.page.locator("#search").fill(said)
        return sorted(await run.classes("tr[data-i]:not([hidden])"))

    assert await found("front") == [FRONT, OLD]
    assert await found("LoadBalancer replace") == [FRONT]
    assert await found("internet-facing") == [FRONT]
    assert await found("iam:passrole") == [SERVER]
    assert await found("no such thing") == []
    assert await run.page.locator("#count").inner_text() == "0 of 6"


async def test_what_is_not_found_fades_and_leaves_the_tables(run: Reader) -> None:
    await run.page.locator("#search").fill("front")

    assert await run.classes(".node.out") == [GROUP, CACHE, SERVER, LEGACY]
    assert await run.page.locator(".change:visible summary .name").all_inner_texts() == ["web/front"]


async def test_chips_choose_by_action_and_by_what_has_become_of_steps(run: Reader) -> None:
    await run.page.get_by_role("button", name="2 create").click()
    await run.page.get_by_role("button", name="1 update").click()
    assert sorted(await run.classes("tr[data-i]:not([hidden])")) == [GROUP, CACHE, SERVER]

    await run.page.get_by_role("button", name="1 failed").click()
    assert sorted(await run.classes("tr[data-i]:not([hidden])")) == [SERVER]

    for name in ("2 create", "1 update", "1 failed"):
        await run.page.get_by_role("button", name=name).click()
    assert len(await run.classes("tr[data-i]:not([hidden])")) == 6


async def test_slash_goes_to_the_search_and_escape_clears_everything(run: Reader) -> None:
    await run.page.keyboard.press("/")
    await run.page.keyboard.type("a/b")
    await run.page.get_by_role("button", name="1 failed").click()
    assert await run.page.locator("#search").input_value() == "a/b"

    await run.page.keyboard.press("Escape")

    assert await run.page.locator("#search").input_value() == ""
    assert len(await run.classes("tr[data-i]:not([hidden])")) == 6
    assert await run.page.locator('.chip[aria-pressed="true"]').count() == 0


async def test_arrows_go_from_box_to_box(run: Reader) -> None:
    async def at() -> str:
        return str(await run.page.evaluate("document.activeElement.dataset.i"))

    await run.page.locator(f'.node[data-i="{GROUP}"]').focus()

    for key, expected in (
        ("ArrowRight", CACHE), ("ArrowRight", SERVER), ("ArrowLeft", CACHE), ("ArrowLeft", GROUP), ("ArrowLeft", GROUP),
    ):  # fmt: skip
        await run.page.keyboard.press(key)
        assert await at() == expected
    await run.page.locator(f'.node[data-i="{LEGACY}"]').focus()
    await run.page.keyboard.press("ArrowDown")
    assert await at() == OLD
    await run.page.keyboard.press("ArrowUp")
    assert await at() == LEGACY


async def test_tab_goes_through_the_boxes_that_are_shown(run: Reader) -> None:
    await run.page.get_by_role("button", name="2 create").click()
    await run.page.locator(f'.node[data-i="{GROUP}"]').focus()

    await run.page.keyboard.press("Tab")
    assert await run.page.evaluate("document.activeElement.dataset.i") == CACHE
    await run.page.keyboard.press("Tab")
    assert not await run.page.evaluate("document.activeElement.matches('.node')")


async def test_enter_tells_all_of_a_box_and_escape_goes_back_to_it(run: Reader) -> None:
    await run.page.locator(f'.node[data-i="{SERVER}"]').focus()
    await run.page.keyboard.press("Enter")

    said = await run.page.locator("#panel").inner_text()
    for word in (
        "api/server",
        "ECS Service",
        "update failed",
        "took 3.0s",
        "tries 1",
        DENIED,
        "api/cache",
        "web/front",
    ):
        assert word in said, word
    assert '"server:1.3" -> "server:1.4"' in said

    await run.page.keyboard.press("Escape")

    assert await run.page.locator("#panel").is_hidden()
    assert await run.page.evaluate("document.activeElement.dataset.i") == SERVER


async def test_what_a_box_needs_can_be_gone_to(run: Reader) -> None:
    await run.page.locator(f'.node[data-i="{SERVER}"]').click()
    await run.page.locator("#panel").get_by_role("button", name="api/cache").click()

    assert await run.page.locator("#panel h2").inner_text() == "api/cache"
    assert await run.classes(".node.on") == [CACHE]


async def test_it_is_light_or_dark_as_its_reader_likes_it(
    browser: Browser,
    folder: Path,
) -> None:
    def brightness(colour: str) -> int:
        return sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(",")))

    for scheme, is_light in (("light", True), ("dark", False)):
        async with reading(browser, folder / "run.html", color_scheme=scheme) as reader:
            assert (brightness(await reader.colour("body")) > 600) is is_light
            assert (brightness(await reader.colour("body", "color")) < 200) is is_light
            assert (brightness(await reader.colour(".node rect", "fill")) > 600) is is_light
            assert (brightness(await reader.colour(".node .name", "fill")) < 200) is is_light


async def test_on_paper_everything_is_told_and_nothing_that_only_a_screen_has(
    browser: Browser,
    folder: Path,
) -> None:
    async with reading(browser, folder / "run.html", color_scheme="dark") as reader:
        sheets = await reader.page.pdf(print_background=True)
        await reader.page.emulate_media(media="print")

        assert sheets.startswith(b"%PDF")
        assert await reader.colour("body") == "rgb(255, 255, 255)"
        assert await reader.page.locator(".tools").is_hidden()
        assert await reader.page.locator(".steps table").is_visible()
        shut = reader.page.locator("details:not([open]) .lines").first
        assert await shut.is_visible()
        assert "cluster.nodeType" in await shut.inner_text()


async def test_no_text_of_a_box_leaves_it(run: Reader) -> None:
    beyond = await run.page.evaluate(
        """() => [...document.querySelectorAll(".node")].flatMap((node) => {
          const box = node.querySelector("rect").getBoundingClientRect();
          return [...node.querySelectorAll("text")].filter((one) => one.getBoundingClientRect().right > box.right)
            .map((one) => one.textContent);
        })"""
    )

    assert beyond == []


async def test_a_page_is_as_wide_as_its_reader_has_it(
    browser: Browser,
    folder: Path,
) -> None:
    async with reading(browser, folder / "run.html") as reader:
        for width in (1360, 700, 400):
            await reader.page.set_viewport_size({"width": width, "height": 800})

            assert await reader.page.evaluate("document.documentElement.scrollWidth") <= width
