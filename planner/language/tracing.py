"""Leads a message from where a variable is used to where it was set, as the mistake may stand in its value; and from
one that is not set to where it could be."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from panka.planner.diagnostics import Diagnostic, Label, Span, closest
from panka.planner.language.envelopes import Entry
from panka.planner.language.expressions import Malformed, Variable, parse
from panka.planner.language.inventory import Inventory

_UNSET = "PK205"


def traced(diagnostics: Iterable[Diagnostic], inventory: Inventory) -> tuple[Diagnostic, ...]:
    """The diagnostics; those that point at a `${NAME}` also show where stack or service set it, or do not."""
    return tuple(_traced(one, inventory) for one in diagnostics)


def _traced(one: Diagnostic, inventory: Inventory) -> Diagnostic:
    if one.label is None:
        return one
    span, secret = one.label.span, one.label.secret
    labels: dict[Label, None] = {}
    for variable in _variables(span, inventory):
        scopes = list(_scopes(variable, span, inventory))
        setting = next(_settings(variable.name, scopes), None)
        if setting is not None:
            labels[Label(setting, f"`{variable.name}` is set here", secret=secret)] = None
        elif one.code == _UNSET:
            labels.update(dict.fromkeys(_missing(variable.name, scopes)))
    found = sorted((label for label in labels if label.span != span), key=lambda label: label.span)
    return replace(one, secondary=(*one.secondary, *found)) if found else one


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


def _settings(name: str, scopes: Iterable[Entry]) -> Iterator[Span]:
    for entry in scopes:
        if name in _written(entry):
            yield entry.layers.span(("spec", "variables", name))


def _missing(name: str, scopes: list[Entry]) -> Iterator[Label]:
    """Where a variable of a name much like it is set; else where this one would be."""
    meant = closest(name, [known for entry in scopes for known in _written(entry)])
    if meant:
        yield from (Label(span, f"`{meant}` is set here") for span in _settings(meant, scopes))
        return
    for entry in scopes:
        text = f"{entry.title} does not set it"
        written = "spec" in entry.layers.document.data
        yield Label(entry.layers.span(("spec", "variables"), key=True), text) if written else entry.name_label(text)


def _written(entry: Entry) -> dict[str, object]:
    written = entry.spec.get("variables")
    return written if isinstance(written, dict) else {}


def _scopes(variable: Variable, span: Span, inventory: Inventory) -> Iterator[Entry]:
    here = _entry_at(span, inventory)
    if here is not None and not variable.service and here.name in inventory.components and "variables" in here.spec:
        yield here
    service = inventory.services.get(variable.service or (here.service if here else ""))
    if service is not None:
        yield service
    if inventory.stack is not None and not variable.service:
        yield inventory.stack


def _entry_at(span: Span, inventory: Inventory) -> Entry | None:
    """The document that a place is in; None in the Stack's."""
    entries = (*inventory.components.values(), *inventory.infra.values(), *inventory.defaults)
    before = [
        entry
        for entry in (*entries, *inventory.services.values())
        if entry.layers.document.file.name == span.file and entry.layers.document.line <= span.line
    ]
    return max(before, key=lambda entry: entry.layers.document.line, default=None)
