"""`${…}` in texts: variables, which are put in before anything is checked, and outputs, which become references."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from panka.planner.language.reading import Plain

ESCAPED = "$${"
_PART = r"[a-z@][a-z0-9-]*"
_VARIABLE = re.compile(rf"(?:(?P<service>{_PART})\.)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<default>:-.*)?", re.DOTALL)
_OUTPUT = re.compile(rf"(?P<component>(?:{_PART}/)?{_PART})\.(?P<output>[A-Za-z][A-Za-z0-9_.]*)")
_FOREIGN = re.compile(rf"stack:(?P<stack>{_PART})\.{_OUTPUT.pattern}")
_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class Variable:
    """`${NAME}`, `${NAME:-default}`, `${service.NAME}`; `source` is the whole expression."""

    name: str
    service: str
    default: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Output:
    """`${component.output}`; the component as written, with its service before a `/` or without."""

    component: str
    output: str
    source: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """`${stack:other.component.output}`: an output of another stack of the tenant, as its record tells."""

    stack: str
    component: str
    """As written, with its service before a `/` or without."""
    output: str
    source: str


class Malformed(ValueError):
    """A text holds `${` and what follows is no expression."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(reason)
        self.source = source


@lru_cache(maxsize=4096)
def parse(text: str) -> tuple[str | Variable | Output | Foreign, ...]:
    """The pieces of a text in their order; literal pieces keep `$${`. Raises `Malformed`."""
    pieces: list[str | Variable | Output | Foreign] = []
    literal = ""
    position = 0
    while (start := text.find("${", position)) >= 0:
        if start > 0 and text[start - 1] == "$":
            literal += text[position : start + 2]
            position = start + 2
            continue
        literal += text[position:start]
        if literal:
            pieces.append(literal)
        end = _end(text, start)
        pieces.append(_expression(text[start:end]))
        literal, position = "", end
    literal += text[position:]
    return (*pieces, literal) if literal or not pieces else tuple(pieces)


def _end(text: str, start: int) -> int:
    depth = 0
    for match in re.finditer(r"\$\{|\}", text[start:]):
        depth += 1 if match[0] == "${" else -1
        if depth == 0:
            return start + match.end()
    raise Malformed(text[start:], "`${` is never closed")


def _expression(source: str) -> Variable | Output | Foreign:
    inside = source[2:-1].strip()
    if inside.startswith("stack:"):
        if foreign := _FOREIGN.fullmatch(inside):
            return Foreign(foreign["stack"], foreign["component"], foreign["output"], source)
        raise Malformed(source, f"`{source}` is not `${{stack:other-stack.component.output}}`")
    if variable := _VARIABLE.fullmatch(inside):
        service, name, default = variable["service"] or "", variable["name"], variable["default"]
        if not service or _CAPITALS.fullmatch(name):
            return Variable(name, service, None if default is None else default[2:], source)
    if output := _OUTPUT.fullmatch(inside):
        return Output(output["component"], output["output"], source)
    raise Malformed(source, f"`{source}` is neither a variable nor an output")


def literal(text: str) -> str:
    """The text that stands for itself."""
    return text.replace("${", ESCAPED)


def unescape(text: str) -> str:
    """`$${` as `${`: the last thing that is done to a text."""
    return text.replace(ESCAPED, "${")


class Unresolved(LookupError):
    """A variable that no scope gives. `known` are the names that would have been found."""

    def __init__(self, variable: Variable, known: tuple[str, ...]) -> None:
        super().__init__(variable.source)
        self.variable = variable
        self.known = known


class Circular(ValueError):
    """A variable whose value leads back to it; `names` in the order of the circle."""

    def __init__(self, source: str, names: tuple[str, ...]) -> None:
        super().__init__(source)
        self.source = source
        self.names = names


@dataclass(frozen=True)
class Variables:
    """The variables of a whole stack, scope by scope."""

    given: Mapping[str, str] = field(default_factory=dict)
    """Those of `--var`: they win over all others and are taken as they stand."""
    services: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stack: Mapping[str, str] = field(default_factory=dict)
    fallback: Mapping[str, str] = field(default_factory=dict)
    """Those of the environment, taken as they stand."""

    def find(self, variable: Variable, service: str) -> tuple[str, str] | None:
        """The value as a component of `service` sees it, and the service that variables in the value are of."""
        if variable.service:
            owner = variable.service
            value = self.services.get(owner, {}).get(variable.name)
            return None if value is None else (value, owner)
        for own, scope in ((False, self.given), (True, self.services.get(service, {})), (True, self.stack)):
            if variable.name in scope:
                value = scope[variable.name]
                return (value if own else _taken(value)), service
        value = self.fallback.get(variable.name)
        return None if value is None else (_taken(value), service)

    def within(self, service: str, own: Mapping[str, str]) -> "Variables":
        """The variables as a component of the service sees them that has some of its own."""
        return replace(self, services={**self.services, service: {**self.services.get(service, {}), **own}})

    def names(self, variable: Variable, service: str) -> tuple[str, ...]:
        if variable.service:
            return tuple(f"{variable.service}.{name}" for name in sorted(self.services.get(variable.service, {})))
        scopes = (self.given, self.services.get(service, {}), self.stack, self.fallback)
        return tuple(sorted({name for scope in scopes for name in scope}))


def _taken(value: str) -> str:
    return Plain(literal(value)) if "${" not in value else literal(value)


def expand(text: str, variables: Variables, service: str, inside: tuple[str, ...] = ()) -> str:
    """The text with its variables put in; outputs stay as they are written.

    A text that is one variable and nothing else becomes that variable's value with its type. Raises `Unresolved`,
    `Circular` and `Malformed`, whose `source` is what to point at.
    """
    pieces = parse(text)
    if not any(isinstance(piece, Variable) for piece in pieces):
        return text
    put = [_put(piece, variables, service, inside) for piece in pieces]
    return put[0] if len(put) == 1 else "".join(put)


def _put(piece: str | Variable | Output | Foreign, variables: Variables, service: str, inside: tuple[str, ...]) -> str:
    if isinstance(piece, str):
        return piece
    if not isinstance(piece, Variable):
        return piece.source
    name = f"{piece.service or service}.{piece.name}"
    if name in inside:
        raise Circular(piece.source, tuple(one.lstrip(".") for one in (*inside[inside.index(name) :], name)))
    found = variables.find(piece, service)
    if found is not None:
        value, owner = found
        return expand(value, variables, owner, (*inside, name)) if "${" in value else value
    if piece.default is not None:
        return expand(piece.default, variables, service, inside)
    raise Unresolved(piece, variables.names(piece, service))


def outputs(text: str) -> tuple[Output, ...]:
    """The outputs that a text refers to, in their order. Raises `Malformed`."""
    return tuple(piece for piece in parse(text) if isinstance(piece, Output))


def build(text: str, value: Callable[[Output], object], join: Callable[..., object]) -> object:
    """The text with its outputs put in: one alone keeps its type, several pieces are joined. Escapes end here."""
    pieces = parse(text)
    if len(pieces) == 1 and isinstance(pieces[0], Output):
        return value(pieces[0])
    return join(*(value(piece) if isinstance(piece, Output) else unescape(_source(piece)) for piece in pieces))


def _source(piece: str | Variable | Output | Foreign) -> str:
    return piece if isinstance(piece, str) else piece.source
