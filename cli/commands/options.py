"""Options that many commands share, each with one meaning everywhere."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

import click

from panka.cli.completing import component_names, stack_names
from panka.cli.settings import seconds

F = TypeVar("F", bound=Callable[..., Any])


class Duration(click.ParamType[float]):
    """`90`, `30s`, `5m`, `1h`."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        try:
            return seconds(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


DURATION = Duration()


def _all(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def apply(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


def where(function: F) -> F:
    """Whose stacks, and which parts of the outside to use: every setting that may be given as a flag."""
    return _all(
        click.option("-t", "--tenant", metavar="NAME", help="The tenant."),
        click.option("-e", "--env", "environment", metavar="NAME", help="The environment."),
        click.option("--local/--no-local", default=None, help="Use the session of `panka dev`, or one of its own."),
        click.option("--temporal-address", metavar="HOST:PORT", help="Where Temporal answers."),
        click.option("--temporal-namespace", metavar="NAME", help="The Temporal namespace."),
        click.option("--task-queue", metavar="NAME", help="The task queue of the workers."),
        click.option("--step-queue", metavar="NAME", help="The task queue for steps, if they have their own."),
        click.option("--bucket", metavar="NAME", help="The bucket of the state."),
        click.option("--table", metavar="NAME", help="The table of locks and pointers."),
        click.option("--endpoint-url", metavar="URL", help="Another AWS endpoint than AWS itself."),
        click.option("--region", metavar="NAME", help="The AWS region."),
        click.option("--profile", metavar="NAME", help="The AWS profile."),
        click.option("--state-dir", metavar="FOLDER", help="Where local sessions and plans are remembered."),
        click.option("--user", metavar="NAME", help="Who asks; shown to others and in the history."),
    )(function)


def stack_argument(*, required: bool = True, metavar: str | None = None, name: str = "stack") -> Callable[[F], F]:
    """A stack by its name or path; shells complete the names."""
    return click.argument(name, required=required, metavar=metavar, shell_complete=stack_names)


def local_places(function: F) -> F:
    """Where a local session lives."""
    return click.option("--state-dir", metavar="FOLDER", help="Where the session keeps its files.")(function)


def stack_choice(function: F) -> F:
    """Whose stack is meant, where nothing is called."""
    return _all(
        click.option("-t", "--tenant", metavar="NAME", help="The tenant."),
        click.option("-e", "--env", "environment", metavar="NAME", help="The environment."),
    )(function)


def values(function: F) -> F:
    """Stack variables."""
    return _all(
        click.option("--var", "given", metavar="K=V", multiple=True, help="Set a variable; may be repeated."),
        click.option("--var-file", "files", metavar="FILE", multiple=True, help="Variables from a YAML file."),
    )(function)


def tenant_config(function: F) -> F:
    """What the stack's tenant may have."""
    return click.option(
        "--tenant-config", metavar="FILE", type=click.Path(dir_okay=False),
        help="Hold the stack to the limits, kinds, environments and regions of a TenantConfig.",
    )(function)  # fmt: skip


def refreshing(function: F) -> F:
    """Whether a plan knows what others have changed."""
    return click.option(
        "--refresh/--no-refresh", default=None,
        help="Look first for what others have changed, or leave alone what the last drift check found.",
    )(function)  # fmt: skip


def selection(*, replace: bool) -> Callable[[F], F]:
    """What a plan is limited to. NAME is a kind, a component (with its service or without), an address, or a glob."""
    options = [
        click.option(
            "--target",
            "targets",
            metavar="NAME",
            multiple=True,
            shell_complete=component_names,
            help="Only this, and what it needs.",
        ),
        click.option(
            "--exclude",
            "excludes",
            metavar="NAME",
            multiple=True,
            shell_complete=component_names,
            help="Not this, nor what needs it.",
        ),
    ]
    if replace:
        options.append(
            click.option(
                "--replace",
                "replaces",
                metavar="NAME",
                multiple=True,
                shell_complete=component_names,
                help="Make this anew, changed or not.",
            )
        )
    return _all(*options)


def output(*forms: str) -> Callable[[F], F]:
    """`-o`: the first form is the default."""
    choice = click.Choice(forms)
    return click.option("-o", "--output", "form", type=choice, default=forms[0], show_default=True, help="The form.")


def as_page(what: str) -> Callable[[F], F]:
    """`--html`, alone or with a file."""
    return click.option(
        "--html", "page", metavar="[FILE.html]", is_flag=False, flag_value="", callback=_page,
        help=f"Also write it as a page: {what} here, or FILE.html; `-` is stdout.",
    )  # fmt: skip


def _page(_context: click.Context, _option: click.Parameter, said: str | None) -> str | None:
    """What follows the flag may have been meant as the stack, over which nothing must be written."""
    if said and said != "-" and not said.endswith(".html"):
        raise click.BadParameter(f"`{said}` is not the name of a page: FILE.html, or write --html last.")
    return said


_WAYS = (
    "yes", "confirm", "on_failure", "lock_timeout", "parallelism", "schedule", "pause_between_levels",
    "require_approval", "detach", "cancel_on_interrupt", "timeout", "events",
)  # fmt: skip


def running(function: F) -> F:
    """How a run is started and followed; the command gets all of it as one mapping, `ways`."""

    @functools.wraps(function)
    def gathered(**given: Any) -> Any:
        ways = {name: given.pop(name) for name in _WAYS}
        return function(ways=ways, **given)

    return _all(
        click.option("-y", "--yes", is_flag=True, help="Ask nothing."),
        click.option(
            "--confirm",
            metavar="NAME",
            multiple=True,
            help="With -y: the data of this component (of a destroy: this stack) may be lost.",
        ),
        click.option(
            "--on-failure",
            type=click.Choice(["rollback", "pause", "keep"]),
            help="What a run does that fails: go back, wait for a word, or keep; default: as the stack says.",
        ),
        click.option("--lock-timeout", type=DURATION, help="How long to wait for another run of the stack."),
        click.option(
            "--parallelism", type=click.IntRange(1, 200), default=100, show_default=True, help="The most steps at once."
        ),
        click.option(
            "--schedule",
            type=click.Choice(["ready", "levels"]),
            default="ready",
            show_default=True,
            help="Start a step when its own dependencies are done, or when the whole level before is.",
        ),
        click.option("--pause-between-levels", is_flag=True, help="Let somebody approve of each level."),
        click.option("--require-approval", is_flag=True, help="Change nothing before somebody approves of the plan."),
        click.option("--detach", is_flag=True, help="Start the run and do not follow it."),
        following,
    )(cast("F", gathered))


def following(function: F) -> F:
    """How a run is followed."""
    return _all(
        click.option("--cancel-on-interrupt", is_flag=True, help="Let Ctrl-C cancel the run."),
        click.option("--timeout", type=DURATION, help="Stop following after this long; the run goes on."),
        click.option(
            "--events", type=click.File("w", encoding="utf-8"), metavar="FILE",
            help="Write every event of the run into FILE, a JSON object a line; `-` is stdout.",
        ),
    )(function)  # fmt: skip
