"""What Panka keeps in the object store, and under which keys: plans, state bodies, history, packed code.

docs/reference/state-format.md says what must hold for them. Everything here blocks.
"""

import hashlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from panka.activities.stores.store import NotThere, ObjectStore
from panka.planner.blueprint import Blueprint
from panka.planner.drift import Findings, Report
from panka.planner.history import Entry
from panka.planner.journal import Filed, Journal, Part, entries, folded
from panka.planner.owner import Scope
from panka.planner.plan import Plan, PlanRef
from panka.planner.record import Span
from panka.planner.resource import Model
from panka.planner.state import Pointer, State

R = TypeVar("R", Plan, State, Journal, Blueprint)

_REMEMBERED = 32
_TIMES = 4_096
"""Parts of journals whose steps' times are remembered."""
_KEPT = 32_000_000
"""Bytes of parts that were written here, and need not be read to be folded."""
_AT_ONCE = 16
"""Parts of a journal that are read at the same time."""
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_PLAN_ID = re.compile(r"p-[0-9a-f]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Foreign(Exception):
    """A plan is another stack's than the run's that names it."""


class Damaged(Exception):
    """An object's bytes are not those that its reference names."""


class Time(NamedTuple):
    """When a step was at work."""

    key: str
    seconds: float
    span: Span | None


class Filing(NamedTuple):
    """A plan, and the objects that it is filed as, by key."""

    plan: Plan
    ref: PlanRef
    objects: dict[str, bytes]


class Archive:
    """Models in an object store. Bodies are named by their digest, so what was read once need not be read again."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._read: OrderedDict[str, Model] = OrderedDict()
        self._times: OrderedDict[str, tuple[Time, ...]] = OrderedDict()
        """By the digest of the part that tells them."""
        self._unfolded: OrderedDict[str, bytes] = OrderedDict()
        """Parts that were written here and not read yet, by their digests."""
        self._turn = threading.Lock()

    def filing(self, plan: Plan, stack: bytes | None = None, assets: Iterable[bytes] = ()) -> Filing:
        """What is to be written of a plan, the whole stack that it names, and files that it refers to by SHA-256."""
        body = plan.text().encode()
        key = _plan_key(plan.scope, plan.id)
        objects = {_asset_key(plan.scope.tenant, _digest(one)): one for one in assets}
        if stack is not None:
            objects[_blueprint_key(plan.scope, plan.stack)] = stack
        return Filing(plan, PlanRef(id=plan.id, key=key, sha256=_digest(body)), {**objects, key: body})

    def file(self, filing: Filing) -> PlanRef:
        """Writes it."""
        self._objects.put_all(filing.objects)
        self._remember(f"{filing.ref.key}#{filing.ref.sha256}", filing.plan)
        return filing.ref

    def save_plan(self, plan: Plan, assets: Iterable[bytes] = ()) -> PlanRef:
        """Writes a plan that stands for itself, and files that it refers to by their SHA-256."""
        return self.file(self.filing(plan, assets=assets))

    def plan(self, ref: PlanRef) -> Plan:
        """Raises NotThere, Damaged, Newer."""
        return self._recall(ref.key, ref.sha256, Plan)

    def plan_of(self, scope: Scope, ref: PlanRef) -> Plan:
        """A plan that must be one of this stack: references come from callers. Raises Foreign, NotThere, Damaged."""
        if not _PLAN_ID.fullmatch(ref.id) or ref.key != _plan_key(scope, ref.id):
            raise Foreign(f"Plan {ref.id} is not one of {scope}.")
        plan = self.plan(ref)
        if plan.scope != scope:
            raise Foreign(f"Plan {ref.id} is not one of {scope}.")
        return plan

    def find_plan(self, scope: Scope, plan_id: str) -> tuple[Plan, PlanRef]:
        """A plan by its id, or by the beginning of one. Raises NotThere when none or several fit."""
        if not _PLAN_ID.fullmatch(plan_id):
            raise NotThere(f"No plan is called {plan_id}.")
        prefix = f"{_home(scope)}/plans/{plan_id}"
        keys = self._objects.keys(prefix)
        if len(keys) != 1:
            raise NotThere(f"{len(keys)} plans of {scope} begin with {plan_id}.")
        body = self._objects.get(keys[0])
        plan = Plan.read(body)
        return plan, PlanRef(id=plan.id, key=keys[0], sha256=_digest(body))

    def blueprint(self, scope: Scope, sha256: str) -> Blueprint:
        """Raises NotThere, Damaged, Newer."""
        return self._recall(_blueprint_key(scope, sha256), sha256, Blueprint)

    def save_state(self, state: State) -> Pointer:
        """Writes a body; it is current only when the lock table's pointer names it."""
        body = _body(state)
        digest = _digest(body)
        bodies = f"{_home(state.scope)}/state/"
        key = f"{bodies}{state.serial:08d}-{digest[:12]}.json"
        self._objects.put(key, body)
        with self._turn:
            # Nobody asks again for what came before the last one, and a large state is large.
            for name in [one for one in self._read if one.startswith(bodies)][:-1]:
                del self._read[name]
        self._remember(f"{key}#{digest}", state)
        return Pointer(serial=state.serial, key=key, sha256=digest)

    def state(self, pointer: Pointer) -> State:
        """The state that a pointer names, whole, whether it is filed as a body or as a journal.

        Raises NotThere, Damaged, Newer.
        """
        if not _is_journal(pointer):
            return self._recall(pointer.key, pointer.sha256, State)
        journal = self._recall(pointer.key, pointer.sha256, Journal)
        body = self._recall(journal.body.key, journal.body.sha256, State)
        plan = self._recall(journal.plan.key, journal.plan.sha256, Plan)
        return folded(body, plan, self.parts(journal.parts))

    def parts(self, filed: Iterable[Filed]) -> list[Part]:
        """Parts of a journal, in order. Raises NotThere, Damaged, Newer."""
        names = list(filed)
        with self._turn:
            own = {one.sha256: self._unfolded.pop(one.sha256) for one in names if one.sha256 in self._unfolded}
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="parts") as threads:
            others = threads.map(self._object, [one for one in names if one.sha256 not in own])
            found = [Part.read(own.get(one.sha256) or next(others)) for one in names]
        with self._turn:
            self._times |= {name.sha256: _times(part) for name, part in zip(names, found, strict=True)}
            while len(self._times) > _TIMES:
                self._times.popitem(last=False)
        return found

    def times(self, filed: Iterable[Filed]) -> list[Time]:
        """When the steps of some parts were at work, in order; a part that was read before is not read again.

        What is told is forgotten: a run asks once. Raises NotThere, Damaged, Newer.
        """
        names = list(filed)
        with self._turn:
            known = {one.sha256: self._times.pop(one.sha256) for one in names if one.sha256 in self._times}
        unread = [one for one in names if one.sha256 not in known]
        known |= {name.sha256: _times(part) for name, part in zip(unread, self.parts(unread), strict=True)}
        return [time for one in names for time in known[one.sha256]]

    def journal(self, pointer: Pointer, plan: PlanRef) -> Journal:
        """What a pointer names, as a journal: a body is one without parts. Raises NotThere, Damaged, Newer."""
        if _is_journal(pointer):
            return self._recall(pointer.key, pointer.sha256, Journal)
        return Journal(
            serial=pointer.serial,
            body=Filed(key=pointer.key, sha256=pointer.sha256),
            plan=Filed(key=plan.key, sha256=plan.sha256),
            entries=entries(self.state(pointer)),
        )

    def save_part(self, scope: Scope, serial: int, part: Part) -> Filed:
        """Writes what some steps have left; it counts when a journal that the pointer names has it."""
        body = part.model_dump_json(by_alias=True).encode()
        digest = _digest(body)
        key = f"{_journals(scope, serial)}/part-{digest[:12]}.json"
        self._objects.put(key, body)
        with self._turn:
            self._unfolded[digest] = body
            while sum(map(len, self._unfolded.values())) > _KEPT:
                self._unfolded.popitem(last=False)
        return Filed(key=key, sha256=digest)

    def save_journal(self, scope: Scope, journal: Journal) -> Pointer:
        """Writes a journal; it is current only when the lock table's pointer names it."""
        body = _body(journal)
        digest = _digest(body)
        key = f"{_journals(scope, journal.serial)}/{digest[:12]}.json"
        self._objects.put(key, body)
        self._remember(f"{key}#{digest}", journal)
        return Pointer(serial=journal.serial, key=key, sha256=digest)

    def save_entry(self, scope: Scope, entry: Entry) -> None:
        """Writes a run's history; what is written already stays as it is."""
        self._objects.put(f"{_home(scope)}/history/{entry.run:08d}.json", _body(entry))

    def entry(self, scope: Scope, run: int) -> Entry:
        """Raises NotThere."""
        return Entry.read(self._objects.get(f"{_home(scope)}/history/{run:08d}.json"))

    def save_page(self, scope: Scope, run: int, page: str) -> None:
        """Writes a run's report for people; what is written already stays as it is."""
        self._objects.put(f"{_home(scope)}/reports/{run:08d}.html", page.encode())

    def entries(self, scope: Scope) -> list[Entry]:
        """Every ended run, the latest first."""
        keys = self._objects.keys(f"{_home(scope)}/history/")
        return [Entry.read(self._objects.get(key)) for key in reversed(keys)]

    def asset(self, tenant: str, sha256: str) -> bytes:
        """Raises NotThere, Damaged."""
        if not _SHA256.fullmatch(sha256):
            raise NotThere(f"No file is called {sha256}.")
        key = _asset_key(tenant, sha256)
        return _checked(key, self._objects.get(key), sha256)

    def save_findings(self, scope: Scope, findings: Findings) -> Filed:
        """Writes what one batch of a drift check has found."""
        body = _body(findings)
        digest = _digest(body)
        key = f"{_home(scope)}/drift/parts/{digest}.json"
        self._objects.put(key, body)
        return Filed(key=key, sha256=digest)

    def findings(self, ref: Filed) -> Findings:
        """Raises NotThere, Damaged."""
        return Findings.model_validate_json(_checked(ref.key, self._objects.get(ref.key), ref.sha256))

    def save_report(self, report: Report, name: str) -> str:
        """Writes the report of a drift check and returns its key. Names sort by time."""
        key = f"{_home(report.scope)}/drift/{name}.json"
        self._objects.put(key, _body(report))
        return key

    def report(self, scope: Scope) -> tuple[Report, str] | None:
        """The latest report of a stack, with its key; None before the first drift check."""
        keys = self._objects.keys(f"{_home(scope)}/drift/2")  # a report's name begins with the year
        return (self.report_at(keys[-1]), keys[-1]) if keys else None

    def report_at(self, key: str) -> Report:
        """Raises NotThere."""
        return Report.model_validate_json(self._objects.get(key))

    def _recall(self, key: str, sha256: str, model: type[R]) -> R:
        name = f"{key}#{sha256}"
        with self._turn:
            known = self._read.get(name)
            if isinstance(known, model):
                self._read.move_to_end(name)
                return known
        found = model.read(self._object(Filed(key=key, sha256=sha256)))
        self._remember(name, found)
        return found

    def _object(self, filed: Filed) -> bytes:
        return _checked(filed.key, self._objects.get(filed.key), filed.sha256)

    def _remember(self, name: str, model: Model) -> None:
        with self._turn:
            self._read[name] = model
            while len(self._read) > _REMEMBERED:
                self._read.popitem(last=False)


def _times(part: Part) -> tuple[Time, ...]:
    return tuple(Time(one.key, one.seconds, one.span) for one in part.done)


def _home(scope: Scope) -> str:
    return f"tenants/{scope.tenant}/stacks/{scope.stack}/{scope.environment}"


def _plan_key(scope: Scope, plan_id: str) -> str:
    return f"{_home(scope)}/plans/{plan_id}.json"


def _asset_key(tenant: str, sha256: str) -> str:
    return f"tenants/{tenant}/assets/{sha256}"


def _blueprint_key(scope: Scope, sha256: str) -> str:
    return f"{_home(scope)}/stacks/{sha256}.json"


def _journals(scope: Scope, serial: int) -> str:
    return f"{_home(scope)}/journal/{serial:08d}"


def _is_journal(pointer: Pointer) -> bool:
    return pointer.key.rsplit("/", 2)[-2] != "state"


def _body(model: Model) -> bytes:
    """Canonical JSON: the same content is the same bytes."""
    if not isinstance(model, State):
        return _text(model)
    # Resource by resource: all of a large state as plain values would take more room than the state itself.
    records = {address: _text(record) for address, record in model.resources.items()}
    said = model.model_dump(mode="json", by_alias=True, exclude={"resources"})
    return _joined({name: _canonical(value).encode() for name, value in said.items()} | {"resources": _joined(records)})


def _text(model: Model) -> bytes:
    return _canonical(model.model_dump(mode="json", by_alias=True)).encode()


def _joined(texts: Mapping[str, bytes]) -> bytes:
    """An object whose values are canonical JSON already."""
    return b"{" + b",".join(_canonical(name).encode() + b":" + texts[name] for name in sorted(texts)) + b"}"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _checked(key: str, body: bytes, sha256: str) -> bytes:
    if _digest(body) != sha256:
        raise Damaged(f"{key} does not hold what its reference names: its SHA-256 is another.")
    return body
