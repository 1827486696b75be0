"""References in lowered values: `${component.output}` becomes what the component was lowered to."""

from collections.abc import Callable
from typing import Any

from panka.planner.language.expressions import Foreign, Output, parse, unescape
from panka.planner.language.reading import Plain, typed
from panka.planner.resource import SCALARS, Ref, Text, text


def resolve(value: Any, known: Callable[[Output | Foreign], Any]) -> Any:
    """The value with every output put in. A text that is one output and nothing else gets its type; `$${` stays."""
    if isinstance(value, dict):
        return {str(key): item if _is_plain(item) else resolve(item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [item if _is_plain(item) else resolve(item, known) for item in value]
    if isinstance(value, str):
        return _resolved_text(value, known)
    if isinstance(value, Text):
        return text(*(_joinable(resolve(part, known)) for part in value.parts))
    return value


def _is_plain(value: Any) -> bool:
    """Whether nothing in a value is to be put in or unescaped: true of most."""
    kind = type(value)
    return "${" not in value if kind is str else kind in SCALARS


def _resolved_text(value: str, known: Callable[[Output | Foreign], Any]) -> Any:
    if isinstance(value, Plain):
        # Only where a spec takes any value: everywhere else pydantic has already made text of it.
        return typed(value)
    if "${" not in value:
        return str(value)
    pieces = [_piece(piece, known) for piece in parse(value)]
    return pieces[0] if len(pieces) == 1 else text(*(_joinable(piece) for piece in pieces))


def _piece(piece: object, known: Callable[[Output | Foreign], Any]) -> Any:
    if isinstance(piece, Output | Foreign):
        return known(piece)
    return piece if isinstance(piece, str) else getattr(piece, "source", "")


def _joinable(value: Any) -> str | Ref | Text:
    return value if isinstance(value, str | Ref | Text) else str(value)


def plainly(value: Any) -> Any:
    """The value with `$${` made `${`: the last thing that happens to it."""
    if isinstance(value, dict):
        return {key: item if _is_plain(item) else plainly(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [item if _is_plain(item) else plainly(item) for item in value]
    if isinstance(value, str):
        return unescape(value)
    if isinstance(value, Text):
        return Text(tuple(part if isinstance(part, Ref) else unescape(part) for part in value.parts))
    return value
