"""What pydantic says of a spec, as diagnostics at the very key or value."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from panka.planner.diagnostics import Diagnostic, Findings, Label, closest, did_you_mean, listed
from panka.planner.language.documents import Steps, steps_of
from panka.planner.language.overlays import Layered
from panka.planner.language.reading import Data
from panka.planner.language.shapes import field_at, fields, model_at

M = TypeVar("M", bound=BaseModel)

_WANTED = {
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "string": "text",
    "dict": "a mapping",
    "model": "a mapping",
    "dataclass": "a mapping",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "none": "nothing",
}
_MISTYPED = re.compile(r"_(type|parsing|parsing_size|from_float|required)$")
_COMPARED = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "multiple_of": "a multiple of {multiple_of}",
}
_LENGTHS = {
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "too_short": "at least {min_length} items",
    "too_long": "at most {max_length} items",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked: its kind and how a message calls it (``SQS `jobs` ``), and where it is written."""

    kind: str
    title: str
    layers: Layered
    prefix: Steps = ("spec",)
    """Where in the document the checked value stands."""


def check(model: type[M], data: Data, subject: Subject, findings: Findings) -> M | None:
    """The data as the model; None, and findings for every mistake, when it is not."""
    try:
        return model.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        violations = [_Violation(model, data, subject, one) for one in error.errors(include_url=False)]
        findings.extend(one.diagnostic() for one in _without_misspelt(_branches(violations)))
        return None


def _branches(violations: "list[_Violation]") -> "list[_Violation]":
    """Of a value that may be one of several types, what is wrong with the type that fits best."""
    kept: list[_Violation] = []
    unions: dict[Steps, dict[str, list[_Violation]]] = {}
    for one in violations:
        if one.branch is None:
            kept.append(one)
        else:
            place, name = one.branch
            unions.setdefault(place, {}).setdefault(name, []).append(one)
    for place, branches in unions.items():
        best = min(branches.values(), key=lambda branch: (any(one.mistyped(place) for one in branch), len(branch)))
        if all(one.mistyped(place) for one in best):
            best[0].wanted = list(
                dict.fromkeys(word for branch in branches.values() for one in branch for word in one.wanted)
            )
        kept += best
    return kept


def _without_misspelt(violations: "list[_Violation]") -> "list[_Violation]":
    """Without the fields that are missing because an unknown field beside them is their name misspelt."""
    unknown = [one for one in violations if one.type == "extra_forbidden"]
    meant = {(*one.path[:-1], name) for one in unknown if (name := one.meant())}
    return [one for one in violations if one.type != "missing" or one.path not in meant]


class _Violation:
    """One of pydantic's errors, with its place in the data."""

    def __init__(self, model: type[BaseModel], data: Data, subject: Subject, error: ErrorDetails) -> None:
        self.model = model
        self.subject = subject
        self.type = error["type"]
        self.message = error["msg"]
        self.context: Mapping[str, Any] = error.get("ctx", {})
        self.input = error["input"]
        self.path, self.branch = _place(data, error["loc"], self.type)
        self.of_key = error["loc"][-1:] == ("[key]",)
        word = _WANTED.get(self.type.partition("_")[0]) if _MISTYPED.search(self.type) else None
        self.wanted = [word] if word else []

    def mistyped(self, place: Steps) -> bool:
        """Whether the value at the place is of a wholly other type."""
        return self.path == place and bool(self.wanted)

    @property
    def name(self) -> str:
        """The field as a message calls it."""
        return ".".join(str(step) for step in self.path)

    def at(self, text: str = "", *, path: Steps | None = None, key: bool = False) -> Label:
        full = self.subject.prefix + (self.path if path is None else path)
        return Label(self.subject.layers.span(full, key or self.of_key), text)

    def _is_written(self, path: Steps) -> bool:
        """Whether something stands at a path, if only a null."""
        layers, full = self.subject.layers, self.subject.prefix + path
        return layers.span(full) != layers.span(full[:-1], key=True)

    def diagnostic(self) -> Diagnostic:
        if self.type.startswith("PK"):
            if isinstance(self.input, str) and "${" in self.input:
                return self._too_late("known")
            return self._rule()
        told = {
            "extra_forbidden": self._unknown,
            "missing": self._missing,
            "literal_error": self._choice,
            "enum": self._choice,
            **dict.fromkeys(_COMPARED, self._range),
        }.get(self.type)
        if told is None:
            told = self._wrong_type if self.wanted else self._refused
        return told()

    def meant(self) -> str:
        """The field that an unknown one most likely is; empty when none is like it."""
        model = model_at(self.model, self.path[:-1], frozenset())
        return closest(str(self.path[-1]), fields(model) if model else ())

    def _unknown(self) -> Diagnostic:
        field, parent = str(self.path[-1]), self.path[:-1]
        model = model_at(self.model, parent, frozenset())
        known = sorted(fields(model)) if model else []
        holder = next((str(step) for step in reversed(parent) if isinstance(step, str)), self.subject.kind)
        explain = f"(panka explain {self.subject.kind})"
        meant = did_you_mean(field, known)
        return Diagnostic(
            "PK101",
            f"unknown field `{field}` in {self.subject.title}",
            self.at(f"not a field of {holder}", key=True),
            notes=() if meant or not known else (f"fields of {holder}: {', '.join(known)}",),
            help=f"{meant}  {explain}" if meant else explain.strip("()"),
        )

    def _missing(self) -> Diagnostic:
        field, parent = str(self.path[-1]), self.path[:-1]
        holder = f"`{'.'.join(str(step) for step in parent)}` of " if parent else ""
        return Diagnostic(
            "PK103",
            f"{holder}{self.subject.title} needs the field `{field}`",
            # A field that is written with nothing behind it stands there; of any other the holder does.
            self.at(f"`{field}` is missing", key=True),
            help=f"panka explain {self.subject.kind}",
        )

    def _choice(self) -> Diagnostic:
        if "${" in str(self.input):
            return self._too_late("one of a few words")
        choices = re.findall(r"'([^']*)'|(-?\d+)", str(self.context.get("expected", "")))
        words = [text or number for text, number in choices]
        return Diagnostic(
            "PK104",
            f"`{self.name}` of {self.subject.title} cannot be `{self.input}`",
            self.at(f"must be {listed(words)}"),
            help=did_you_mean(str(self.input), words),
        )

    def _range(self) -> Diagnostic:
        wanted = self._both_limits() or _COMPARED[self.type].format(**self.context)
        return Diagnostic(
            "PK105", f"`{self.name}` of {self.subject.title} must be {wanted}", self.at(f"{self.input} is out of range")
        )

    def _both_limits(self) -> str:
        info = field_at(self.model, self.path)
        limits = info.metadata if info else []
        low = [limit for one in limits if (limit := getattr(one, "ge", None)) is not None]
        high = [limit for one in limits if (limit := getattr(one, "le", None)) is not None]
        return f"from {low[0]} to {high[0]}" if low and high else ""

    def _wrong_type(self) -> Diagnostic:
        wanted = listed(self.wanted)
        if isinstance(self.input, str) and "${" in self.input:
            return self._too_late(wanted)
        return Diagnostic(
            "PK106", f"`{self.name}` of {self.subject.title} must be {wanted}", self.at(f"is {_described(self.input)}")
        )

    def _too_late(self, wanted: str) -> Diagnostic:
        return Diagnostic(
            "PK207",
            f"`{self.name}` of {self.subject.title} must be {wanted} before the run",
            self.at("known only after apply"),
            help="write the value here, or give it as a variable",
        )

    def _refused(self) -> Diagnostic:
        if self.type in _LENGTHS:
            message = f"`{self.name}` takes {_LENGTHS[self.type].format(**self.context)}".replace(
                "least 1 items", "least 1 item"
            )
        else:
            said = str(self.context.get("error", self.message))
            message = f"`{self.name}` is refused: {said[:1].lower()}{said[1:]}"
        return Diagnostic("PK107", f"{message}, in {self.subject.title}", self.at())

    def _rule(self) -> Diagnostic:
        if isinstance(other := self.context.get("other"), str):
            first = self.at("the other one", path=self.path + steps_of(other))
            shown = (first,) if self._is_written(self.path + steps_of(other)) else ()
            return Diagnostic(self.type, self.message, self._rule_place(), shown)
        places = list(_places_of(self.input, self.context.get("twice")))
        if len(places) < 2:
            return Diagnostic(self.type, self.message, self._rule_place())
        first, again = self.at("first here", path=self.path + places[0]), self.at("again", path=self.path + places[-1])
        return Diagnostic(self.type, self.message, again, (first,))

    def _rule_place(self) -> Label:
        fields = [steps_of(field) for field in self.context.get("fields", ())]
        inner = next((one for one in fields if self._is_written(self.path + one)), fields[0] if fields else ())
        path = self.path + inner
        # A rule between fields has no value of its own to point at: it points at the key that holds them.
        return self.at(path=path, key=isinstance(self.input, dict | BaseModel) and not inner)


def _place(data: Data, loc: tuple[int | str, ...], error: str) -> tuple[Steps, tuple[Steps, str] | None]:
    """The path in the data, and for a value of several types where it stands and the type that was tried last."""
    path: list[str | int] = []
    branch: tuple[Steps, str] | None = None
    current = data
    for number, step in enumerate(loc):
        last = number == len(loc) - 1
        if isinstance(current, dict) and (step in current or (last and error == "missing")):
            current = current.get(str(step))
            path.append(step)
        elif isinstance(current, list) and isinstance(step, int) and step < len(current):
            current = current[step]
            path.append(step)
        elif branch is None and step != "[key]":
            branch = (tuple(path), str(step))
    return tuple(path), branch


def _places_of(data: Data, text: object) -> Iterator[Steps]:
    """The ways to every text in the data that is this one."""
    if isinstance(data, str) and data == text:
        yield ()
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, item in items:
        yield from ((step, *path) for path in _places_of(item, text))


def _described(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return "empty" if value is None else f"`{value}`"
