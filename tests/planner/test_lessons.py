"""Every lesson keeps its word: its wrong YAML has just the mistake that it is about, its right YAML has none."""

import re

import pytest

from panka.planner.allowance import Home
from panka.planner.assemble import make_plan
from panka.planner.diagnostics import CODES, Diagnostic, Findings, Invalid, errors, in_order
from panka.planner.language.documents import SourceFile
from panka.planner.lessons import explained
from panka.planner.owner import Scope
from panka.planner.stack import Options, read_stack
from panka.planner.state import Target
from panka.planner.tenancy import read_tenant

SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="1", region="eu-west-1")
TENANT = "tenant.yaml"
"""A lesson on tenants shows this file, which is no stack's."""
SHOWN = sorted(code for code in CODES if explained(code).wrong)
UNSHOWABLE = {
    "PK002": "bytes that are no text",
    "PK204": "a sender whose target is of a kind that lets nobody in",
    "PK362": "what is on record already",
    "PK363": "a record and a selection",
    "PK364": "what AWS has not",
    "PK365": "what AWS has",
    "PK367": "another stack's record",
    "PK368": "a tenant, and what is on record",
    "PK369": "what is on record",
    "PK208": "another stack whose record lacks the output",
    "PK320": "files of many kilobytes",
    "PK355": "kinds that disagree on what they share",
}
"""Codes whose mistake no YAML of Panka's own kinds can show."""


class Files:
    root = "."

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def paths(self) -> list[str]:
        return sorted(self.files)

    def read(self, path: str) -> bytes:
        return self.files[path].encode()


def completed(fragment: str) -> Files:
    """The stack that a lesson's YAML stands for."""
    named = re.split(r"^# ([\w./-]+)\n", fragment, flags=re.MULTILINE)
    files = dict(zip(named[1::2], named[2::2], strict=True)) if named[1:] else {"services/api/example.yaml": fragment}
    if not re.search(r"^kind: Stack$", fragment, re.MULTILINE):
        files["stack.yaml" if "stack.yaml" not in files else "other.py"] = "kind: Stack\nmetadata: {name: shop}\n"
    return Files({name: _with_version(text) for name, text in files.items()})


def _with_version(text: str) -> str:
    documents = text.split("---\n")
    return "---\n".join(
        one if one.startswith("apiVersion") else re.sub(r"^kind:", "apiVersion: panka.io/v1\nkind:", one)
        for one in documents
    )


def found_in(fragment: str) -> tuple[Diagnostic, ...]:
    files = completed(fragment)
    if TENANT in files.files:
        findings = Findings()
        tenant = read_tenant(SourceFile(TENANT, TENANT, files.files.pop(TENANT)), findings)
        if tenant is None:
            return findings.all()
    else:
        tenant = None
    draft = read_stack(files, Options())
    if errors(draft.diagnostics):
        return draft.diagnostics
    made = draft.compile(SCOPE, TARGET)
    beyond = draft.beyond(tenant, made, Home("acme", "prod", "eu-west-1")) if tenant else ()
    told = in_order((*draft.diagnostics, *made.diagnostics, *beyond))
    if errors(told):
        return told
    try:
        make_plan(SCOPE, TARGET, made.resources, made.outputs, None, None)
    except Invalid as refused:
        return refused.diagnostics
    return told


@pytest.mark.parametrize("code", SHOWN)
def test_the_wrong_yaml_has_just_this_mistake(code: str) -> None:
    assert {one.code for one in found_in(explained(code).wrong)} == {code}


@pytest.mark.parametrize("code", SHOWN)
def test_the_right_yaml_has_no_mistake(code: str) -> None:
    assert found_in(explained(code).right) == ()


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_is_taught_in_a_paragraph_with_both_ways_to_write_it(code: str) -> None:
    lesson = explained(code)

    assert lesson.text.count(".") >= 2
    assert (lesson.wrong and lesson.right) or code in UNSHOWABLE
