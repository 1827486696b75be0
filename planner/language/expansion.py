"""Puts variables into a document's values, and finds the outputs that they refer to."""

from dataclasses import dataclass, field

from panka.planner.diagnostics import Findings, Label, Span, did_you_mean
from panka.planner.language.documents import Steps
from panka.planner.language.expressions import (
    Circular,
    Foreign,
    Malformed,
    Output,
    Unresolved,
    Variables,
    expand,
    parse,
)
from panka.planner.language.overlays import Layered
from panka.planner.language.reading import Data


@dataclass(frozen=True, slots=True)
class Reference:
    """One mention of another component's output."""

    component: str
    """As written: `name` or `service/name`."""
    output: str
    path: Steps
    """Of the text that it stands in, or of the `valueFrom`."""
    source: str
    """The expression; empty for a `valueFrom`."""
    stack: str = ""
    """The other stack that the component is in; empty: this one."""

    def component_span(self, layers: Layered) -> Span:
        return layers.span_of(self.path, self.source) if self.source else layers.span((*self.path, "component"))

    def output_span(self, layers: Layered) -> Span:
        return layers.span_of(self.path, self.source) if self.source else layers.span((*self.path, "output"))


@dataclass(eq=False, slots=True)
class Expansion:
    """Walks the values of one document, in the scope of one service. What is null is left out."""

    layers: Layered
    variables: Variables
    service: str
    findings: Findings
    references: list[Reference] = field(default_factory=list)
    broken: set[Span] = field(default_factory=set)
    """Places that a finding was told of; what is said of them later is its consequence."""

    def values(self, value: Data, path: Steps) -> Data:
        """The value with variables put in."""
        if isinstance(value, str):
            return self._text(value, path) if "${" in value else value
        if isinstance(value, dict):
            self._look_for_value_from(value, path)
            return {key: self.values(item, (*path, key)) for key, item in value.items() if item is not None}
        if isinstance(value, list):
            return [self.values(item, (*path, number)) for number, item in enumerate(value)]
        return value

    def _look_for_value_from(self, value: dict[str, Data], path: Steps) -> None:
        match value.get("valueFrom"):
            case {"component": str(component), "output": str(output)}:
                self.references.append(Reference(component, output, (*path, "valueFrom"), ""))

    def _text(self, text: str, path: Steps) -> str:
        try:
            expanded = expand(text, self.variables, self.service)
            for piece in parse(expanded):
                if isinstance(piece, Output):
                    self.references.append(Reference(piece.component, piece.output, path, piece.source))
                elif isinstance(piece, Foreign):
                    self.references.append(Reference(piece.component, piece.output, path, piece.source, piece.stack))
        except Unresolved as error:
            name = error.variable.source[2:-1]
            meant = did_you_mean(name, error.known)
            escape = f"write `$${{{name}}}` if the text itself is meant"
            self._tell("PK205", f"no variable `{name}` is set", path, error.variable.source, meant or escape)
        except Circular as error:
            self._tell("PK209", f"the variable leads back to itself: {' -> '.join(error.names)}", path, error.source)
        except Malformed as error:
            self._tell("PK206", str(error), path, error.source, "write `$${` for a literal `${`")
        else:
            return expanded
        return text

    def _tell(self, code: str, summary: str, path: Steps, source: str, help: str = "") -> None:
        span = self.layers.span_of(path, source)
        self.broken |= {span, self.layers.span(path)}
        self.findings.add(code, summary, Label(span), help=help)
