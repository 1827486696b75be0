"""The steps of a plan as workflows see them: all in one, or in shares that know of each other."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from panka.planner import estimate
from panka.planner.assemble import counts
from panka.planner.plan import Plan, Step
from panka.planner.shards import cut
from panka.planner.state import Pointer
from panka.workflows.ports import Node, Opened, Share

_LARGEST = 1_500_000
"""Bytes of steps that travel through Temporal, which refuses 2 MB again and again."""
_ROOM = 750_000
"""Bytes of steps in a shard, about: its components stay whole, and what connects it with others comes on top."""


def opened(plan: Plan, pointer: Pointer, most: int, size: int) -> Opened:
    """A run that is announced; with more than `most` steps it is cut into shards of about `size`, or fewer."""
    steps = (*plan.forward, *plan.cleanup)
    whole = Share(forward=_nodes(plan.forward), cleanup=_nodes(plan.cleanup))
    bytes = len(whole.model_dump_json())
    share = whole if len(steps) <= most and bytes < _LARGEST else None
    size = min(size, max(1, _ROOM * len(steps) // bytes))
    return Opened(
        run=pointer.serial,
        state=pointer,
        total=len(steps),
        cleanup=len(plan.cleanup),
        levels=max((step.level for step in plan.forward), default=-1) + 1,
        changes=counts(steps),
        share=share,
        shards=0 if share else cut(plan, size).count,
        size=size,
    )


class Shares:
    """What each shard of a plan carries out, and how it hangs together with the others."""

    def __init__(self, plan: Plan, size: int) -> None:
        """The plan is cut into shards of about `size` steps."""
        self._of = cut(plan, size).of
        self._borders: defaultdict[int, _Border] = defaultdict(_Border)
        makers = {step.address: self._of[step.key] for step in plan.forward}
        for step in plan.forward:
            self._borders[self._of[step.key]].forward.append(step)
        for step in plan.cleanup:
            self._borders[self._of[step.key]].cleanup.append(step)
        for step in (*plan.forward, *plan.cleanup):
            self._connect(step, makers)

    def share(self, index: int) -> Share:
        """Of one shard."""
        border = self._borders[index]
        return Share(
            forward=_nodes(border.forward),
            cleanup=_nodes(border.cleanup),
            elsewhere=border.elsewhere,
            dependents={key: tuple(others) for key, others in border.dependents.items()},
            offers={address: tuple(sorted(names)) for address, names in border.offers.items()},
        )

    def _connect(self, step: Step, makers: Mapping[str, int]) -> None:
        here = self._of[step.key]
        for needed in step.depends_on:
            there = self._of[needed]
            if there != here:
                self._borders[here].elsewhere[needed] = there
                self._borders[there].elsewhere[step.key] = here
                self._borders[there].dependents[needed].append(step.key)
        for need in step.needs:
            there = makers.get(need.address, here)
            if there != here:
                self._borders[there].offers[need.address].add(need.attribute)


@dataclass(slots=True)
class _Border:
    """One shard's steps, and what crosses its edge in either direction."""

    forward: list[Step] = field(default_factory=list)
    cleanup: list[Step] = field(default_factory=list)
    elsewhere: dict[str, int] = field(default_factory=dict)
    dependents: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    offers: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def _nodes(steps: Iterable[Step]) -> tuple[Node, ...]:
    return tuple(
        Node(
            key=step.key,
            address=step.address,
            action=step.action,
            kind=step.kind,
            service=step.service,
            type=step.type,
            depends_on=step.depends_on,
            needs=step.needs,
            weight=step.weight,
            level=step.level,
            timeout=estimate.longest(step),
            place=step.place,
        )
        for step in steps
    )
