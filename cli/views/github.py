"""What GitHub Actions shows of a run: its failures at their lines, and a summary on the page of the workflow."""

from collections.abc import Iterable

from panka.planner.history import Failure
from panka.planner.render.reports import workflow_command
from panka.planner.render.words import took
from panka.workflows.messages import Result

_MARKS = {"succeeded": "✅", "failed": "❌", "rolled back": "↩️", "cancelled": "⏹️"}


def annotations(failures: Iterable[Failure]) -> list[str]:
    """A workflow command each."""
    return [workflow_command("error", {**_position(one.place), "title": one.key}, one.message) for one in failures]


def run_summary(scope: object, result: Result, spent: float | None) -> str:
    """Markdown: how it ended, and every failure."""
    number = f"#{result.run}" if result.run else ""
    after = f" after {took(spent)}" if spent is not None else ""
    lines = [f"### {_MARKS[result.result]} Panka: {scope}{number} {result.result}{after}"]
    lines += ["", result.message] if result.message and not result.failures else []
    if result.failures:
        rows = [f"| `{one.key}` | {_cell(one.message)} | {_cell(one.place)} |" for one in result.failures]
        lines += ["", "| step | why | where |", "|---|---|---|", *rows]
    return "\n".join(lines)


def _position(place: str) -> dict[str, str]:
    """`api/app.yaml:31:1` as the properties of a workflow command."""
    file, _, rest = place.partition(":")
    line, _, column = rest.partition(":")
    said = {"file": file, "line": line, "col": column}
    return {name: value for name, value in said.items() if value}


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
