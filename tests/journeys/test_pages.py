"""README.md and the pages of docs/start are played line by line, and what comes of it is compared word by word.

A comment above each block says how it is tried: `file: NAME` is written to that file; `run: WHERE` holds commands;
`said: WHERE` holds commands, each with what it says on stdout; `refused: WHERE` one whose mistake it shows, on stderr;
`by hand: WHY` is not tried here. WHERE is `local`, beside `panka dev`, or `aws`, beside a server and an AWS endpoint.
"""

import asyncio
import os
import re
import shlex
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from plugins.world import PANKA, until, world

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs" / "start").glob("*.md")))
BLOCK = re.compile(r"^([^\n]*)\n```[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = re.compile(r"<!-- (file|run|said|refused|by hand): (.+) -->")
TRIED = frozenset({"run", "said", "refused"})
ASKS = frozenset({"apply", "destroy", "rollback"})
"""Commands that ask before they change something; nobody is here to answer."""
CHANGING = {
    r"\bp-[0-9a-f]{6,12}\b": "p-…",
    r"\b(\d+m)?\d+s\b": "…s",
    r"127\.0\.0\.1:\d+": "…",
    " {2,}": "  ",
}
"""What is another each time, and how wide its column is."""
SVG = "http://www.w3.org/2000/svg"
"""The namespace, which nobody fetches."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a page, and what its mark says."""

    what: str
    more: str
    text: str


def blocks(page: str) -> list[Block]:
    """All blocks of a page. Raises ValueError at one that nobody has marked."""
    found = []
    for before, text in BLOCK.findall(page):
        mark = MARK.fullmatch(before)
        if mark is None or (mark[1] in TRIED and mark[2] not in {"local", "aws"}):
            raise ValueError(f"This block says not how it is tried:\n{text}")
        found.append(Block(mark[1], mark[2], text))
    if 2 * len(found) != len(re.findall(r"^\s*```", page, re.MULTILINE)):
        raise ValueError("There is a block that does not begin in the first column.")
    return found


@dataclass
class Reader:
    """Somebody who does what a page says."""

    folder: Path
    env: Mapping[str, str]
    plan: str = ""
    """The last plan that was shown."""
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def do(self, line: str, *, refused: bool = False) -> str:
        """Runs one line, and gives what it says on stdout; of one that is refused, why."""
        words = shlex.split(re.sub(r"\s#.*", "", line))  # shlex's own comments begin within `shop#43`, too
        if words[0] == "export":
            self.env = {**self.env, **dict(word.split("=", 1) for word in words[1:])}
            return ""
        assert words[0] == "panka", f"Only Panka's commands are run here: {line}"
        if words[1:] in (["dev"], ["worker"]):
            await self.begin(words[1])
            return ""
        words = [re.sub(r"^p-[0-9a-f]+$", self.plan, word) for word in words[1:]]
        process = await self._start(*words, *(["-y"] if words[0] in ASKS and "-y" not in words else []))
        out, err = (said.decode() for said in await asyncio.wait_for(process.communicate(), 230))
        assert (process.returncode != 0) is refused, f"{line}: exit {process.returncode}\n{out}\n{err}"
        if shown := re.search(r"^Plan (p-\w+):", out, re.MULTILINE):
            self.plan = shown[1]
        return err if refused else out

    async def begin(self, part: str) -> None:
        """Starts what runs on, unless it runs, and waits until it takes work."""
        log = self.folder / f"{part}.log"
        if not log.exists():
            with log.open("wb") as said:
                await self._start(part, out=said.fileno())
            await until(lambda: "orker is ready" in log.read_text() or "worker ready" in log.read_text(), 120, part)

    async def _start(self, *words: str, out: int = asyncio.subprocess.PIPE) -> asyncio.subprocess.Process:
        line, nothing = (*PANKA, *words), asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(
            *line, cwd=self.folder, env=self.env, stdin=nothing, stdout=out, stderr=out
        )
        self.processes.append(process)
        return process


@asynccontextmanager
async def reader(folder: Path, env: Mapping[str, str]) -> AsyncIterator[Reader]:
    """Somebody with a copy of the examples, who ends what runs on in the end."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / "worker").mkdir()
    (folder / "worker" / "main.py").write_text("def handler(event, context):\n    return {}\n")
    kept = {name: value for name, value in env.items() if name not in {"PANKA_ENV", "PANKA_TENANT"}}
    one = Reader(folder, {**kept, "CI": "true", "PANKA_USER": "ana"})
    try:
        yield one
    finally:
        for process in reversed(one.processes):
            if process.returncode is None:
                process.terminate()
                await process.wait()


async def play(page: list[Block], where: str, one: Reader) -> int:
    """Does what the page's blocks for this place say; how many commands that were."""
    count = 0
    for block in page:
        if block.what == "file":
            (one.folder / block.more).parent.mkdir(parents=True, exist_ok=True)
            (one.folder / block.more).write_text(block.text)
        if block.more != where:
            continue
        commands = [
            line.removeprefix("$ ") for line in block.text.splitlines() if block.what == "run" or line[:2] == "$ "
        ]
        said = "".join(
            [f"$ {command}\n{await one.do(command, refused=block.what == 'refused')}" for command in commands]
        )
        assert block.what == "run" or constant(said) == constant(block.text)
        count += len(commands)
    return count


def constant(said: str) -> list[str]:
    """Lines without what is another each time."""
    for changing, constantly in CHANGING.items():
        said = re.sub(changing, constantly, said)
    return [line.rstrip() for line in said.splitlines() if line.strip()]


def home() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PANKA_", "AWS_"))}


def read(page: Path) -> list[Block]:
    return blocks(page.read_text())


def pages(where: str) -> list[Path]:
    return [page for page in PAGES if any(block.more == where for block in read(page))]


@pytest.mark.parametrize("page", pages("local"), ids=lambda page: page.stem)
async def test_what_a_page_says_to_do_with_panka_dev_comes_out_as_it_says(page: Path, tmp_path: Path) -> None:
    async with reader(tmp_path, home()) as one:
        await one.begin("dev")  # else each command before the page's own `panka dev` would start a session

        assert await play(read(page), "local", one) >= 3


@pytest.mark.parametrize("page", pages("aws"), ids=lambda page: page.stem)
async def test_what_a_page_says_to_do_beside_temporal_and_aws_comes_out_as_it_says(page: Path, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "project").mkdir()
    async with world(tmp_path / "parts") as parts, reader(tmp_path / "project", parts.env) as one:
        assert await play(read(page), "aws", one) >= 3


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_of_a_page_says_how_it_is_tried(page: Path) -> None:
    assert read(page)


@pytest.mark.parametrize(
    "page",
    [
        "Do:\n```sh\npanka plan\n```\n",
        "<!-- run: somewhere -->\n```\npanka plan\n```\n",
        "- Do:\n  ```\n  panka plan\n  ```\n",
    ],
    ids=["unmarked", "nowhere", "indented"],
)
def test_a_block_that_would_not_be_tried_is_found(page: str) -> None:
    with pytest.raises(ValueError, match="block"):
        blocks(page)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_a_page_outside_the_site_is_short_and_its_links_lead_somewhere(name: str) -> None:
    page = (ROOT / name).read_text()

    links = {link for link in re.findall(r"\]\(([^)#]+)", page) if "://" not in link}

    assert links
    assert [link for link in sorted(links) if not (ROOT / link).exists()] == []
    assert len(page.splitlines()) < 200


def test_the_recording_is_one_small_file_that_needs_nothing_else() -> None:
    picture = (ROOT / "docs" / "images" / "recording.svg").read_text()

    tags = {one.tag.rpartition("}")[2] for one in ET.fromstring(picture).iter()}

    assert tags == {"svg", "title", "style", "defs", "g", "text", "rect", "use"}
    assert re.findall(r"https?://[^\"]+|url\(|@import", re.sub(r"<text.*?</text>", "", picture)) == [SVG]
    assert len(picture.encode()) < 200_000
