"""What is on record of a stack, and what its blocks and the last drift check say of it."""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Self

from panka.planner.blocks import Blocks
from panka.planner.drift import Finding, Status
from panka.planner.state import Recorded, State


@dataclass(frozen=True, slots=True)
class OnRecord:
    """The recorded resources as a plan needs them."""

    resources: Mapping[str, Recorded]
    moves: Mapping[str, str]
    """New address to recorded one."""
    blocks: Blocks
    named: tuple[Recorded, ...]
    """Resources whose names are not made of their addresses."""
    replaces: AbstractSet[str]
    """Addresses that are to be made anew although nothing forces it."""
    drift: Mapping[str, Finding]
    """What others have changed or deleted, by recorded address."""

    @classmethod
    def of(
        cls,
        state: State | None,
        wanted: Collection[str],
        blocks: Blocks,
        replaces: AbstractSet[str],
        drift: Mapping[str, Finding],
    ) -> Self:
        resources = state.resources if state else {}
        moves = blocks.moves(resources, wanted)
        moving = set(moves.values())
        every = (*resources.values(), *state.deposed) if state else ()
        named = tuple(one for one in every if one.keeps_name or one.address in moving)
        return cls(resources, moves, blocks, named, replaces, drift)

    def find(self, address: str) -> Recorded | None:
        """What is on record and there."""
        found = self.resources.get(self.moves.get(address, address))
        return None if found is None or self.gone(found) else found

    def gone(self, recorded: Recorded) -> bool:
        """Whether others have deleted it."""
        found = self.drift.get(recorded.address)
        return found is not None and found.status is Status.MISSING

    def deleted(self, address: str) -> Recorded | None:
        """What is on record and was deleted by others."""
        found = self.resources.get(self.moves.get(address, address))
        return found if found is not None and self.gone(found) else None
