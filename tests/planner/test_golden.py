"""What users see of each mistake, word by word: `golden/*.md` hold YAML files beside the exact output.

A file has one case for each `## ` heading: fenced blocks that name a file (`yaml stack.yaml`; `hex` for bytes that
are no text, `size` for a file of so many bytes), options of the command line if need be (`options`), and the expected
output (`text`). A case whose `tenant.yaml` is a TenantConfig is about that tenant, and what its stack may have. Look at
every difference that `PANKA_REWRITE_GOLDEN=1 pytest tests/planner/test_golden.py` makes before you keep it.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from panka.planner.allowance import Home
from panka.planner.assemble import make_plan
from panka.planner.compile import Compiled
from panka.planner.component import Component, ComponentSpec, Context, Inbound, Kind, Lowered
from panka.planner.diagnostics import CODES, Diagnostic, Findings, Invalid, errors, in_order
from panka.planner.kinds import KINDS
from panka.planner.language.documents import SourceFile
from panka.planner.owner import Scope
from panka.planner.render.diagnostics import full
from panka.planner.resource import STACK, Address, Resource
from panka.planner.stack import Draft, Options, read_stack
from panka.planner.state import Target
from panka.planner.tenancy import read_tenant

GOLDEN = Path(__file__).parent / "golden"
REWRITE = bool(os.environ.get("PANKA_REWRITE_GOLDEN"))
SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")
HOME = Home(SCOPE.tenant, SCOPE.environment, TARGET.region)
FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Files:
    """A stack in memory."""

    files: dict[str, bytes]
    root: str = "."

    def paths(self) -> list[str]:
        return sorted(self.files)

    def read(self, path: str) -> bytes:
        return self.files[path]


class OwnSpec(ComponentSpec):
    sends_to: str = ""
    size: int = 1


def _lower(component: Component[OwnSpec], context: Context) -> Lowered:
    shared = Resource(Address.of(STACK, "shared"), "AWS::ECS::Cluster", {"Size": component.spec.size}, kind="Own")
    inbound = (Inbound(component.spec.sends_to, {}),) if component.spec.sends_to else ()
    return Lowered((shared,), {}, inbound=inbound)


def _mentions(spec: OwnSpec) -> list[tuple[str, tuple[str]]]:
    return [(spec.sends_to, ("sendsTo",))] if spec.sends_to else []


OWN_KINDS = {"Own": Kind("Own", OwnSpec, _lower, {}, _mentions)}
"""A kind that makes mistakes which none of Panka's own can make. It is there in stacks that use it."""


@dataclass(frozen=True)
class TenantDraft:
    """A TenantConfig, and the stack that is held to it, if there is one."""

    file: SourceFile
    stack: Draft | None

    @property
    def files(self) -> dict[str, SourceFile]:
        return {self.file.name: self.file, **(self.stack.files if self.stack else {})}

    def source_line(self, file: str, line: int) -> str:
        return self.files[file].lines[line - 1]


@dataclass
class Case:
    golden: Path
    title: str
    files: dict[str, bytes] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    expected: str = ""

    def __str__(self) -> str:
        return f"{self.golden.stem}: {self.title}"

    def read(self) -> Draft | TenantDraft:
        if b"kind: TenantConfig" in (text := self.files.get("tenant.yaml", b"")):
            others = {name: text for name, text in self.files.items() if name != "tenant.yaml"}
            stack = read_stack(Files(others), Options()) if others else None
            return TenantDraft(SourceFile("tenant.yaml", "tenant.yaml", text.decode()), stack)
        said = dict(zip(self.options[::2], self.options[1::2], strict=True))
        kinds = {**KINDS, **OWN_KINDS} if b"kind: Own" in b"".join(self.files.values()) else KINDS
        return read_stack(Files(self.files), Options(said.get("--env"), tenant=said.get("--tenant")), kinds)


def cases_of(path: Path) -> Iterator[Case]:
    for section in re.split(r"^## ", path.read_text(), flags=re.MULTILINE)[1:]:
        case = Case(path, section.partition("\n")[0].strip())
        for block in FENCE.finditer(section):
            language, _, name = block["info"].partition(" ")
            if language == "options":
                case.options = block["body"].split()
            elif language == "text":
                case.expected = block["body"]
            else:
                case.files[name] = written(language, block["body"])
        yield case


def written(language: str, body: str) -> bytes:
    """The bytes of a file that a fenced block describes."""
    match language:
        case "hex":
            return bytes.fromhex(body)
        case "size":
            return b"x" * int(body)
        case _:
            return body.encode()


def found_in(draft: Draft | TenantDraft) -> tuple[Diagnostic, ...]:
    """All that `panka plan` would tell before a first run, or of a tenant all that is wrong with it."""
    if isinstance(draft, TenantDraft):
        findings = Findings()
        tenant = read_tenant(draft.file, findings)
        if tenant is None or draft.stack is None:
            return findings.all()
        assert not draft.stack.diagnostics
        return draft.stack.beyond(tenant, draft.stack.compile(SCOPE, TARGET), HOME)
    if errors(draft.diagnostics):
        return draft.diagnostics
    made = draft.compile(SCOPE, TARGET)
    found = in_order((*draft.diagnostics, *made.diagnostics))
    return found if errors(found) else in_order((*found, *unplannable(made)))


def unplannable(made: Compiled) -> tuple[Diagnostic, ...]:
    try:
        make_plan(SCOPE, TARGET, made.resources, made.outputs, None, None)
    except Invalid as refused:
        return refused.diagnostics
    return ()


CASES = [case for path in sorted(GOLDEN.glob("*.md")) for case in cases_of(path)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_shown_word_by_word_as_recorded(case: Case) -> None:
    draft = case.read()
    found = found_in(draft)

    shown = full(found, draft.source_line)

    if REWRITE:
        rewrite(case, shown)
    assert case.golden.stem in {one.code for one in found} | {"several"}
    assert shown == case.expected or REWRITE


OF_THE_RECORD = {"PK362", "PK363", "PK364", "PK365", "PK367", "PK368", "PK369"}
"""What only a comparison with the record or with AWS finds: tests of blocks, selections and protection show them."""


@pytest.mark.parametrize("code", sorted(CODES.keys() - OF_THE_RECORD))
def test_every_code_is_shown_at_least_once(code: str) -> None:
    assert (GOLDEN / f"{code}.md").exists()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_place_lies_in_the_files(case: Case) -> None:
    draft = case.read()

    for one in found_in(draft):
        for label in (one.label, *one.secondary):
            if label is not None:
                text = draft.source_line(label.span.file, label.span.line)
                assert label.span.file in draft.files
                assert 1 <= label.span.column < label.span.end_column <= len(text) + 2


def rewrite(case: Case, shown: str) -> None:
    """Puts the output in the place of the recorded one; a case without one gets it at its end."""
    head, heading, rest = case.golden.read_text().partition(f"## {case.title}\n")
    section, following, others = rest.partition("\n## ")
    recorded = next((one for one in FENCE.finditer(section) if one["info"] == "text"), None)
    if recorded is None:
        section = f"{section.rstrip()}\n\n```text\n{shown}```\n"
    else:
        section = f"{section[: recorded.start()]}```text\n{shown}```{section[recorded.end() :]}"
    case.golden.write_text(f"{head}{heading}{section}{following}{others}")
