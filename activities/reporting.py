"""What is on record of a run that has ended, told as a report: the same record makes the same bytes."""

from panka.planner.history import Entry
from panka.planner.plan import Plan
from panka.planner.render.fate import Fate, Known
from panka.planner.render.filling import of_run
from panka.planner.render.html import html
from panka.planner.render.sheet import Ran


def report_of(entry: Entry, plan: Plan) -> str:
    """The report of a run, as a page."""
    ran = Ran(
        run=entry.run,
        kind=entry.kind,
        result=entry.result,
        by=entry.by,
        started=entry.started,
        finished=entry.finished,
        known=ended(entry, plan),
        places={one.key: one.place for one in entry.failures},
        git=entry.git,
        approved_by=entry.approved_by,
        said=entry.said,
    )
    return html(of_run(plan, ran))


def ended(entry: Entry, plan: Plan) -> dict[str, Known]:
    """What has become of each step, as the history tells it: what was taken back was done before."""
    done = Fate.UNDONE if entry.result in ("rolled back", "cancelled") else Fate.DONE
    known = {step.key: Known(Fate.SKIPPED) for step in (*plan.forward, *plan.cleanup)}
    known |= {key: Known(done, "", seconds, entry.spans.get(key)) for key, seconds in entry.steps}
    return known | {one.key: Known(Fate.FAILED, one.message, None, one.span) for one in entry.failures}
