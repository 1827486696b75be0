"""Diagnostics as people read them: in full with the source quoted, or one to a line."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import TypeAlias

from panka.planner.diagnostics import Diagnostic, Label, Severity, Span

SourceLine: TypeAlias = Callable[[str, int], str]
"""A line of a file, by the file's name and the line's number from 1."""

MAX_ERRORS = 50
WIDEST = 160
"""Of a longer line only the stretch around the mistake is quoted."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]")
_WORDS = r"(?:password|passwd|secret|token|api_?key|access_?key|private_?key|credential)"
_SECRET = re.compile(rf"(?i){_WORDS}\w*[\"']?\s*:\s*[^\s{{$]")
_SECRET_NAME = re.compile(rf"(?i)\bname[\"']?\s*:\s*[\"']?\w*{_WORDS}")
_LITERAL_VALUE = re.compile(r"(?i)\bv\w*[\"']?\s*:\s*[\"']?(?!\$\{)[^\s\"'{]")


def full(diagnostics: Sequence[Diagnostic], source_line: SourceLine, *, max_errors: int = MAX_ERRORS) -> str:
    """Every diagnostic with its source lines, and a last line that counts them. Empty for none."""
    if not diagnostics:
        return ""
    shown = [block(one, source_line) for one in diagnostics[:max_errors]]
    return "\n\n".join([*shown, _count(diagnostics, max_errors)]) + "\n"


def concise(diagnostics: Sequence[Diagnostic], *, max_errors: int = MAX_ERRORS) -> str:
    """One line each: `file:line:column: error[CODE]: summary (help)`. A last line counts what is not shown."""
    lines = [_line(one) for one in diagnostics[:max_errors]]
    if len(diagnostics) > max_errors:
        lines.append(f"{len(diagnostics) - max_errors} more are not shown (--max-errors)")
    return "".join(f"{line}\n" for line in lines)


def block(one: Diagnostic, source_line: SourceLine) -> str:
    """One diagnostic in full, without a line break at its end."""
    labels = [label for label in (one.label, *one.secondary) if label is not None]
    width = max((len(str(label.span.line)) for label in labels), default=1)
    lines = [f"{one.severity}[{one.code}]: {cleaned(one.summary)}"]
    for number, label in enumerate(labels):
        lines += _quoted(label, width, source_line, primary=number == 0 and one.label is not None)
    lines += [f"{' ' * width} = note: {cleaned(note)}" for note in one.notes]
    if one.help:
        lines.append(f"{' ' * width} = help: {cleaned(one.help)}")
    return "\n".join(lines)


def cleaned(text: str) -> str:
    """The text without what would steer a terminal, break a line or be no XML."""
    return _CONTROL.sub("", text)


def _quoted(label: Label, width: int, source_line: SourceLine, *, primary: bool) -> list[str]:
    span = label.span
    arrow, mark = ("-->", "^") if primary else (":::", "-")
    lines = [f"{' ' * width}{arrow} {cleaned(span.file)}:{span.line}:{span.column}"]
    if primary:
        lines.append(f"{' ' * width} |")
    if label.secret or _may_hold_a_secret(span, source_line):
        lines.append(f"{span.line:>{width}} | (not shown: the line may hold a secret)  {cleaned(label.text)}".rstrip())
        return lines
    # A control character is one column wide in the count of columns, so it is one here.
    text, before, length = _stretch(_CONTROL.sub(" ", source_line(span.file, span.line)), span)
    marks = f"{' ' * _columns(text[:before])}{mark * _columns(text[before : before + length])} {cleaned(label.text)}"
    return [*lines, f"{span.line:>{width}} | {text}".rstrip(), f"{' ' * width} | {marks}".rstrip()]


def _may_hold_a_secret(span: Span, source_line: SourceLine) -> bool:
    text = source_line(span.file, span.line)
    if _SECRET.search(text):
        return True
    named = text if _SECRET_NAME.search(text) else source_line(span.file, span.line - 1)
    return bool(_SECRET_NAME.search(named) and _LITERAL_VALUE.search(text))


def _stretch(text: str, span: Span) -> tuple[str, int, int]:
    """What is quoted of a line, how many of its characters stand before the marks, and how many are marked."""
    text = text.ljust(span.column)
    before, length = span.column - 1, max(1, min(span.end_column, len(text) + 1) - span.column)
    if len(text) <= WIDEST:
        return text, before, length
    start = max(0, before - WIDEST // 3)
    shown = text[start : start + WIDEST]
    head, tail = "…" if start else "", "…" if start + WIDEST < len(text) else ""
    return f"{head}{shown}{tail}", before - start + len(head), min(length, len(shown) - (before - start))


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes: letters of East Asia take two, accents that stand alone none."""
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


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
    place = f"{cleaned(one.label.span.file)}:{one.label.span.line}:{one.label.span.column}: " if one.label else ""
    help = f" ({cleaned(one.help)})" if one.help else ""
    return f"{place}{one.severity}[{one.code}]: {cleaned(one.summary)}{help}"
