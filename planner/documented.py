"""The line under a field of a spec, which documents it. Read from the source when somebody asks, not at every start."""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache


def lines_of(spec: type) -> dict[str, str]:
    """The documentation of a spec's fields by their names in Python, those that it inherits first."""
    found: dict[str, str] = {}
    for one in reversed(spec.__mro__):
        found |= _written(one.__module__).get(one.__qualname__, {}) if one.__module__.startswith("panka.") else {}
    return found


@cache
def _written(module: str) -> dict[str, dict[str, str]]:
    """What a module says under the fields of its classes, by class."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {one.name: dict(_lines(one)) for one in tree.body if isinstance(one, ast.ClassDef)}


def _lines(spec: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, line in zip(spec.body, spec.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match line:
                case ast.Expr(value=ast.Constant(value=str(said))):
                    yield field.target.id, inspect.cleandoc(said)
