"""What a plan is limited to: `--target`, `--exclude` and `--replace`, and what follows from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from panka.planner.diagnostics import Diagnostic, did_you_mean, label_of
from panka.planner.difference import Difference
from panka.planner.graph import Graph
from panka.planner.plan import Action, Selection, Step
from panka.planner.resource import Address, Resource
from panka.planner.state import Recorded, State


class NoMatch(Exception):
    """A pattern fits nothing. `help` names what may have been meant."""

    def __init__(self, pattern: str, known: Iterable[str]) -> None:
        super().__init__(f"Nothing in the stack or its record is called `{pattern}`.")
        self.help = did_you_mean(pattern, known) or "panka graph shows all names"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for, as patterns: kinds, types, component names (with service or without), addresses, globs."""

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()

    def replaced(self, wanted: Iterable[Resource]) -> frozenset[str]:
        """The addresses that are to be made anew."""
        if not self.replaces:
            return frozenset()
        return frozenset(str(one.address) for one in wanted if fits(self.replaces, one))


def fits(patterns: Iterable[str], one: Step | Resource | Recorded) -> bool:
    """Whether a resource is what one of the patterns means."""
    names = _names(one)
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in names)


def _names(one: Step | Resource | Recorded) -> tuple[str, ...]:
    component = Address(one.address).component
    own = (one.kind, one.type, component, str(one.address))
    return (*own, f"{one.service}/{component}", f"{one.service}/{one.address}") if one.service else own


def choose(
    wish: Wish, difference: Difference, graph: Graph, state: State | None
) -> tuple[Selection | None, frozenset[str]]:
    """Takes out of the difference what is not wished for; what was chosen, and the addresses whose changes stay out.

    A delete that breaks what stays is a diagnostic of the difference. Raises NoMatch.
    """
    if not (wish.targets or wish.excludes or wish.replaces):
        return None, frozenset()
    choosing = _Choosing(wish, difference, graph, state)
    choosing.check_names()
    return choosing.run()


class _Choosing:
    def __init__(self, wish: Wish, difference: Difference, graph: Graph, state: State | None) -> None:
        self.wish = wish
        self.difference = difference
        self.graph = graph
        self.recorded = state.resources if state else {}
        self.every = {**difference.cleanup, **difference.forward}
        self.users: dict[str, list[str]] = {}
        """Address to the steps of those that need it according to the record."""
        for key, step in self.every.items():
            old = self.recorded.get(step.moved_from or step.address)
            for needed in old.dependencies if old is not None and key == step.address else ():
                self.users.setdefault(needed, []).append(key)

    def check_names(self) -> None:
        one_of_each: tuple[Step | Recorded, ...] = (*self.every.values(), *self.recorded.values())
        known = {name for one in one_of_each for name in _names(one)} | set(self.difference.settled)
        known |= {Address(address).component for address in self.difference.settled}
        for pattern in (*self.wish.targets, *self.wish.excludes, *self.wish.replaces):
            if not any(fnmatchcase(name, pattern) for name in known):
                raise NoMatch(pattern, known)

    def run(self) -> tuple[Selection, frozenset[str]]:
        wish, every = self.wish, self.every
        seeds = {key for key, step in every.items() if not wish.targets or fits(wish.targets, step)}
        chosen = self._with_what_they_need(seeds) if wish.targets else seeds
        excluded = {key for key in chosen if wish.excludes and fits(wish.excludes, every[key])}
        withheld = self._with_who_needs_them(excluded) & chosen
        chosen = chosen - withheld
        out = {key: every[key] for key in every if key not in chosen}
        self._refuse_breaks(chosen, out)
        for steps in (self.difference.forward, self.difference.cleanup):
            for key in [key for key in steps if key in out]:
                del steps[key]
        self._drop_refusals(out)
        selection = Selection(
            targets=wish.targets,
            excludes=wish.excludes,
            replaces=wish.replaces,
            added=tuple(sorted({every[key].address for key in chosen - seeds})),
            withheld=tuple(sorted({every[key].address for key in withheld - excluded})),
            left_out=len({step.address for step in out.values()}),
        )
        return selection, frozenset(step.address for step in out.values())

    def _with_what_they_need(self, seeds: set[str]) -> set[str]:
        """The steps, those that they need, and those of whoever needs what they delete."""
        chosen: set[str] = set()
        open_ = sorted(seeds)
        while open_:
            key = open_.pop()
            if key in chosen:
                continue
            chosen.add(key)
            open_ += self._needed_by(key) + self._users_of(key)
        return chosen

    def _needed_by(self, key: str) -> list[str]:
        step = self.every[key]
        if key in self.difference.forward:
            needed = [one for one in self.graph.upstream(key) if one in self.difference.forward]
            return needed + self._old_of(step)
        return [step.address] if key != step.address and step.address in self.difference.forward else []

    def _old_of(self, step: Step) -> list[str]:
        """The delete of what a replacement replaces."""
        old = self.recorded.get(step.moved_from or step.address)
        key = f"{old.address}@{old.generation}" if old else ""
        return [key] if key in self.difference.cleanup else []

    def _users_of(self, key: str) -> list[str]:
        step = self.every[key]
        return self.users.get(step.address, []) if step.action in (Action.DELETE, Action.REPLACE) else []

    def _with_who_needs_them(self, keys: set[str]) -> set[str]:
        """The steps, those that wait for them, and the deletes of what they replace."""
        found = set(keys)
        for key in keys & self.difference.forward.keys():
            found |= self.graph.downstream(key) & self.difference.forward.keys()
        for key in found & self.difference.forward.keys():
            found.update(self._old_of(self.every[key]))
        return found

    def _refuse_breaks(self, chosen: set[str], out: dict[str, Step]) -> None:
        for key in sorted(chosen):
            step = self.every[key]
            if step.action is not Action.DELETE:
                continue
            for user in sorted(one for one in self.users.get(step.address, ()) if one in out):
                summary = f"the plan would delete `{step.address}`, which `{out[user].address}` needs and which stays"
                self.difference.diagnostics.append(
                    Diagnostic(
                        "PK363",
                        summary,
                        label_of(out[user].place, "its change is left out"),
                        help=f"leave `{step.address}` out too, or take `{out[user].address}` in",
                    )
                )

    def _drop_refusals(self, out: dict[str, Step]) -> None:
        """What is not done needs no protection."""
        kept = [one for one in self.difference.refusals if one.address not in out]
        self.difference.refusals[:] = kept
