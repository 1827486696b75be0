"""Laying documents over one another, without losing where each value was written."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from panka.planner.diagnostics import Span
from panka.planner.language.documents import Document, Steps
from panka.planner.language.reading import Data


@dataclass(eq=False, slots=True)
class Layered:
    """What several documents say together. Paths begin at the root, as in a document.

    `origins` holds the values that do not stand at the same path of `document`: where they were written instead.
    """

    document: Document
    data: dict[str, Data]
    origins: dict[Steps, tuple[Document, Steps]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document) -> "Layered":
        return cls(document, document.data)

    def origin(self, path: Steps) -> tuple[Document, Steps]:
        """The document that a value was written in, and the path there."""
        if self.origins:
            for length in range(len(path), -1, -1):
                if (found := self.origins.get(path[:length])) is not None:
                    return found[0], found[1] + path[length:]
        return self.document, path

    def span(self, path: Steps, key: bool = False) -> Span:
        document, own = self.origin(path)
        return document.span(own, key)

    def span_of(self, path: Steps, text: str) -> Span:
        """Where a piece of the value at a path stands."""
        document, own = self.origin(path)
        return document.span_of(own, text)


def overlay(base: Layered, over: Layered) -> Layered:
    """`over` merged into `base`: maps deeply, lists of named items by name, other values replaced; null removes."""
    merged = _Merge(over, dict(base.origins))
    data = merged.maps(base.data, over.data, (), ())
    return Layered(base.document, data, merged.origins)


def overlay_all(base: Layered, layers: Iterable[Layered]) -> Layered:
    """Each layer merged over the ones before it."""
    for layer in layers:
        base = overlay(base, layer)
    return base


def underlay(base: Layered, under: Layered) -> Layered:
    """`base` with the values of `under` where it has none; `under` must know the origin of each of its values."""
    data = overlay(under, base).data
    origins = {path: origin for path, origin in under.origins.items() if not _has(base.data, path)}
    return Layered(base.document, data, origins | base.origins)


def _has(data: Data, path: Steps) -> bool:
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return False
        data = data[step]
    return True


@dataclass(slots=True)
class _Merge:
    over: Layered
    origins: dict[Steps, tuple[Document, Steps]]

    def maps(self, below: dict[str, Data], above: dict[str, Data], path: Steps, over_path: Steps) -> dict[str, Data]:
        merged = dict(below)
        for key, value in above.items():
            if value is None:
                merged.pop(key, None)
            elif key in merged:
                merged[key] = self._both(merged[key], value, (*path, key), (*over_path, key))
            else:
                merged[key] = self._taken(value, (*path, key), (*over_path, key))
        return merged

    def _both(self, below: Data, above: Data, path: Steps, over_path: Steps) -> Data:
        if isinstance(below, dict) and isinstance(above, dict):
            return self.maps(below, above, path, over_path)
        if isinstance(below, list) and isinstance(above, list) and _named(below) and _named(above):
            return self._by_name(below, above, path, over_path)
        return self._taken(above, path, over_path)

    def _by_name(self, below: list[Data], above: list[Data], path: Steps, over_path: Steps) -> list[Data]:
        merged = list(below)
        places = {item["name"]: index for index, item in enumerate(below)}
        for number, item in enumerate(above):
            index = places.get(item["name"])
            if index is None:
                places[item["name"]] = len(merged)
                merged.append(self._taken(item, (*path, len(merged)), (*over_path, number)))
            else:
                merged[index] = self.maps(merged[index], item, (*path, index), (*over_path, number))
        return merged

    def _taken(self, value: Data, path: Steps, over_path: Steps) -> Data:
        for inside in [known for known in self.origins if known[: len(path)] == path]:
            del self.origins[inside]
        self.origins[path] = self.over.origin(over_path)
        for deeper, origin in self.over.origins.items():
            if deeper[: len(over_path)] == over_path and deeper != over_path:
                self.origins[(*path, *deeper[len(over_path) :])] = origin
        return value


def _named(items: list[Data]) -> bool:
    return bool(items) and all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in items)
