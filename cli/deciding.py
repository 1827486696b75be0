"""Tells a run that waits what somebody has decided."""

import asyncio

from panka.cli.exits import Exit
from panka.cli.next import command
from panka.cli.runs import Runs
from panka.cli.session import Session
from panka.cli.stacks import scope_of
from panka.planner.owner import Scope
from panka.workflows.messages import ABORT, APPROVE, RETRY, SKIP, Approval, Decision

_DONE = {RETRY: "tries again what failed", SKIP: "goes on without what failed", ABORT: "ends"}


def decide(session: Session, stack: str, what: str, keys: tuple[str, ...], *, keep: bool = False) -> int:
    """Retry, skip or abort. Raises Misused when no run waits for that, or Unreachable."""
    said = Decision(by=session.settings.user, keys=keys, keep=keep)
    return _tell(session, scope_of(session, stack), what, said, _DONE[what])


def approve(session: Session, stack: str, plan: str, comment: str, *, reject: bool) -> int:
    """Yes or no to what a run waits with. Raises Misused when none does, or Unreachable."""
    said = Approval(by=session.settings.user, plan=plan, approved=not reject, comment=comment)
    return _tell(session, scope_of(session, stack), APPROVE, said, "was told no" if reject else "goes on")


def _tell(session: Session, scope: Scope, name: str, said: Approval | Decision, done: str) -> int:
    async def tell() -> None:
        runs = await Runs.connect(session.settings)
        await runs.tell(scope, name, said)

    asyncio.run(tell())
    session.screen.tell(f"The run of {scope} {done}.")
    session.screen.tell(f"Follow it: {command(session, 'watch', scope.stack)}")
    return Exit.OK
