"""Diagnostics as programs read them: JSON, annotations of GitHub Actions, SARIF, JUnit."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, TypeAlias, get_args
from urllib.parse import quote
from xml.etree import ElementTree as ET

from panka.planner.diagnostics import CODES, Diagnostic, Label, Severity, Span
from panka.planner.render.diagnostics import MAX_ERRORS, SourceLine, block, cleaned, concise, full

Format: TypeAlias = Literal["full", "concise", "json", "github", "sarif", "junit"]
FORMATS: tuple[Format, ...] = get_args(Format)
DOCUMENTS: frozenset[Format] = frozenset(("json", "sarif", "junit"))
"""Formats whose whole output is one document: it is there even when nothing is wrong, and nothing stands beside it."""

SCHEMA_VERSION = 1
_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_CAMEL = re.compile(r"_([a-z])")


def rendered(
    form: Format,
    diagnostics: Sequence[Diagnostic],
    source_line: SourceLine,
    files: Iterable[str],
    *,
    max_errors: int = MAX_ERRORS,
) -> str:
    """The diagnostics in a format. `files` are the names of all that were checked; only text is cut at `max_errors`."""
    match form:
        case "full":
            return full(diagnostics, source_line, max_errors=max_errors)
        case "concise":
            return concise(diagnostics, max_errors=max_errors)
        case "json":
            return as_json(diagnostics)
        case "github":
            return github(diagnostics)
        case "sarif":
            return sarif(diagnostics)
        case "junit":
            return junit(diagnostics, source_line, files)


def as_json(diagnostics: Sequence[Diagnostic]) -> str:
    """An object with `schemaVersion`, the numbers of errors and warnings, and all diagnostics."""
    wrong = sum(one.severity is Severity.ERROR for one in diagnostics)
    said = {
        "schemaVersion": SCHEMA_VERSION,
        "errors": wrong,
        "warnings": len(diagnostics) - wrong,
        "diagnostics": [_object(one) for one in diagnostics],
    }
    return json.dumps(said, indent=2)


def _object(one: Diagnostic) -> dict[str, object]:
    return {
        "code": one.code,
        "title": CODES[one.code].title if one.code in CODES else "",
        "severity": str(one.severity),
        "summary": one.summary,
        "label": _label(one.label) if one.label else None,
        "secondary": [_label(label) for label in one.secondary],
        "notes": list(one.notes),
        "help": one.help,
    }


def _label(label: Label) -> dict[str, object]:
    span = label.span
    place = {"file": span.file, "line": span.line, "column": span.column, "endColumn": span.end_column}
    return {"span": place, "text": label.text}


def github(diagnostics: Sequence[Diagnostic]) -> str:
    """A workflow command each: GitHub shows them at the lines of a pull request."""
    return "".join(f"{_command(one)}\n" for one in diagnostics)


def _command(one: Diagnostic) -> str:
    title = f"{one.code}: {CODES[one.code].title}" if one.code in CODES else one.code
    properties = {**(_position(one.label.span) if one.label else {}), "title": title}
    return workflow_command(str(one.severity), properties, _message(one))


def workflow_command(name: str, properties: Mapping[str, str], message: str) -> str:
    """A line that GitHub Actions understands: `error`, `warning` or `notice` at a place."""
    said = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in properties.items())
    return f"::{name} {said}::{_escaped(message)}"


def _position(span: Span) -> dict[str, str]:
    return {
        "file": span.file,
        "line": str(span.line),
        "endLine": str(span.line),
        "col": str(span.column),
        "endColumn": str(span.end_column),
    }


def _escaped(text: str, more: str = "") -> str:
    """As workflow commands want it: `%` and line breaks in hexadecimal, in properties `:` and `,` as well."""
    return re.sub(f"[%\r\n{more}]", lambda found: f"%{ord(found[0]):02X}", text)


def _message(one: Diagnostic) -> str:
    """All that is said of a mistake beside its places, in lines."""
    label = [cleaned(one.label.text)] if one.label and one.label.text else []
    help = [f"help: {cleaned(one.help)}"] if one.help else []
    return "\n".join([cleaned(one.summary), *label, *(f"note: {cleaned(note)}" for note in one.notes), *help])


def sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """A SARIF 2.1.0 log of one run, with the rules that have results."""
    rules = sorted({one.code for one in diagnostics})
    run = {
        "tool": {"driver": {"name": "panka", "rules": [_rule(code) for code in rules]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, rules.index(one.code)) for one in diagnostics],
    }
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str) -> dict[str, object]:
    title, explanation = CODES.get(code, (code, ""))
    name = _CAMEL.sub(lambda found: found[1].upper(), title.replace(" ", "_"))
    return {
        "id": code,
        "name": name[:1].upper() + name[1:],
        "shortDescription": {"text": title},
        "fullDescription": {"text": explanation or title},
        "help": {"text": f"panka explain {code}"},
    }


def _result(one: Diagnostic, rule: int) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": one.code,
        "ruleIndex": rule,
        "level": str(one.severity),
        "message": {"text": _message(one)},
        "locations": [_location(one.label.span)] if one.label else [],
    }
    if one.secondary:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": cleaned(label.text)}, **_location(label.span)}
            for number, label in enumerate(one.secondary, start=1)
        ]
    return result


def _location(span: Span) -> dict[str, object]:
    region = {"startLine": span.line, "startColumn": span.column, "endColumn": span.end_column}
    return {"physicalLocation": {"artifactLocation": {"uri": quote(span.file)}, "region": region}}


def junit(diagnostics: Sequence[Diagnostic], source_line: SourceLine, files: Iterable[str]) -> str:
    """A suite in which each mistake is a case that fails; files and warnings are cases that pass."""
    faulty = {one.label.span.file for one in diagnostics if one.label}
    right = sorted(set(files) - faulty)
    failures = sum(one.severity is Severity.ERROR for one in diagnostics)
    counts = {"tests": str(len(right) + len(diagnostics)), "failures": str(failures), "errors": "0"}
    suites = ET.Element("testsuites", counts)
    suite = ET.SubElement(suites, "testsuite", {"name": "panka validate", **counts})
    for file in right:
        ET.SubElement(suite, "testcase", {"classname": cleaned(file), "name": "is valid"})
    for one in diagnostics:
        _case(suite, one, source_line)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode")


def _case(suite: ET.Element, one: Diagnostic, source_line: SourceLine) -> None:
    span = one.label.span if one.label else None
    place = {"file": cleaned(span.file), "line": str(span.line)} if span else {}
    where = f" at {span.line}:{span.column}" if span else ""
    summary = cleaned(one.summary)
    named = {"classname": place.get("file", "stack"), "name": f"{one.code}{where}: {summary}", **place}
    case = ET.SubElement(suite, "testcase", named)
    if one.severity is Severity.ERROR:
        ET.SubElement(case, "failure", {"type": one.code, "message": summary}).text = block(one, source_line)
    else:
        ET.SubElement(case, "system-out").text = block(one, source_line)
