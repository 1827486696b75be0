"""`panka tenant`: who may use Panka, for what, and as whom in AWS."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import click

from panka.cli.commands.options import output, running, where
from panka.cli.exits import Exit, Misused
from panka.cli.session import Session, opened
from panka.cli.settings import is_name

if TYPE_CHECKING:
    from panka.planner.register import What
    from panka.planner.resource import Model
    from panka.workflows.tenancy import Answer, Told


@click.group()
def command() -> None:
    """Register tenants, change and show them. Every change is a workflow on the workers.

    A registered tenant's TenantConfig holds for every plan and every run of its stacks.

    \b
    Example:
      panka tenant create acme.yaml
      panka tenant policy acme --only trust > trust.json
    """


def _file(function: Any) -> Any:
    return click.argument("file", type=click.Path(exists=True, dir_okay=False))(function)


def _why(function: Any) -> Any:
    return click.option("-m", "--why", default="", metavar="TEXT", help="Why; shown to whoever is refused.")(function)


@command.command("create")
@_file
@click.option("--detail", is_flag=True, help="Show every resource of the tenant's network.")
@running
@output("table", "json", "yaml")
@where
def create(file: str, detail: bool, ways: Mapping[str, Any], form: str, **flags: str | None) -> int:
    """Register the tenant of the TenantConfig FILE, and make its network, if it has one.

    Safe to run again with the same FILE: it goes on where it broke off.

    \b
    Example:
      panka tenant create acme.yaml -y
    """
    return _written("create", file, detail, ways, form, flags)


@command.command("update")
@_file
@click.option("--detail", is_flag=True, help="Show every resource of the tenant's network.")
@running
@output("table", "json", "yaml")
@where
def update(file: str, detail: bool, ways: Mapping[str, Any], form: str, **flags: str | None) -> int:
    """Give a tenant the TenantConfig FILE, and make its network what that says.

    \b
    Example:
      panka tenant update acme.yaml
    """
    return _written("update", file, detail, ways, form, flags)


@command.command("list")
@output("table", "name", "json", "yaml")
@where
def list_(form: str, **flags: str | None) -> int:
    """List every tenant that was ever registered.

    \b
    Example:
      panka tenant list
    """
    from panka.cli.views.tenants import tenants_text  # noqa: PLC0415  # brings pydantic

    with opened(flags) as session:
        listing = _asked(session, "list").listing
        tenants = listing.tenants if listing else {}
        if form == "table":
            session.screen.show(tenants_text(tenants))
        elif form == "name":
            session.screen.show("\n".join(tenants))
        else:
            rows = [{"name": name, "standing": str(standing)} for name, standing in tenants.items()]
            session.screen.data(form, {"tenants": rows})
        _next(session, *(("tenant", "show", next(iter(tenants))) if tenants else ("tenant", "create", "FILE")))
    return Exit.OK


@command.command("show")
@click.argument("name")
@output("table", "json", "yaml")
@where
def show(name: str, form: str, **flags: str | None) -> int:
    """Show a tenant and its TenantConfig.

    \b
    Example:
      panka tenant show acme
    """
    from panka.cli.views.tenants import tenant_text  # noqa: PLC0415  # brings pydantic

    with opened(flags) as session:
        told = _asked(session, "show", name).tenant
        if told is not None:
            _shown(session, form, told, tenant_text(told))
        _next(session, "tenant", "usage", name)
    return Exit.OK


@command.command("usage")
@click.argument("name")
@output("table", "json", "yaml")
@where
def usage(name: str, form: str, **flags: str | None) -> int:
    """Show what a tenant has: its stacks, its resources by type, the last run of each, and what runs now.

    \b
    Example:
      panka tenant usage acme
    """
    from panka.cli.views.tenants import usage_text  # noqa: PLC0415  # brings pydantic

    with opened(flags) as session:
        told = _asked(session, "usage", name).usage
        if told is not None:
            _shown(session, form, told, usage_text(told))
        _next(session, "status", "-t", name)
    return Exit.OK


@command.command("suspend")
@click.argument("name")
@_why
@where
def suspend(name: str, why: str, **flags: str | None) -> int:
    """Take no new run of a tenant; those that go on end as they would.

    \b
    Example:
      panka tenant suspend acme -m "the bill is open"
    """
    with opened(flags) as session:
        _changed(session, "suspend", name, why)
        _next(session, "tenant", "activate", name)
    return Exit.OK


@command.command("activate")
@click.argument("name")
@_why
@where
def activate(name: str, why: str, **flags: str | None) -> int:
    """Take the runs of a tenant again.

    \b
    Example:
      panka tenant activate acme
    """
    with opened(flags) as session:
        _changed(session, "activate", name, why)
        _next(session, "status", "-t", name)
    return Exit.OK


@command.command("delete")
@click.argument("name")
@click.option("--confirm", metavar="NAME", help="The tenant's name once more, instead of typing it when asked.")
@_why
@where
def delete(name: str, confirm: str | None, why: str, **flags: str | None) -> int:
    """Delete a tenant that has nothing left. Its record and its history stay, and its name is never given again.

    \b
    Example:
      panka tenant delete acme --confirm acme
    """
    from panka.cli.tenants import confirm_delete  # noqa: PLC0415  # brings temporalio

    with opened(flags) as session:
        confirm_delete(session, _named(name), confirm)
        _changed(session, "delete", name, why)
        _next(session, "tenant", "list")
    return Exit.OK


@command.command("policy")
@click.argument("name")
@click.option("--principal", metavar="ARN", help="The role of the workers; default: the account of these credentials.")
@click.option(
    "--only",
    type=click.Choice(["trust", "role", "worker", "people"]),
    help="One policy alone, to be piped on.",
)
@output("table", "json", "yaml")
@where
def policy(name: str, principal: str | None, only: str | None, form: str, **flags: str | None) -> int:
    """Print the IAM policies that keep a tenant apart, and who gets each.

    \b
    Example:
      panka tenant policy acme --only role > role.json
      aws iam put-role-policy --role-name panka-acme --policy-name panka --policy-document file://role.json
    """
    from panka.cli.tenants import policies  # noqa: PLC0415  # brings boto3
    from panka.cli.views.tenants import policies_text  # noqa: PLC0415  # brings pydantic

    with opened(flags) as session:
        found = policies(session, _named(name), principal)
        if only is not None:
            session.screen.show(policies_text({only: found[only]}).partition("\n")[2])
        elif form == "table":
            session.screen.show(policies_text(found))
        else:
            session.screen.data(form, {"tenant": name, **{who: document for who, (_, document) in found.items()}})
        _next(session, "tenant", "show", name)
    return Exit.OK


def _written(
    what: "What", file: str, detail: bool, ways: Mapping[str, Any], form: str, flags: Mapping[str, str | None]
) -> int:
    from panka.cli.applying import How  # noqa: PLC0415  # brings temporalio and boto3
    from panka.cli.tenants import write  # noqa: PLC0415  # as above

    with opened({**flags, "lock_timeout": ways["lock_timeout"]}, embed=True) as session:
        ended = write(session, what, file, How.asked(session, ways, form=form, detail=detail))
        _next(session, "tenant", "list")
    return ended


def _changed(session: Session, what: "What", name: str, why: str) -> "Told":
    from panka.cli.tenants import change  # noqa: PLC0415  # brings temporalio
    from panka.planner.register import Change  # noqa: PLC0415  # brings pydantic

    told = change(session, Change(name=_named(name), what=what, by=session.settings.user, why=why))
    session.screen.show(f"Tenant {told.name} is {told.standing}.")
    return told


def _asked(session: Session, what: 'Literal["list", "show", "usage"]', name: str | None = None) -> "Answer":
    from panka.cli.tenants import ask  # noqa: PLC0415  # brings temporalio
    from panka.workflows.tenancy import Question  # noqa: PLC0415  # brings pydantic

    return ask(session, Question(what=what, name="" if name is None else _named(name)))


def _shown(session: Session, form: str, told: "Model", text: str) -> None:
    if form == "table":
        session.screen.show(text)
    else:
        session.screen.data(form, told.model_dump(mode="json", by_alias=True))


def _named(name: str) -> str:
    if not is_name(name):
        raise Misused(f"`{name}` is not the name of a tenant.", "panka tenant list shows them")
    return name


def _next(session: Session, *words: str) -> None:
    from panka.cli.next import command as next_command  # noqa: PLC0415  # brings the views

    session.screen.tell(f"Next: {next_command(session, *words)}")
