"""What a command works with: settings, a screen, the desk, and for `--local` the embedded parts."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from panka.cli import settings as configuration
from panka.cli.exits import Misused, Unreachable
from panka.cli.settings import Raw, Settings, is_name, read_settings, read_terminal
from panka.cli.telemetry import Mark, traced, unmarked
from panka.cli.views.screen import Screen

if TYPE_CHECKING:
    from panka.activities.courier import Courier, DeskSettings
    from panka.activities.planning import Desk
    from panka.cli.dev import Local, LocalInfo
    from panka.planner.owner import Scope

_FOLLOWING = (
    "google.protobuf.text_format",
    "temporalio.service",
    "temporalio.converter",
    "temporalio.client",
    "panka.cli.following",
)
"""What a run is started and followed with, cut where it takes long to load."""


def _load(module: str) -> None:
    with suppress(Exception):  # whoever needs it is told
        import_module(module)


@dataclass(slots=True)
class Session:
    """One command's. Nothing is connected to before it is asked for."""

    settings: Settings
    screen: Screen
    local: "Local | None" = None
    """The embedded parts, when this command has started them."""
    stays: bool = False
    """These parts are kept after the command's work, until Ctrl-C."""
    ui_url: str | None = None
    """Temporal's Web UI, where it is known."""
    mark: Mark = unmarked
    """Writes attributes on the command's span."""
    _courier: "Courier | None" = None
    _desks: "dict[str, Desk]" = field(default_factory=dict)

    def desk(self, region: str | None = None) -> "Desk":
        """Where plans are made and the record is read. Raises Misused when a setting is missing."""
        region = self.region(region)
        if region not in self._desks:
            self._desks[region] = _desk(self._where(region), self._courier)
        return self._desks[region]

    def expect_desk(self) -> None:
        """Begins to open the desk beside this process, and to ask AWS whose the credentials are.

        Where the stack may name the region, all but the asking. What goes wrong is told by `desk`.
        """
        if self._courier is not None:
            return
        import panka.planner.history  # noqa: F401, PLC0415  # both processes need it: loaded once, before they part
        from panka.activities.courier import Courier  # noqa: PLC0415  # most commands need none

        self._courier = Courier()
        if self.settings.region and self.settings.bucket and self.settings.table:
            self._courier.send(self._where(self.settings.region))
            if self.settings.tenant:
                from panka.planner.register import record_key  # noqa: PLC0415  # brings pydantic

                self._courier.expect("objects", "look", record_key(self.settings.tenant))

    def expect_run(self) -> None:
        """Has what a run is started and followed with loaded, piece by piece, while AWS is waited for."""
        if self._courier is not None:
            self._courier.meanwhile(partial(_load, module) for module in _FOLLOWING)

    def _where(self, region: str) -> "DeskSettings":
        from panka.activities.courier import DeskSettings  # noqa: PLC0415  # as above

        settings = self.settings
        bucket, table = settings.need("bucket"), settings.need("table")
        return DeskSettings(bucket, table, region, endpoint_url=settings.endpoint_url, profile=settings.profile)

    def close(self) -> None:
        """Ends what was begun beside this process."""
        if self._courier is not None:
            self._courier.close()

    def region(self, named: str | None = None) -> str:
        """The region of the settings, else the one named, else that of AWS's own configuration. Raises Misused."""
        return self.settings.region or named or _configured_region(self.settings.profile)

    def scope(self, stack: str) -> "Scope":
        """The stack of the tenant and in the environment that the settings name. Raises Misused for what is no name."""
        from panka.planner.owner import Scope  # noqa: PLC0415  # brings pydantic

        tenant, environment = self.settings.need("tenant"), self.settings.need("environment")
        for what, name in (("tenant", tenant), ("stack", stack), ("environment", environment)):
            if not is_name(name):
                raise Misused(f"`{name}` is not the name of a {what}.", "small letters, digits and `-`, a letter first")
        return Scope(tenant=tenant, stack=stack, environment=environment)


def _desk(where: "DeskSettings", courier: "Courier | None") -> "Desk":
    from panka.activities.planning import Desk  # noqa: PLC0415  # brings the planner

    if courier is not None:
        return Desk.of(courier.reach(where))
    from panka.activities.reach import AwsReach  # noqa: PLC0415  # brings boto3

    return Desk.of(AwsReach(where))


def begin(flags: Mapping[str, Raw | None]) -> Session:
    """A session of settings alone; `--local` needs no embedded parts for it."""
    return Session(read_settings(flags), Screen(read_terminal()))


@contextmanager
def opened(
    flags: Mapping[str, Raw | None], *, embed: bool = False, stay: bool = False, spanned: bool = True
) -> Iterator[Session]:
    """A session for a command that talks to Temporal or AWS.

    With `--local` it uses the running session of `panka dev`. If there is none and `embed` allows it, the parts are
    started for this command and stopped after it; `stay` keeps them until Ctrl-C. A command that runs for ever is not
    `spanned`, as a trace.

    Raises:
        Unreachable: no local session runs, or it cannot be started.
    """
    with closing(begin(flags)) as session:
        spanning = traced(session.settings, _name(), session.screen.tell) if spanned else nullcontext(unmarked)
        with spanning as session.mark, _placed(session, embed=embed, stay=stay) as placed:
            yield placed


@contextmanager
def _placed(session: Session, *, embed: bool, stay: bool) -> Iterator[Session]:
    if not session.settings.local:
        yield session
        return
    from panka.cli.dev import running  # noqa: PLC0415  # brings pydantic

    info = running(_folder(session.settings))
    if info is None and not embed:
        raise Unreachable("No local session is running here.", "panka dev starts one")
    if info is not None:
        yield _inside(session, info)
        return
    with _embedded(session) as inside:
        inside.stays = stay and inside.screen.terminal.prompts
        yield inside
        if inside.stays and inside.local is not None:
            inside.screen.tell(f"The local session stays until Ctrl-C. Look at {inside.ui_url}")
            inside.local.wait()
    session.screen.tell("The local session of this command has ended, with all that it made.")
    session.screen.tell("Next: panka dev        (one that stays; it prints the link of Temporal's Web UI)")


@contextmanager
def _embedded(session: Session) -> Iterator[Session]:
    from panka.cli.dev import LocalFailed, start  # noqa: PLC0415  # brings pydantic

    session.screen.tell("Starting Temporal, an AWS endpoint and a worker for this command.")
    try:
        local = start(_folder(session.settings), session.screen.tell)
    except LocalFailed as error:
        raise Unreachable(f"The local session cannot start: {error}") from error
    try:
        inside = _inside(session, local.info)
        inside.local = local
        yield inside
    finally:
        local.stop()


def _inside(session: Session, info: "LocalInfo") -> Session:
    """The same command against the parts of a local session; nothing of a real account is in reach."""
    configuration.adopt(info.environment())
    session.settings = session.settings.at(
        "the local session",
        temporal_address=info.temporal_address,
        temporal_namespace=info.temporal_namespace,
        task_queue=info.task_queue,
        step_queue=None,
        bucket=info.bucket,
        table=info.table,
        endpoint_url=info.endpoint_url,
        region=info.region,
        profile=None,
    )
    session.ui_url = info.ui_url
    return session


def _name() -> str:
    """The command as it was called: `panka apply`."""
    context = click.get_current_context(silent=True)
    return context.command_path if context else "panka"


def _folder(settings: Settings) -> Path:
    """The project's folder: a local session keeps its files in `.panka` below it."""
    return Path(settings.state_dir).absolute().parent


def _configured_region(profile: str | None) -> str:
    """The region that AWS's own configuration names."""
    import botocore.session  # noqa: PLC0415  # only commands that talk to AWS come here

    found = botocore.session.Session(profile=profile).get_config_variable("region")
    if not found:
        raise Misused(
            "No region is given.",
            'use --region, PANKA_REGION, `region = "…"` in panka.toml, or the region of the AWS profile',
        )
    return str(found)
