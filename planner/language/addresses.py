"""Checks the addresses in `moved`, `removed` and `import` blocks: components when read, resources when compiled."""

from collections.abc import Collection
from functools import partial

from panka.planner.blocks import main_of
from panka.planner.core import StackSpec
from panka.planner.diagnostics import Findings, Label, did_you_mean
from panka.planner.language.documents import Steps
from panka.planner.language.envelopes import Entry
from panka.planner.language.review import Review
from panka.planner.resource import Address


def check_blocks(review: Review, spec: StackSpec, entry: Entry) -> None:
    """Tells of blocks that contradict the stack's components. Single resources are checked when they are known."""
    components = review.inventory.components
    sources = {one.source for one in spec.moved}
    for number, one in enumerate(spec.moved):
        path: Steps = ("spec", "moved", number)
        if one.source in components:
            _still_there(review.findings, entry, (*path, "from"), one.source, "moved away")
        if one.to not in sources:
            _known(review, entry, (*path, "to"), one.to)
    _circles(spec, entry, review.findings)
    for number, address in enumerate(spec.removed):
        if address in components:
            _still_there(review.findings, entry, ("spec", "removed", number), address, "removed")
    for number, block in enumerate(spec.imports):
        _known(review, entry, ("spec", "import", number, "to"), block.to)


def _known(review: Review, entry: Entry, path: Steps, address: str) -> None:
    review.directory.component(Address(address).component, partial(entry.layers.span, path), review.findings)


def _still_there(findings: Findings, entry: Entry, path: Steps, address: str, what: str) -> None:
    label = Label(entry.layers.span(path), "still in the stack")
    findings.add("PK361", f"`{address}` cannot be {what}: the stack still has it", label)


def _circles(spec: StackSpec, entry: Entry, findings: Findings) -> None:
    moved = {one.source: one.to for one in spec.moved}
    for number, one in enumerate(spec.moved):
        way = [one.source]
        while (next_ := moved.get(way[-1])) is not None and next_ not in way:
            way.append(next_)
        if next_ == one.source and one.source == min(way):
            label = Label(entry.layers.span(("spec", "moved", number, "to")), "leads back")
            findings.add("PK361", f"moved in a circle: {' -> '.join([*way, one.source])}", label)


def check_addresses(spec: StackSpec, entry: Entry, made: Collection[str], findings: Findings) -> None:
    """Tells of blocks whose single resources are not those that the components become."""
    sources = {one.source for one in spec.moved}
    for number, one in enumerate(spec.moved):
        path: Steps = ("spec", "moved", number)
        if ":" in one.source and one.source in made:
            _still_there(findings, entry, (*path, "from"), one.source, "moved away")
        if ":" in one.to and one.to not in sources:
            _is_made(findings, entry, (*path, "to"), one.to, made)
    for number, address in enumerate(spec.removed):
        if ":" in address and address in made:
            _still_there(findings, entry, ("spec", "removed", number), address, "removed")
    for number, block in enumerate(spec.imports):
        _is_made(findings, entry, ("spec", "import", number, "to"), main_of(block.to), made)


def _is_made(findings: Findings, entry: Entry, path: Steps, address: str, made: Collection[str]) -> None:
    component = Address(address).component
    own = sorted(one for one in made if Address(one).component == component)
    if address in made or not own:
        return
    label = Label(entry.layers.span(path), "unknown resource")
    notes = (f"resources of `{component}`: {', '.join(own)}",)
    findings.add("PK351", f"the stack has no resource `{address}`", label, notes=notes, help=did_you_mean(address, own))
