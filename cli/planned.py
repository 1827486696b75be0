"""Makes the plan that a command is about, or finds the one that it names."""

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from panka.activities.stores.store import NotThere
from panka.cli.exits import InvalidStack, Misused, RunFailed
from panka.cli.session import Session
from panka.cli.stacks import compiled, git_commit, read, report, tenant_in
from panka.planner.core import OnFailure
from panka.planner.diagnostics import Invalid
from panka.planner.owner import Scope
from panka.planner.plan import Plan
from panka.planner.render.diagnostics import full
from panka.planner.selecting import NoMatch, Wish
from panka.planner.stack import Draft
from panka.workflows.ports import PlanRef

if TYPE_CHECKING:
    from panka.activities.planning import Desk


@dataclass(frozen=True, slots=True)
class Planned:
    """A filed plan, and what should be said with it."""

    desk: "Desk"
    plan: Plan
    ref: PlanRef | None
    """None: there is nothing to do, so nothing was filed."""
    notes: tuple[str, ...] = ()
    on_failure: OnFailure = "rollback"
    """What the stack itself wishes for a run that fails."""


class Stale(RunFailed):
    """The state has moved since the plan was made."""


def no_turn(_scope: Scope) -> None:
    """Whoever only looks at a plan waits for nobody."""


@contextmanager
def _uncollected() -> Iterator[None]:
    """No looks for cycles meanwhile: a plan is millions of objects and hardly a cycle, so looks only cost time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@_uncollected()
def plan_stack(
    session: Session,
    path: str,
    given: Sequence[str],
    files: Sequence[str],
    wish: Wish | None = None,
    take_turn: Callable[[Scope], None] = no_turn,
    tenant_config: str | None = None,
) -> Planned:
    """Reads the stack, asks the account what must be known, compares with the record and files the plan.

    A TenantConfig's file says what the stack may have. `take_turn` returns when no other run of the stack goes on, so
    that the plan fits what that run leaves.

    Raises:
        InvalidStack: the YAML makes no stack.
        Stop: whatever else stands in the way, with its exit code.
    """
    tenant = tenant_in(tenant_config)
    draft = read(session, path, given, files, tenant)
    whole = compiled(session, draft)
    if tenant is not None:
        from panka.planner.allowance import Home  # noqa: PLC0415  # few have such a file

        home = Home(whole.scope.tenant, whole.scope.environment, whole.target.region)
        report(session, draft, draft.beyond(tenant, whole.compiled, home))
    take_turn(whole.scope)
    with _told(draft):
        plan, _ = whole.desk.plan(whole.compiled, whole.scope, whole.target, git=git_commit(path), wish=wish)
    ref = None if plan.empty else whole.desk.save(plan, whole.compiled.assets)
    if ref is not None:
        _remember(session, plan)
    notes = tuple(f"{component}: {note}" for component, note in whole.compiled.notes)
    return Planned(whole.desk, plan, ref, notes, draft.on_failure)


@contextmanager
def _told(draft: Draft | None) -> Iterator[None]:
    """Tells why there can be no plan, as the mistakes in a stack are told."""
    try:
        yield
    except Invalid as error:
        text = full(error.diagnostics, draft.source_line if draft else lambda _file, _line: "").rstrip()
        raise InvalidStack("There is no such plan.", report=text) from error
    except NoMatch as error:
        raise Misused(str(error), error.help) from error


def plan_destroy(
    session: Session, scope: Scope, wish: Wish | None = None, take_turn: Callable[[Scope], None] = no_turn
) -> Planned:
    """The plan that deletes what a stack is recorded to have made; no YAML is needed. Raises Misused without state."""
    desk = session.desk()
    take_turn(scope)
    state, _ = desk.state(scope)
    if state is None:
        raise Misused(f"{scope} has no state: there is nothing to destroy.")
    recorded = state.target
    target = desk.target(
        region=recorded.region,
        account=recorded.account,
        profile=session.settings.profile or recorded.profile,
        endpoint_url=recorded.endpoint_url,
    )
    with _told(None):
        plan, _ = desk.plan(None, scope, target, destroy=True, wish=wish)
    return Planned(desk, plan, None if plan.empty else desk.save(plan, {}))


def find_plan(session: Session, plan_id: str, stack: str | None) -> Planned:
    """A plan made before, here or elsewhere, still fit to be applied.

    Raises:
        Misused: there is no such plan.
        Stale: another run has changed the stack since.
    """
    desk = session.desk()
    for scope in _candidates(session, desk, plan_id, stack):
        try:
            plan, ref = desk.load_plan(scope, plan_id)
        except NotThere:
            continue
        _refuse_stale(desk, plan)
        return Planned(desk, plan, ref)
    raise Misused(f"There is no plan {plan_id}.", "panka plan makes one; --stack NAME says whose it is")


def _candidates(session: Session, desk: "Desk", plan_id: str, stack: str | None) -> list[Scope]:
    """The stacks that a plan may belong to, the likeliest first."""
    if stack is not None:
        return [session.scope(stack)]
    try:
        remembered = Scope.model_validate(json.loads((_folder(session) / f"{plan_id}.json").read_bytes()))
    except (OSError, ValueError):
        remembered = None
    tenant, environment = session.settings.need("tenant"), session.settings.need("environment")
    if remembered is not None and (remembered.tenant, remembered.environment) == (tenant, environment):
        return [remembered]
    return [scope for scope, _ in desk.stacks(tenant) if scope.environment == environment]


def _refuse_stale(desk: "Desk", plan: Plan) -> None:
    now = desk.locks.pointer(plan.scope)
    if now != plan.base:
        made, is_ = plan.base.serial if plan.base else 0, now.serial if now else 0
        raise Stale(
            f"Plan {plan.id} was made from state #{made}; the state is #{is_} by now.", "panka plan makes a new one"
        )


def _remember(session: Session, plan: Plan) -> None:
    """Notes whose plan it is, so that `panka apply p-…` needs no more than the id. Nothing else depends on it."""
    folder = _folder(session)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder.parent / ".gitignore").write_text("*\n")
        (folder / f"{plan.id}.json").write_text(plan.scope.model_dump_json(by_alias=True))
    except OSError as error:
        session.screen.tell(f"The plan is not remembered in {folder}: {error.strerror}.")


def _folder(session: Session) -> Path:
    return Path(session.settings.state_dir) / "plans"
