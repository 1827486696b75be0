"""Why a component is as it is: what it waits for, why it failed, was skipped or is replaced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from panka.cli.views.screen import Screen
from panka.planner.plan import Action, Step
from panka.planner.render.components import component_name
from panka.planner.render.fate import FATES, Fate, Known
from panka.planner.render.fields import change_text
from panka.planner.render.words import took
from panka.planner.resource import Address


@dataclass(frozen=True, slots=True)
class Case:
    """A run or plan, and what it did or does with one component."""

    title: str
    steps: Sequence[Step]
    """Those of the component."""
    every: Mapping[str, Step]
    known: Mapping[str, Known]
    """By key; of a plan that is not carried out nothing."""
    goes_on: bool = False
    paused: bool = False
    """The run waits for somebody to decide about what failed."""

    def fate(self, key: str) -> Fate:
        return self.known[key].fate if key in self.known else Fate.WAITING

    def open_needs(self, step: Step) -> list[str]:
        """Keys of the steps that it waits for, of those that are not done."""
        return [key for key in step.depends_on if key in self.every and self.fate(key) is not Fate.DONE]

    def root(self, key: str) -> str:
        """The step at the end of what a step waits for: one that runs, has failed, or could begin."""
        seen: set[str] = set()
        while key not in seen and self.fate(key) in (Fate.WAITING, Fate.SKIPPED):
            seen.add(key)
            further = self.open_needs(self.every[key])
            if not further:
                break
            key = max(further, key=lambda one: (self.fate(one) is Fate.FAILED, self.fate(one) is Fate.RUNNING, one))
        return key


def why_text(case: Case, screen: Screen) -> str:
    first = case.steps[0]
    lines = [case.title, "", f"{first.kind} {component_name(first.address, first.service)}"]
    for step in case.steps:
        lines += _step(case, step, screen)
    return "\n".join(lines)


def why_data(case: Case) -> dict[str, Any]:
    """The same for programs."""
    return {
        "about": case.title,
        "steps": [
            {
                "step": step.key,
                "action": step.action.value,
                "fate": case.fate(step.key).value if case.known else None,
                "text": case.known[step.key].text if step.key in case.known else "",
                "waitsFor": case.open_needs(step) if case.known else list(step.depends_on),
                "reason": step.reason,
                "place": step.place,
            }
            for step in case.steps
        ],
    }


def _step(case: Case, step: Step, screen: Screen) -> list[str]:
    fate = case.fate(step.key)
    known = case.known.get(step.key, Known(fate))
    spent = f" after {took(known.seconds)}" if known.seconds is not None and fate is not Fate.RUNNING else ""
    spent = f" for {took(known.seconds)}" if known.seconds is not None and fate is Fate.RUNNING else spent
    symbol = FATES.get(fate, "") if case.known else ""
    said = f"  {fate.value}{spent}" if case.known else ""
    lines = [f"{screen.paint(symbol, symbol.rjust(3))} {step.key}  {step.action}{said}"]
    return lines + [f"      {f'{word} {text}'.lstrip()}" for word, text in _reasons(case, step, known)]


def _reasons(case: Case, step: Step, known: Known) -> list[tuple[str, str]]:
    fate, reasons = case.fate(step.key), []
    if fate is Fate.FAILED:
        reasons.append(("failed because:", known.text))
    elif fate is Fate.RUNNING and known.text:
        reasons.append(("waits for AWS:", known.text))
    elif fate is Fate.SKIPPED and known.text and not case.open_needs(step):
        reasons.append(("skipped because:", known.text))
    if fate in (Fate.WAITING, Fate.SKIPPED):
        reasons += [("waits for", _need(case, key)) for key in case.open_needs(step)]
    if step.action is Action.REPLACE:
        reasons.append(("replaced because:", step.reason))
        reasons += [("", f"{one.path}  {change_text(one)}") for one in step.changes if one.replaces]
    elif step.reason:
        reasons.append((f"{step.action} because:", step.reason))
    return reasons + ([("-->", step.place)] if step.place and fate is not Fate.DONE else [])


def _need(case: Case, key: str) -> str:
    if not case.known:
        return key
    root = case.root(key)
    fate = case.fate(root)
    text = case.known[root].text if root in case.known and fate is Fate.RUNNING else ""
    about = f"{fate.value}{f': {text}' if text else ''}"
    return f"{key} ({about})" if root == key else f"{key}, and that in the end for {root} ({about})"


def belongs(step: Step, said: str) -> bool:
    """Whether a step is meant by what somebody typed: a key, an address, a component with its service or without."""
    component = Address(step.address).component
    return said in (step.key, step.address, component, component_name(step.address, step.service))
