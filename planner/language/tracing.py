"""Leads a message from where a variable is used to where it was set, as the mistake may stand in its value."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from panka.planner.diagnostics import Diagnostic, Label, Span
from panka.planner.language.envelopes import Entry, service_of
from panka.planner.language.expressions import Malformed, Variable, parse
from panka.planner.language.inventory import Inventory


def traced(diagnostics: Iterable[Diagnostic], inventory: Inventory) -> tuple[Diagnostic, ...]:
    """The diagnostics; those that point at a `${NAME}` also show where the stack or the service sets it."""
    return tuple(_traced(one, inventory) for one in diagnostics)


def _traced(one: Diagnostic, inventory: Inventory) -> Diagnostic:
    if one.label is None:
        return one
    labels = {
        Label(span, f"`{variable.name}` is set here", secret=one.label.secret)
        for variable in _variables(one.label.span, inventory)
        if (span := _setting(variable, one.label.span.file, inventory)) is not None and span != one.label.span
    }
    return replace(one, secondary=(*one.secondary, *sorted(labels, key=lambda label: label.span))) if labels else one


def _variables(span: Span, inventory: Inventory) -> Iterator[Variable]:
    """Those that the source names at a place."""
    file = inventory.files.get(span.file)
    line = "".join(file.lines[span.line - 1 : span.line]) if file else ""
    try:
        yield from (
            piece for piece in parse(line[span.column - 1 : span.end_column - 1]) if isinstance(piece, Variable)
        )
    except Malformed:
        return


def _setting(variable: Variable, file: str, inventory: Inventory) -> Span | None:
    for entry in _scopes(variable, file, inventory):
        written = entry.spec.get("variables")
        if isinstance(written, dict) and variable.name in written:
            return entry.layers.span(("spec", "variables", variable.name))
    return None


def _scopes(variable: Variable, file: str, inventory: Inventory) -> Iterator[Entry]:
    known = inventory.files.get(file)
    service = inventory.services.get(variable.service or service_of(known.path if known else ""))
    if service is not None:
        yield service
    if inventory.stack is not None and not variable.service:
        yield inventory.stack
