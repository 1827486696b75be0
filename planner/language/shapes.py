"""The shape of a spec: which fields a model has, by the names that users write."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The model's fields by the names that users write, in their order."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model that a value of this type may be, or may hold as a list's item or a mapping's value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models(argument)


def field_at(model: type[BaseModel], path: tuple[str | int, ...]) -> FieldInfo | None:
    """The field that a path of keys and list positions leads to; None when it leads out of the models."""
    found: FieldInfo | None = None
    within = [model]
    for step in path:
        if isinstance(step, int):
            continue
        found = next((known[step] for one in within if step in (known := fields(one))), None)
        if found is None:
            return None
        within = list(models(found.annotation))
    return found


def model_at(model: type[BaseModel], path: tuple[str | int, ...], keys: frozenset[str]) -> type[BaseModel] | None:
    """The model of the mapping at a path; of several the one that knows most of the mapping's keys."""
    named = tuple(step for step in path if isinstance(step, str))
    if not named:
        return model
    info = field_at(model, named)
    if info is None:
        # The last step may be a key of the user's own, in a mapping of models: `environment: {KEY: {valueFrom: …}}`.
        info = field_at(model, named[:-1]) if len(named) > 1 else None
    candidates = list(models(info.annotation)) if info else []
    return max(candidates, key=lambda one: len(keys & fields(one).keys()), default=None)
