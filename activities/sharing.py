"""The steps of a plan as workflows see them: all in one, or in shares that know of each other."""

from collections.abc import Iterable

from panka.planner import estimate
from panka.planner.assemble import counts
from panka.planner.plan import Plan, Step
from panka.planner.shards import Shards, cut
from panka.planner.state import Pointer
from panka.workflows.ports import Node, Opened, Share

_LARGEST = 1_500_000
"""Bytes of steps that travel through Temporal, which takes 2 MB."""


def opened(plan: Plan, pointer: Pointer, most: int, size: int) -> Opened:
    """A run that is announced; with more than `most` steps it is cut into shards of about `size`."""
    steps = (*plan.forward, *plan.cleanup)
    share = _whole(plan) if len(steps) <= most else None
    return Opened(
        run=pointer.serial,
        state=pointer,
        total=len(steps),
        cleanup=len(plan.cleanup),
        levels=max((step.level for step in plan.forward), default=-1) + 1,
        changes=counts(steps),
        share=share,
        shards=0 if share else cut(plan, size).count,
    )


def _whole(plan: Plan) -> Share | None:
    """All steps; None when they are too large to travel, which a server would refuse again and again."""
    share = Share(forward=_nodes(plan.forward), cleanup=_nodes(plan.cleanup))
    return share if len(share.model_dump_json()) < _LARGEST else None


def share(plan: Plan, shards: Shards, index: int) -> Share:
    """What one shard carries out, and how it hangs together with the others."""
    border = _Border(plan, shards, index)
    return Share(
        forward=_nodes(border.mine(plan.forward)),
        cleanup=_nodes(border.mine(plan.cleanup)),
        elsewhere=border.elsewhere,
        dependents={key: tuple(others) for key, others in border.dependents.items()},
        offers={address: tuple(sorted(names)) for address, names in border.offers.items()},
    )


class _Border:
    """What crosses the edge of one shard, in either direction."""

    def __init__(self, plan: Plan, shards: Shards, index: int) -> None:
        self._of = shards.of
        self._index = index
        self.elsewhere: dict[str, int] = {}
        self.dependents: dict[str, list[str]] = {}
        self.offers: dict[str, set[str]] = {}
        addresses = {step.address for step in self.mine(plan.forward)}
        for step in (*plan.forward, *plan.cleanup):
            here = self._of[step.key] == index
            self._edges(step, here=here)
            if not here:
                for need in (need for need in step.needs if need.address in addresses):
                    self.offers.setdefault(need.address, set()).add(need.attribute)

    def mine(self, steps: Iterable[Step]) -> list[Step]:
        return [step for step in steps if self._of[step.key] == self._index]

    def _edges(self, step: Step, *, here: bool) -> None:
        for needed in step.depends_on:
            there = self._of[needed] == self._index
            if here and not there:
                self.elsewhere[needed] = self._of[needed]
            elif there and not here:
                self.elsewhere[step.key] = self._of[step.key]
                self.dependents.setdefault(needed, []).append(step.key)


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
