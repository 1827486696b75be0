"""A stack's components, checked, with what each needs: what the compiler lowers."""

from dataclasses import dataclass

from panka.planner.component import Component, ComponentSpec, Kind
from panka.planner.core import StackSpec
from panka.planner.diagnostics import Label
from panka.planner.language.envelopes import Entry
from panka.planner.language.expansion import Reference
from panka.planner.language.reading import Data


@dataclass(frozen=True, slots=True)
class Part:
    """A component that is right."""

    component: Component[ComponentSpec]
    kind: Kind
    entry: Entry
    data: dict[str, Data]
    """Its spec as written, with defaults, overlays and variables put in."""
    references: tuple[Reference, ...]
    uses: tuple[str, ...]
    """Components that it references or names, in the order of first mention."""
    granted: tuple[str, ...]
    """Those of them that it references."""
    awaits: tuple[str, ...]
    """Components that must be ready first although it does not use them."""
    tags: dict[str, str]
    """Of stack, service and component."""

    @property
    def in_network(self) -> bool:
        """Whether the component's resources stand in a VPC."""
        return self.kind.stands_in_network(self.component.spec)

    @property
    def label(self) -> Label:
        return self.entry.name_label("")


@dataclass(frozen=True, slots=True)
class StackPart:
    """What the Stack document says."""

    spec: StackSpec
    entry: Entry | None
    tags: dict[str, str]
    outputs: dict[str, Data]
    references: tuple[Reference, ...]
    """Those of the outputs."""

    def import_label(self, number: int) -> Label:
        """Where an `import` block names what exists. Only of a Stack that is there."""
        assert self.entry is not None  # noqa: S101  # a Stack with blocks is written somewhere
        return Label(self.entry.layers.span(("spec", "import", number, "id")))
