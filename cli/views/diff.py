"""What differs between the stacks of two runs, in the look of a plan."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from panka.cli.views.plan import aligned, changes_of, header, rows_text
from panka.cli.views.screen import Screen
from panka.planner.comparing import Comparison
from panka.planner.owner import Scope
from panka.planner.plan import Action
from panka.planner.render.components import components_of, numbers
from panka.planner.render.fields import Line, changed_value
from panka.planner.state import Target


@dataclass(frozen=True, slots=True)
class TwoRuns:
    """Two runs of a stack, and how the second one's stack differs from the first one's."""

    scope: Scope
    target: Target
    before: int
    after: int
    found: Comparison

    @property
    def differ(self) -> bool:
        return bool(self.found.steps or self.found.outputs or self.found.edits)


def diff_text(runs: TwoRuns, screen: Screen, *, detail: bool) -> str:
    """What differs, component by component; dangerous changes last."""
    found = runs.found
    head = f"{header(runs.scope, runs.target)}   from #{runs.before} to #{runs.after}"
    if not runs.differ:
        return f"{head}\n\nNothing differs."
    rows = components_of(found.steps, found.authored, found.edits)
    lines = [head, "", *rows_text(rows, screen, detail=detail)]
    outputs = [Line(one.path, changed_value(one)) for one in found.outputs]
    lines += ["    outputs", *aligned(outputs)] if outputs else []
    total = Counter(row.action for row in rows)
    said = numbers(total) or "outputs differ"
    return "\n".join([*lines, "", f"From #{runs.before} to #{runs.after}: {said}"])


def diff_data(runs: TwoRuns) -> dict[str, Any]:
    """The same for machines, as JSON values."""
    found = runs.found
    rows = components_of(found.steps, found.authored, found.edits)
    total = Counter(row.action for row in rows)
    return {
        "scope": str(runs.scope),
        "from": runs.before,
        "to": runs.after,
        "differ": runs.differ,
        "counts": {action.value: total.get(action, 0) for action in Action},
        "components": [changes_of(row) for row in rows],
        "outputs": [one.model_dump(mode="json", by_alias=True) for one in found.outputs],
    }
