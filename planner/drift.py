"""What has changed outside Panka: live resources beside what was applied and what was observed after it."""

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any, Self

from panka.planner.authored import HIDDEN
from panka.planner.departing import Departures, value_at
from panka.planner.masking import shown
from panka.planner.owned import Surroundings
from panka.planner.owner import Scope
from panka.planner.plan import Seen
from panka.planner.resource import Model, Properties
from panka.planner.state import Pointer, Recorded, Target


class Status(StrEnum):
    """What a look at a resource has shown."""

    SAME = "as recorded"
    CHANGED = "changed"
    MISSING = "missing"
    UNKNOWN = "unknown"
    """It could not be read, so nobody may call it unchanged."""


class Verdict(StrEnum):
    """What a look at a whole stack has shown."""

    CLEAN = "clean"
    DRIFTED = "drifted"
    UNKNOWN = "unknown"
    """Nothing was seen to have changed, and not everything could be seen."""


class Property(Model):
    """One property that is not as it was after the last run; None where there is none. Secrets are hidden."""

    path: str
    """`VisibilityTimeout`, `Environment.Variables.LOG_LEVEL`."""
    desired: object = None
    """As the stack's files say now, where they were at hand."""
    applied: object = None
    """What the last run set; None: Panka never set it."""
    observed: object = None
    """What AWS told after the last run."""
    live: object = None
    owner: str = ""
    """Who may change it beside Panka, in words; such a change is no drift."""


class Finding(Model):
    """One resource that there is something to say of."""

    address: str
    type: str
    kind: str
    service: str = ""
    id: str
    status: Status
    why: str = ""
    """Why it is unknown."""
    properties: tuple[Property, ...] = ()
    untold: tuple[str, ...] = ()
    """Properties that were applied and that AWS does not tell: nobody sees them change."""
    accepted: Properties | None = None
    """Of a changed resource: what would be on record as applied if the change were accepted. None: it holds what looks
    like a secret, which no record may hold."""
    live: Seen | None = None
    """What AWS told, where it may be recorded."""

    @property
    def drifted(self) -> tuple[Property, ...]:
        return tuple(one for one in self.properties if not one.owner)


class Findings(Model):
    """What one part of a drift check has found."""

    findings: tuple[Finding, ...]


class Report(Model):
    """What one drift check has found."""

    format: int = 1
    scope: Scope
    target: Target
    state: Pointer
    """The state that AWS was compared with."""
    started: str
    """RFC 3339, UTC."""
    finished: str
    by: str
    total: int
    """How many resources were looked at."""
    findings: tuple[Finding, ...] = ()
    """Everything but resources that are as recorded and tell all that was applied."""
    moved: bool = False
    """The state moved again and again meanwhile, so that what was found may be Panka's own changes."""
    told: str = ""
    """The gist that was last told to those who want to know."""

    def count(self, status: Status) -> int:
        if status is Status.SAME:
            return self.total - sum(one.status is not Status.SAME for one in self.findings)
        return sum(one.status is status for one in self.findings)

    @property
    def verdict(self) -> Verdict:
        if self.moved:
            return Verdict.UNKNOWN
        if self.count(Status.CHANGED) or self.count(Status.MISSING):
            return Verdict.DRIFTED
        return Verdict.UNKNOWN if self.count(Status.UNKNOWN) else Verdict.CLEAN

    def beside(self, desired: Mapping[str, Properties]) -> Self:
        """The report with what the stack's files say now; of addresses that are not in `desired` nobody knows."""
        findings = tuple(
            one.model_copy(
                update={"properties": tuple(_desired(found, desired[one.address]) for found in one.properties)}
            )
            if one.address in desired
            else one
            for one in self.findings
        )
        return self.model_copy(update={"findings": findings})

    @property
    def gist(self) -> str:
        """The same for reports that say the same: what has changed, not how often or when it was seen. Empty: clean."""
        if self.verdict is Verdict.CLEAN:
            return ""
        said = [self.verdict.value]
        for one in sorted(self.findings, key=lambda one: one.address):
            if one.status in (Status.CHANGED, Status.MISSING):
                said += [one.address, one.status, *(found.path for found in one.drifted)]
        return sha256("\0".join(said).encode()).hexdigest()[:16]


def compared(recorded: Recorded, live: Seen | None, around: Surroundings) -> Finding:
    """What differs between a resource's record and what AWS tells of it; None: it is not there.

    Secrets in `live` must be references already.
    """
    if live is None:
        return _finding(recorded, Status.MISSING)
    if recorded.properties and not recorded.observed:
        return unknown(recorded, "it is too large to be on record, so there is nothing to compare it with")
    look = Departures(lambda path, before, now: around.owner(recorded, path, before, now))
    accepted = look.compare(recorded.properties, recorded.observed, live.properties)
    told = tuple(
        Property(
            path=one.path,
            applied=shown(one.path, one.applied),
            observed=shown(one.path, one.observed),
            live=shown(one.path, one.live),
            owner=one.owner,
        )
        for one in look.found
    )
    drifted = any(not one.owner for one in told)
    secret = any(HIDDEN in str(one.live) for one in told)
    return _finding(
        recorded,
        Status.CHANGED if drifted else Status.SAME,
        properties=told,
        untold=_untold(recorded, live),
        accepted=accepted if drifted and not secret else None,
        live=live if drifted and not secret else None,
    )


def unknown(recorded: Recorded, why: str) -> Finding:
    """A resource that could not be compared."""
    return _finding(recorded, Status.UNKNOWN, why=why)


def telling(finding: Finding) -> bool:
    """Whether a report has to hold it."""
    return finding.status is not Status.SAME or bool(finding.properties or finding.untold)


def _desired(one: Property, properties: Properties) -> Property:
    return one.model_copy(update={"desired": shown(one.path, value_at(properties, one.path))})


def _finding(recorded: Recorded, status: Status, **more: Any) -> Finding:
    return Finding(
        address=recorded.address,
        type=recorded.type,
        kind=recorded.kind,
        service=recorded.service,
        id=recorded.id,
        status=status,
        **more,
    )


def _untold(recorded: Recorded, live: Seen) -> tuple[str, ...]:
    told = recorded.observed.keys() | live.properties.keys()
    said = (name for name, value in recorded.properties.items() if value not in (None, False, "", [], {}))
    return tuple(sorted(name for name in said if name not in told))
