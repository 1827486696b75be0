"""Asks before a plan is carried out; what would lose data must be named."""

from collections.abc import Collection

import click

from panka.cli.exits import Interrupted, Misused
from panka.cli.session import Session
from panka.cli.views.plan import destructive
from panka.planner.plan import Plan
from panka.planner.protecting import Loss, losses
from panka.planner.render.components import component_name
from panka.planner.render.remarks import losses_text


def confirm(session: Session, plan: Plan, *, yes: bool, named: Collection[str]) -> None:
    """Returns when the plan may be carried out. `named` is what may be lost: components, or the stack to destroy.

    Raises:
        Misused: nobody is there to ask, or `yes` alone would lose data that is not named.
        Interrupted: somebody said no.
    """
    lost = () if _named_whole(plan, named) else tuple(one for one in losses(plan) if not _named(one, named))
    if yes and lost:
        raise Misused(f"This loses data, and -y does not say so: {losses_text(lost)}.", f"add {_flags(plan, lost)}")
    if yes:
        return
    if not session.screen.terminal.prompts:
        flags = f"-y {_flags(plan, lost)}".rstrip()
        raise Misused(
            "Nobody is there to confirm the plan, and -y/--yes was not given.", f"add {flags}, or run in a terminal"
        )
    _ask(session, plan)


def _ask(session: Session, plan: Plan) -> None:
    replaced, destroyed = destructive(plan)
    lost = losses(plan)
    if not (replaced or destroyed or lost):
        if not click.confirm("Go on?", err=True):
            raise Interrupted("Nothing was changed.")
        return
    number = replaced + destroyed
    parts = [f"replaces {replaced}"] * bool(replaced) + [f"destroys {destroyed}"] * bool(destroyed)
    if parts:
        parts[-1] += f" component{'s' if number > 1 else ''}"
    parts += [f"loses the data of {losses_text(lost)}"] * bool(lost)
    session.screen.tell(f"This {' and '.join(parts)} in {plan.scope.environment}.")
    typed = click.prompt(
        f"Type the stack name to continue ({plan.scope.stack})", default="", show_default=False, err=True
    )
    if typed != plan.scope.stack:
        raise Interrupted("Nothing was changed.")


def _named_whole(plan: Plan, named: Collection[str]) -> bool:
    return plan.operation == "destroy" and plan.scope.stack in named


def _named(one: Loss, named: Collection[str]) -> bool:
    return one.component in named or component_name(one.address, one.service) in named


def _flags(plan: Plan, lost: tuple[Loss, ...]) -> str:
    if not lost:
        return ""
    if plan.operation == "destroy":
        return f"--confirm {plan.scope.stack}"
    return " ".join(f"--confirm {name}" for name in dict.fromkeys(one.component for one in lost))
