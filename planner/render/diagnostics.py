"""Diagnostics as text: in full with the source quoted, one per line, or as JSON."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict

from panka.planner.diagnostics import Diagnostic, Label, Severity

SourceLine = Callable[[str, int], str]
"""A line of a file, by the file's name and the line's number from 1."""

SCHEMA_VERSION = 1
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_SECRET = re.compile(
    r"(?i)(password|passwd|secret|token|api_?key|access_?key|private_?key|credential)\w*[\"']?\s*:\s*[^\s{$]"
)


def full(diagnostics: Sequence[Diagnostic], source_line: SourceLine, *, max_errors: int = 50) -> str:
    """Every diagnostic with its source lines, and a last line that counts them. Empty for none."""
    if not diagnostics:
        return ""
    shown = [_block(one, source_line) for one in diagnostics[:max_errors]]
    return "\n\n".join([*shown, _count(diagnostics, max_errors)]) + "\n"


def concise(diagnostics: Sequence[Diagnostic], *, max_errors: int = 50) -> str:
    """One line each: `file:line:column: error[CODE]: summary (help)`."""
    lines = [_line(one) for one in diagnostics[:max_errors]]
    return "".join(f"{line}\n" for line in lines)


def as_json(diagnostics: Sequence[Diagnostic]) -> str:
    """An object with `schemaVersion` and all diagnostics."""
    return json.dumps({"schemaVersion": SCHEMA_VERSION, "diagnostics": [_object(one) for one in diagnostics]}, indent=2)


def _block(one: Diagnostic, source_line: SourceLine) -> str:
    labels = [label for label in (one.label, *one.secondary) if label is not None]
    width = max((len(str(label.span.line)) for label in labels), default=1)
    lines = [f"{one.severity}[{one.code}]: {_clean(one.summary)}"]
    for number, label in enumerate(labels):
        lines += _quoted(label, width, source_line, primary=number == 0 and one.label is not None)
    lines += [f"{' ' * width} = note: {_clean(note)}" for note in one.notes]
    if one.help:
        lines.append(f"{' ' * width} = help: {_clean(one.help)}")
    return "\n".join(lines)


def _quoted(label: Label, width: int, source_line: SourceLine, *, primary: bool) -> list[str]:
    span = label.span
    arrow, mark = ("-->", "^") if primary else (":::", "-")
    lines = [f"{' ' * width}{arrow} {span.file}:{span.line}:{span.column}"]
    if primary:
        lines.append(f"{' ' * width} |")
    text = source_line(span.file, span.line)
    if _SECRET.search(text):
        lines.append(f"{span.line:>{width}} | (not shown: the line may hold a secret)  {_clean(label.text)}".rstrip())
        return lines
    # A tab or a control character is one column wide in the count of columns, so it is one here.
    lines.append(f"{span.line:>{width}} | {_CONTROL.sub(' ', text)}".rstrip())
    length = max(1, min(span.end_column, len(text) + 1) - span.column)
    marks = f"{' ' * (span.column - 1)}{mark * length} {_clean(label.text)}"
    lines.append(f"{' ' * width} | {marks}".rstrip())
    return lines


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)


def _count(diagnostics: Sequence[Diagnostic], max_errors: int) -> str:
    wrong = [one for one in diagnostics if one.severity is Severity.ERROR]
    counts = [_many(len(wrong), "error")] if wrong else []
    if len(wrong) < len(diagnostics):
        counts.append(_many(len(diagnostics) - len(wrong), "warning"))
    files = {label.span.file for one in diagnostics for label in (one.label, *one.secondary) if label is not None}
    place = f" in {_many(len(files), 'file')}" if files else ""
    hidden = f" ({max_errors} shown)" if len(diagnostics) > max_errors else ""
    told = (wrong or diagnostics)[-1].code
    return f"Found {' and '.join(counts)}{place}{hidden}.  panka explain {told} tells more about a code."


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _line(one: Diagnostic) -> str:
    place = f"{one.label.span.file}:{one.label.span.line}:{one.label.span.column}: " if one.label else ""
    help = f" ({_clean(one.help)})" if one.help else ""
    return f"{place}{one.severity}[{one.code}]: {_clean(one.summary)}{help}"


def _object(one: Diagnostic) -> dict[str, object]:
    said = asdict(one)
    said["severity"] = str(one.severity)
    return said
