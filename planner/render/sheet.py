"""What a report shows: a plan, a run, or a stack alone, in one shape. `filling` makes sheets, `html` writes them."""

from dataclasses import dataclass

from panka.planner.owner import Scope
from panka.planner.plan import Action, Step
from panka.planner.record import Span
from panka.planner.render.components import ComponentChange
from panka.planner.render.fate import Known
from panka.planner.render.picture import Node


@dataclass(frozen=True, slots=True)
class Box:
    """A step, or all steps of a component in one phase; of a stack alone, what stands in it."""

    node: Node
    action: Action | None = None
    known: Known | None = None
    """Of a run."""
    span: Span | None = None
    """When it was at work, or, of a plan, will be if it takes what such steps take; a plan begins at 0."""
    cleanup: bool = False
    """It comes after the commit point."""
    steps: tuple[Step, ...] = ()

    @property
    def tries(self) -> int:
        """0: nobody knows."""
        return self.span.tries if self.span else 0


@dataclass(frozen=True, slots=True)
class Failed:
    """What failed, and why."""

    key: str
    message: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that a report says."""

    what: str
    """`Plan`, `Run #43`, `Graph`."""
    scope: Scope | None
    stack: str
    facts: tuple[tuple[str, str], ...]
    boxes: tuple[Box, ...]
    """By level."""
    critical: tuple[str, ...] = ()
    """Ids of boxes along the longest path."""
    summary: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    loss: str = ""
    """Whose data is lost."""
    changes: tuple[ComponentChange, ...] = ()
    result: str = ""
    """Of a run."""
    failures: tuple[Failed, ...] = ()
    whole: Span | None = None
    """From the beginning to the end."""
    gathered: bool = False
    """Boxes are components, as there are too many steps."""
    kinds: bool = False
    """Boxes have no fate, and are told apart by their kind."""
