"""From what somebody types to the stack that is meant: a name, a folder, a file."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from panka.cli.exits import InvalidStack, Misused
from panka.cli.session import Session
from panka.cli.settings import is_name
from panka.planner.allowance import Home, with_default_tags
from panka.planner.core import ProviderSpec
from panka.planner.diagnostics import Diagnostic, Findings, errors
from panka.planner.language.documents import FileSource, FolderSource, Source, SourceFile
from panka.planner.owner import Scope
from panka.planner.render.diagnostics import full
from panka.planner.stack import Draft, Options, read_stack
from panka.planner.state import Target

if TYPE_CHECKING:
    from panka.activities.planning import Desk
    from panka.planner.compile import Compiled
    from panka.planner.tenancy import Tenant

HERE = "."
_ASSUMED = "--local"
"""The origin of a tenant or environment that nobody chose: what the stack itself says goes before it."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A stack as it is for one account, with all that a plan of it needs."""

    desk: "Desk"
    scope: Scope
    target: Target
    compiled: "Compiled"
    tenant: "Tenant | None" = None
    """As the register has it; None: nobody has registered it."""


def read(
    session: Session,
    path: str,
    given: Sequence[str] = (),
    files: Sequence[str] = (),
    tenant: "Tenant | None" = None,
) -> Draft:
    """The stack at a path, without errors; warnings are told. It belongs to the tenant, if nobody says another.

    Raises:
        Misused: there is nothing at the path, or a variable is not written as one.
        InvalidStack: it has errors; all are in the report.
    """
    draft = look(session, path, given, files, tenant)
    report(session, draft, draft.diagnostics)
    return draft


def look(
    session: Session,
    path: str,
    given: Sequence[str] = (),
    files: Sequence[str] = (),
    tenant: "Tenant | None" = None,
) -> Draft:
    """The stack at a path, whatever is wrong with it. Raises Misused as `read` does."""
    options = Options(
        environment=chosen(session, "environment"),
        tenant=chosen(session, "tenant") or (tenant.name if tenant else None),
        variables=_given(given, files),
        fallback=session.settings.variables,
    )
    try:
        return read_stack(_source(path), options)
    except FileNotFoundError as error:
        raise Misused(f"There is no stack at {path}.", "name its folder or its YAML file") from error


def tenant_in(path: str | None) -> "Tenant | None":
    """The tenant of a TenantConfig file; None without a file.

    Raises:
        Misused: the file cannot be read.
        InvalidStack: it is wrong; all mistakes are in the report.
    """
    if path is None:
        return None
    from panka.planner.tenancy import read_tenant  # noqa: PLC0415  # few have such a file

    findings = Findings()
    try:
        file = SourceFile(path, path, Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Misused(f"The TenantConfig {path} cannot be read: {error}.") from error
    tenant = read_tenant(file, findings)
    if tenant is None:
        text = full(findings.all(), lambda _file, line: file.lines[line - 1]).rstrip()
        raise InvalidStack("The TenantConfig is invalid.", report=text)
    return tenant


def protected(tenant: "Tenant | None", scope: Scope) -> bool:
    """Whether the tenant protects the stack's environment. Raises Misused when it is not the stack's tenant."""
    if tenant is None:
        return False
    if tenant.name != scope.tenant:
        raise Misused(f"The TenantConfig is that of `{tenant.name}`, and the stack belongs to `{scope.tenant}`.")
    return tenant.protects(scope.environment)


def report(session: Session, draft: Draft, diagnostics: Sequence[Diagnostic]) -> None:
    """Tells the warnings. Raises InvalidStack when there are errors, with everything that was found."""
    if not diagnostics:
        return
    text = full(diagnostics, draft.source_line).rstrip()
    if session.screen.terminal.annotations:
        from panka.planner.render.reports import github  # noqa: PLC0415  # few commands are run by GitHub

        session.screen.tell(github(diagnostics).rstrip())
    if errors(diagnostics):
        raise InvalidStack("The stack is invalid.", report=text)
    session.screen.tell(text)


def compiled(session: Session, draft: Draft) -> Whole:
    """The stack's resources in its tenant's account, held to what the tenant may have. Raises Stop."""
    from panka.cli import tenancy  # noqa: PLC0415  # brings botocore

    scope = scope_of_draft(session, draft)
    tenancy.refuse_the_networks_name(scope)
    desk = session.desk(draft.provider.region)
    tenant = tenancy.registered(session, desk, scope)
    target = _target(session, desk, draft.provider, tenant)
    network = tenancy.network_of(desk, tenant, scope, target) if draft.needs_network else None

    def outputs_of(stack: str) -> Mapping[str, Mapping[str, Any]] | None:
        return desk.outputs_of(Scope(tenant=scope.tenant, stack=stack, environment=scope.environment))

    result = draft.compile(scope, target, network, outputs_of)
    report(session, draft, [one for one in result.diagnostics if one not in draft.diagnostics])
    if tenant is not None:
        result = with_default_tags(result, tenant)
        others = desk.others(scope) if tenant.spec.limits.max_stacks is not None else None
        home = Home(scope.tenant, scope.environment, target.region, registered=True, others=others)
        report(session, draft, draft.beyond(tenant, result, home))
    return Whole(desk, scope, target, result, tenant)


def _target(session: Session, desk: "Desk", said: ProviderSpec, tenant: "Tenant | None") -> Target:
    """Where a stack lives. Of a registered tenant neither profile nor endpoint counts, and the check refuses both."""
    if session.settings.local:
        return desk.target(region=session.settings.region)
    if tenant is not None:
        its = tenant.spec.aws
        return desk.target(region=said.region or its.region, account=said.account_id or its.account_id)
    return desk.target(
        region=said.region, account=said.account_id, profile=said.profile, endpoint_url=said.endpoint_url
    )


def offline(session: Session, draft: Draft) -> "Compiled":
    """The stack's resources with stand-ins for what only the account could tell: for checks and pictures, not plans.

    What lowering finds is in the result's diagnostics.
    """
    settings = session.settings
    scope = Scope(
        tenant=draft.tenant or settings.tenant or "tenant",
        stack=draft.name,
        environment=draft.environment or settings.environment or "environment",
    )
    region = draft.provider.region or settings.region or "eu-west-1"
    target = Target(account=draft.provider.account_id or "000000000000", region=region)
    return draft.compile(scope, target)


def scope_of(session: Session, stack: str | None) -> Scope:
    """The stack that a name or path means; None is the one in the current folder. Raises Misused, InvalidStack."""
    if stack is not None and not is_path(stack):
        if not is_name(stack):
            raise Misused(f"`{stack}` is neither a stack's name nor a path.", "./NAME is a path")
        return session.scope(stack)
    draft = look(session, stack or HERE)
    if not draft.name and stack is None:
        raise Misused("No stack is named, and there is none in this folder.", "name it, or its folder")
    if not draft.name:
        report(session, draft, draft.diagnostics)
        raise Misused(f"The stack at {stack or HERE} has no name.")
    return scope_of_draft(session, draft)


def scope_of_draft(session: Session, draft: Draft) -> Scope:
    """The tenant and environment in use, or those that the stack names when none were chosen. Raises Misused."""
    tenant = chosen(session, "tenant") or draft.tenant or session.settings.need("tenant")
    environment = chosen(session, "environment") or draft.environment or session.settings.need("environment")
    return Scope(tenant=tenant, stack=draft.name, environment=environment)


def git_commit(path: str) -> str:
    """The short hash of the commit that a path is at; empty outside of a repository."""
    folder = Path(path) if Path(path).is_dir() else Path(path).parent
    try:
        asked = subprocess.run(  # noqa: S603  # a fixed command line
            ["git", "-C", str(folder), "rev-parse", "--short", "HEAD"],  # noqa: S607  # whichever git the user has
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""


def chosen(session: Session, name: str) -> str | None:
    """A setting that somebody has made; None: it is none, or only taken on for want of one."""
    if session.settings.origins.get(name) == _ASSUMED:
        return None
    value: str | None = getattr(session.settings, name)
    return value


def is_path(text: str) -> bool:
    """Whether a stack is named by where its files are."""
    return "/" in text or text.startswith(".") or text.endswith((".yaml", ".yml"))


def _source(path: str) -> Source:
    at = Path(path)
    if not at.exists():
        raise FileNotFoundError(path)
    root = "" if path == HERE else path
    return FileSource(at, root) if at.is_file() else FolderSource(at, root)


def _given(given: Sequence[str], files: Sequence[str]) -> dict[str, str]:
    """`--var` goes before `--var-file`, a later file before an earlier one."""
    variables: dict[str, str] = {}
    for file in files:
        variables |= _from_file(Path(file))
    for pair in given:
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise Misused(f"`--var {pair}` sets nothing.", "write --var NAME=VALUE")
        variables[name] = value
    return variables


def _from_file(path: Path) -> dict[str, str]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  # text and lists only
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise Misused(f"The variables in {path} cannot be read: {' '.join(str(error).split())}.") from error
    if not isinstance(content, Mapping) or not all(isinstance(value, str) for value in content.values()):
        raise Misused(f"{path} is not a mapping of names to values.", "write NAME: value, one to a line")
    return {str(name): value for name, value in content.items()}
