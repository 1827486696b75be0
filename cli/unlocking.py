"""Frees the lock of a run that has died: says who holds it, makes sure of it, and tells what comes next."""

import asyncio
from urllib.parse import quote

import click
from temporalio.service import RPCError, RPCStatusCode

from panka.activities.planning import Desk
from panka.activities.stores.store import Holder
from panka.activities.unlocking import Renewed, free
from panka.cli.exits import Exit, Interrupted, Locked, Misused, Unreachable
from panka.cli.next import command
from panka.cli.runs import Fate, Runs
from panka.cli.session import Session
from panka.cli.views.records import unsettled_text
from panka.planner.owner import Scope

_AWAY = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)


def unlock(session: Session, scope: Scope, *, yes: bool, force: bool, confirm: str | None) -> int:
    """Frees the lock if its run is over, or, with `force`, if nobody can say so.

    Raises:
        Locked: the run goes on, its lease is renewed, or nobody can say that it is over.
        Unreachable: Temporal does not answer, and `force` was not given.
        Misused: nobody is there to confirm it.
    """
    desk, tell = session.desk(), session.screen.tell
    holder = desk.holder(scope)
    if holder is None:
        tell(f"{scope} is not locked.")
        return Exit.OK
    tell(f"{scope} is locked by {holder.who} since {holder.since}, for {holder.operation}.")
    tell(f"  run {_run(session, holder)}")
    over = _is_over(session, scope, holder, force=force)
    _confirm(session, scope, yes=yes and over, confirm=confirm)
    _free(session, desk, scope, holder, ended=over)
    _tell_next(session, desk, scope)
    return Exit.OK


def _is_over(session: Session, scope: Scope, holder: Holder, *, force: bool) -> bool:
    """True when Temporal says so; False when it cannot say, and that was to be passed over."""
    fate = asyncio.run(_fate(session, holder))
    if fate is None:
        if force:
            return False
        raise Unreachable(
            f"Temporal does not answer at {session.settings.temporal_address}, so nobody can say whether that run "
            "goes on.",
            f"bring it back and ask again; or {command(session, 'unlock', scope.stack, '--force')} at your own word",
        )
    if fate.kind == "unknown" and not force:
        raise Locked(
            f"Temporal at {session.settings.temporal_address} does not know that run: it belongs to another server, "
            "or was forgotten.",
            f"an apply with --lock-timeout {_longer(holder)} takes over from a dead run by itself; "
            f"{command(session, 'unlock', scope.stack, '--force')} frees the lock at your own word",
        )
    _refuse_living(session, scope, fate)
    if fate.kind == "ended":
        session.screen.tell(f"  That run is over: {fate.how}.")
    return fate.kind == "ended"


def _refuse_living(session: Session, scope: Scope, fate: Fate) -> None:
    watch, cancel = command(session, "watch", scope.stack), command(session, "cancel", scope.stack)
    if fate.kind == "followed":
        raise Locked("That run is over, and a later one of this stack takes the lock over by itself.", watch)
    if fate.kind == "goes on":
        raise Locked(
            "That run goes on, and its lock with it.",
            f"{watch} follows it; {cancel} ends it in order; without any worker it waits for one: panka worker",
        )


async def _fate(session: Session, holder: Holder) -> Fate | None:
    """None: Temporal does not answer."""
    try:
        runs = await Runs.connect(session.settings)
        return await runs.fate(holder.owner)
    except Unreachable:
        return None
    except RPCError as error:
        if error.status in _AWAY:
            return None
        raise


def _confirm(session: Session, scope: Scope, *, yes: bool, confirm: str | None) -> None:
    if yes or confirm == scope.stack:
        return
    if confirm is not None:
        raise Misused(f"`{confirm}` is not the name of the stack, {scope.stack}.")
    if not session.screen.terminal.prompts:
        raise Misused(
            "Nobody is there to confirm it.",
            f"-y/--yes confirms what Temporal says is over, --confirm {scope.stack} also what --force frees",
        )
    asked = f"Type the stack name to free its lock ({scope.stack})"
    if click.prompt(asked, default="", show_default=False, err=True) != scope.stack:
        raise Interrupted("Nothing was changed.")


def _free(session: Session, desk: Desk, scope: Scope, holder: Holder, *, ended: bool) -> None:
    session.screen.tell("Watches the lease for a while: what still works would renew it.")
    try:
        now = free(desk.locks, scope, holder, ended=ended)
    except Renewed as renewed:
        raise Locked(
            f"{renewed} Something keeps it, whatever is said of its run.", "stop the worker that does, and ask again"
        ) from renewed
    if now is not None:
        raise Locked(f"Meanwhile {now.who} has the lock, for {now.operation}. Nothing was changed.")
    session.screen.tell(f"The lock of {scope} is free.")


def _tell_next(session: Session, desk: Desk, scope: Scope) -> None:
    """What the next run will find, and do about it."""
    tell = session.screen.tell
    state, _ = desk.state(scope)
    unsettled = unsettled_text(state) if state else []
    for line in unsettled:
        tell(line)
    if unsettled:
        tell("The next run looks for what was announced before it makes or forgets any of it, and settles the rest.")
    elif state:
        tell(f"Nothing is open: the next run goes on from state #{state.serial}.")
    tell(f"Next: {command(session, 'plan')}")


def _run(session: Session, holder: Holder) -> str:
    """The holder's run, as a link where the Web UI is known."""
    namespace, _, run = holder.owner.partition("/")
    workflow, _, first = run.rpartition("/")
    if session.ui_url is None:
        return f"{workflow} ({first}) in Temporal's namespace {namespace}"
    return f"{session.ui_url}/namespaces/{namespace}/workflows/{quote(workflow, safe='')}/{first}/history"


def _longer(holder: Holder) -> str:
    """A wait in which a dead holder's lease is taken over for sure."""
    return f"{holder.ttl * 1.5:.0f}s"
