"""What a Stack says of resources that are on record or exist in AWS: its `moved`, `removed` and `import` blocks."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from panka.planner.adopting import Live
from panka.planner.core import StackSpec
from panka.planner.diagnostics import Label
from panka.planner.resource import Address


@dataclass(frozen=True, slots=True)
class Blocks:
    """The blocks of one stack."""

    moved: Mapping[str, str] = field(default_factory=dict)
    """Old to new: components, or addresses of single resources."""
    removed: frozenset[str] = frozenset()
    """Components and addresses that are forgotten."""
    imports: Mapping[str, str] = field(default_factory=dict)
    """Address to the identifier of what exists."""
    places: Mapping[str, Label] = field(default_factory=dict, compare=False)
    """Where the identifiers of `imports` are written, by address."""
    live: Mapping[str, Live] = field(default_factory=dict)
    """What is there of `imports`, by address; without one nobody has looked."""

    @classmethod
    def of(cls, spec: StackSpec, place: Callable[[int], Label]) -> "Blocks":
        """The blocks of a Stack; `place` tells where the identifier of an import is written, by its number."""
        return cls(
            moved={one.source: one.to for one in spec.moved},
            removed=frozenset(spec.removed),
            imports={main_of(one.to): one.id for one in spec.imports},
            places={main_of(one.to): place(number) for number, one in enumerate(spec.imports)},
        )

    def forgets(self, address: str) -> bool:
        """Whether a resource that the stack no longer has is to stay in AWS."""
        return address in self.removed or Address(address).component in self.removed

    def moves(self, recorded: Collection[str], wanted: Collection[str]) -> dict[str, str]:
        """For every wanted address that has no record of its own: the recorded one that moves there, if one does."""
        found: dict[str, str] = {}
        for address in sorted(recorded) if self.moved else ():
            if address not in wanted:
                new = self._followed(address)
                if new != address and new in wanted and new not in recorded:
                    found.setdefault(new, address)
        return found

    def _followed(self, address: str) -> str:
        """Where an address has moved to, through several renames."""
        for _ in self.moved:
            here = Address(address)
            if here in self.moved:
                address = self.moved[here]
            elif here.component in self.moved:
                address = Address.of(self.moved[here.component], here.part)
        return address


def main_of(address: str) -> str:
    """A component as the address of its main resource."""
    return address if ":" in address else Address.of(address, "main")
