"""`panka explain`."""

import re
from typing import TYPE_CHECKING, Any

import click

from panka.cli.exits import Exit, Misused
from panka.cli.settings import read_terminal
from panka.cli.views.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from panka.cli.views.explain import Consequences
    from panka.planner.authoring.reference import Field
    from panka.planner.component import Kind

_CODE = re.compile(r"PK\d+", re.IGNORECASE)


@click.command()
@click.argument("topic", required=False)
@click.option(
    "-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="The form."
)
def command(topic: str | None, form: str) -> int:
    """Explain a kind, a field or an error code: TOPIC is KIND, KIND.FIELD or PKnnn. Without one, list the kinds.

    \b
    Examples:
      panka explain SQS
      panka explain SQS.deadLetterQueue.maxReceiveCount
      panka explain PK101
    """
    screen = Screen(read_terminal())
    if topic is None:
        _list(screen, form)
    elif _CODE.fullmatch(topic):
        return _code(screen, topic.upper(), form)
    else:
        name, _, path = topic.partition(".")
        _Topic(screen, form, name).tell(path.removeprefix("spec."))
    return Exit.OK


def _code(screen: Screen, code: str, form: str) -> int:
    from panka.cli.views.explain_code import explain_code  # noqa: PLC0415  # brings the texts

    return explain_code(screen, code, form)


def _abouts() -> "Mapping[str, str]":
    from panka.planner.authoring.reference import ABOUT, about  # noqa: PLC0415  # as above
    from panka.planner.kinds import KINDS  # noqa: PLC0415  # brings the planner

    return ABOUT | {name: about(kind) for name, kind in KINDS.items()}


def _list(screen: Screen, form: str) -> None:
    from panka.cli.views.explain import kinds_text  # noqa: PLC0415  # brings the planner

    if form == "json":
        screen.data("json", {"kinds": dict(sorted(_abouts().items()))})
    else:
        screen.show(kinds_text(_abouts()))
        screen.tell("Next: panka explain KIND")


class _Topic:
    """A kind that somebody asks for."""

    def __init__(self, screen: Screen, form: str, asked: str) -> None:
        from panka.planner.authoring.reference import SURROUNDINGS, fields_of  # noqa: PLC0415  # as above
        from panka.planner.diagnostics import did_you_mean  # noqa: PLC0415  # brings the planner
        from panka.planner.kinds import KINDS  # noqa: PLC0415  # as above

        self._screen, self._form = screen, form
        self._abouts = _abouts()
        found = next((name for name in self._abouts if name.lower() == asked.lower()), None)
        if found is None:
            raise Misused(
                f"There is no kind `{asked}`.", did_you_mean(asked, self._abouts) or "panka explain lists them"
            )
        self._name = found
        self._kind: Kind | None = KINDS.get(found)
        self._fields = fields_of(self._kind.spec if self._kind else SURROUNDINGS[found])

    def tell(self, path: str) -> None:
        if path:
            self._tell_field(path)
        else:
            self._tell_kind()

    def _tell_kind(self) -> None:
        from panka.cli.views import explain  # noqa: PLC0415  # brings the planner
        from panka.planner.authoring.consequences import Trial  # noqa: PLC0415  # as above
        from panka.planner.authoring.reference import example  # noqa: PLC0415  # as above
        from panka.planner.kinds import KINDS  # noqa: PLC0415  # as above

        kind, consequences = self._kind, self._consequences()
        outputs = kind.outputs if kind else {}
        earned = Trial(kind, KINDS).earned(tuple(outputs)) if kind else None
        sentence, shown = self._abouts[self._name], example(self._name)
        if self._form == "text":
            self._screen.show(
                explain.kind_text(self._name, sentence, self._fields, consequences, outputs, earned, shown)
            )
            return
        data: dict[str, Any] = {"kind": self._name, "about": sentence, "outputs": dict(outputs), "example": shown}
        data["fields"] = [explain.field_data(field, consequences) for field in self._fields]
        if earned is not None:
            data |= {"actions": list(earned.actions), "ports": list(earned.ports)}
        self._screen.data("json", data)

    def _tell_field(self, path: str) -> None:
        from panka.cli.views import explain  # noqa: PLC0415  # brings the planner
        from panka.planner.authoring.reference import find  # noqa: PLC0415  # as above

        field = find(self._fields, path)
        if field is None:
            raise Misused(f"{self._name} has no field `{path}`.", self._nearest(path, self._fields))
        consequences = self._consequences()
        if self._form == "json":
            self._screen.data("json", {"kind": self._name, "field": explain.field_data(field, consequences)})
        else:
            self._screen.show(explain.field_text(self._name, field, consequences(field), consequences))

    def _nearest(self, path: str, fields: "Sequence[Field]") -> str:
        from panka.planner.diagnostics import did_you_mean  # noqa: PLC0415  # brings the planner

        known = [one.path for field in fields for one in field.all()]
        return did_you_mean(path, known) or f"panka explain {self._name} lists its fields"

    def _consequences(self) -> "Consequences":
        from panka.planner.authoring.consequences import Trial  # noqa: PLC0415  # brings the planner
        from panka.planner.kinds import KINDS  # noqa: PLC0415  # as above

        return Trial(self._kind, KINDS).consequence if self._kind else lambda _field: None
