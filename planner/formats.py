"""Records outlive the version of Panka that wrote them: each says its format, and is upgraded when it is read."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

from pydantic import ValidationError

from panka.planner.resource import Model

M = TypeVar("M", bound=Model)
Upgrade: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""Makes a record of one format (as JSON, on the outside names of its fields) one of the next."""


class Newer(Exception):
    """A newer version of Panka wrote the record, so that nobody here knows what all of it means."""

    def __init__(self, what: str, format: int, known: int) -> None:
        super().__init__(
            f"The {what} is of format {format}, which a newer version of Panka wrote; this one reads up to {known}."
        )


def read(model: type[M], body: bytes | str, what: str, current: int, upgrades: Mapping[int, Upgrade]) -> M:
    """The record in a body, upgraded to the current format step by step. `upgrades` has one for each format before it.

    Raises:
        Newer: the format is a later one.
        ValidationError: it is no such record.
    """
    try:
        found = model.model_validate_json(body)
    except ValidationError:
        found = None
    if found is not None and getattr(found, "format", None) == current:
        return found
    said = json.loads(body)
    format = said.get("format", 1)
    if format > current:
        raise Newer(what, format, current)
    for step in range(format, current):
        said = {**upgrades[step](said), "format": step + 1}
    return model.model_validate(said)
