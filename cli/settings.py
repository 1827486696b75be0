"""What the user has set, and where: flags, PANKA_* variables, panka.toml, the user's own file, defaults, in this order.

This is the one place that reads the environment.
"""

import difflib
import getpass
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from panka.activities.telemetry import Sink, sinks
from panka.cli.exits import Misused

PROJECT_FILE = "panka.toml"
VARIABLE_PREFIX = "PANKA_VAR_"
Raw: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting's value. None: neither set nor given by default."""

    tenant: str | None = None
    environment: str | None = None
    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    temporal_ui: str | None = None
    """Where Temporal's Web UI is, for links."""
    task_queue: str = "panka"
    step_queue: str | None = None
    """The task queue for steps; None: they share the workflows' queue."""
    bucket: str | None = None
    table: str | None = None
    endpoint_url: str | None = None
    """Another AWS endpoint than AWS itself."""
    region: str | None = None
    profile: str | None = None
    lock_timeout: float = 0
    """Seconds to wait for another run of the same stack."""
    graceful_shutdown: float = 60
    """Seconds that a worker lets what it has begun end."""
    worker_deployment: str | None = None
    """The deployment whose builds keep the runs that began on them; None: any worker carries any run on."""
    worker_build_id: str | None = None
    """Which build of it a worker is; None: what `panka.cli.build` says."""
    state_dir: str = ".panka"
    """Where the local session and the plans made here are remembered."""
    user: str = "unknown"
    """Who asks: shown to others while a run holds the lock, and in the history."""
    telemetry: frozenset[Sink] = frozenset()
    """Where traces and metrics go: `otlp`, `prometheus`, `console`, with commas between; or `off`."""
    metrics_listen: str = "127.0.0.1:9464"
    """Where a worker's metrics can be scraped, with `prometheus`."""
    log_format: Literal["text", "json"] | None = None
    """Of a worker. None: `json` with telemetry, else `text`."""
    tenants: str = "open"
    """`required`: a tenant that nobody has registered can neither plan nor run anything."""
    local: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    """Stack variables from PANKA_VAR_*."""
    origins: dict[str, str] = field(default_factory=dict)
    """Where each value comes from: `--tenant`, `PANKA_TENANT`, `/app/panka.toml`, `default`."""

    def need(self, name: str) -> str:
        """A setting without which the command cannot go on. Raises Misused, naming every way to set it."""
        value = getattr(self, name)
        if not value:
            raise Misused(f"No {name.replace('_', ' ')} is given.", _ways(name))
        return str(value)

    def at(self, origin: str, **values: Any) -> "Settings":
        """The same with other values for some settings; the rest stays."""
        return replace(self, **values, origins={**self.origins, **dict.fromkeys(values, origin)})


NAMES = tuple(one.name for one in fields(Settings) if one.name not in {"variables", "origins"})
_FLAGS = {
    "environment": "-e/--env",
    "tenant": "-t/--tenant",
    "worker_deployment": "--deployment",
    "worker_build_id": "--build-id",
}
_VARIABLES = {"environment": "PANKA_ENV"}
_NAMED = {"tenant", "environment"}
_DURATIONS = {"lock_timeout", "graceful_shutdown"}
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_LISTEN = re.compile(r"\S+:\d{1,5}")
_LOCAL = {"tenant": "demo", "environment": "dev"}


def read_settings(
    flags: Mapping[str, Raw | None], environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> Settings:
    """Puts all sources together. Flags that are None were not given.

    Raises:
        Misused: a file cannot be read or has an unknown key, or a value is none of its setting's.
    """
    environ = os.environ if environ is None else environ
    found: dict[str, tuple[Raw, str]] = {"user": (_login(environ), "login")}
    for source in (_user_file(environ), _project_file(folder or Path.cwd())):
        found |= _from_file(source) if source else {}
    found |= {name: (environ[_variable(name)], _variable(name)) for name in NAMES if environ.get(_variable(name))}
    found |= {name: (value, _flag(name)) for name, value in flags.items() if value is not None}
    values = {name: _checked(name, value, origin) for name, (value, origin) in found.items()}
    origins = dict.fromkeys(NAMES, "default") | {name: origin for name, (_, origin) in found.items()}
    settings = Settings(**values, variables=dict(_stack_variables(environ)), origins=origins)
    return _made_local(settings) if settings.local else settings


def is_name(text: str) -> bool:
    """Whether a tenant, stack or environment could be called so."""
    return _NAME.fullmatch(text) is not None


def seconds(text: str) -> float:
    """`90`, `30s`, `5m` or `1h` as seconds. Raises ValueError with a sentence."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|h)?", text.strip())
    if match is None:
        raise ValueError(f"`{text}` is not a duration like 30s, 5m or 1h.")
    return float(match[1]) * {None: 1, "s": 1, "m": 60, "h": 3600}[match[2]]


@dataclass(frozen=True, slots=True)
class Terminal:
    """What may be shown to whoever looks at the output."""

    colour: bool
    """On stdout."""
    prompts: bool
    """Somebody is there to answer a question."""
    colour_told: bool = False
    """On stderr."""
    motion: bool = False
    """Lines on stderr may be drawn again: it is a terminal, and a person looks at it."""
    columns: int | None = None
    """How wide a line on stdout may be; None: it is no terminal, so nothing is cut."""
    annotations: bool = False
    """GitHub Actions reads along and shows errors at their lines."""
    step_summary: str | None = None
    """The file for the summary that GitHub Actions shows with a run of its own."""


def read_terminal(environ: Mapping[str, str] | None = None) -> Terminal:
    """NO_COLOR wins over CLICOLOR_FORCE and FORCE_COLOR, they over what the stream is. CI is never asked anything.

    Nothing but the stream decides about motion, so that no pipe ever gets it.
    """
    environ = os.environ if environ is None else environ
    forced = any(environ.get(name, "0") not in {"", "0"} for name in ("CLICOLOR_FORCE", "FORCE_COLOR"))
    able, ci = environ.get("TERM") != "dumb", bool(environ.get("CI"))
    shown, told = sys.stdout.isatty(), sys.stderr.isatty()
    return Terminal(
        colour=not environ.get("NO_COLOR") and (forced or (shown and able)),
        colour_told=not environ.get("NO_COLOR") and (forced or (told and able)),
        prompts=not ci and sys.stdin.isatty() and told,
        motion=told and able and not ci,
        columns=_columns() if shown else None,
        annotations=environ.get("GITHUB_ACTIONS") == "true",
        step_summary=environ.get("GITHUB_STEP_SUMMARY") or None,
    )


def _columns() -> int | None:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (OSError, ValueError):
        return None


def _made_local(settings: Settings) -> Settings:
    unset = {name: value for name, value in _LOCAL.items() if getattr(settings, name) is None}
    return settings.at("--local", **unset)


def _variable(name: str) -> str:
    return _VARIABLES.get(name, f"PANKA_{name.upper()}")


def _flag(name: str) -> str:
    return _FLAGS.get(name, f"--{name.replace('_', '-')}")


def _ways(name: str) -> str:
    return f'use {_flag(name)}, {_variable(name)}, or `{name} = "…"` in {PROJECT_FILE}'


def _stack_variables(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in sorted(environ):
        if name.startswith(VARIABLE_PREFIX) and name != VARIABLE_PREFIX:
            yield name.removeprefix(VARIABLE_PREFIX), environ[name]


def _login(environ: Mapping[str, str]) -> str:
    if environ.get("GITHUB_ACTOR"):
        return environ["GITHUB_ACTOR"]
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no account has this user id, as in a bare container
        return "unknown"


def _user_file(environ: Mapping[str, str]) -> Path | None:
    base = environ.get("XDG_CONFIG_HOME") or (f"{environ['HOME']}/.config" if environ.get("HOME") else "")
    path = Path(base, "panka", "config.toml")
    return path if base and path.is_file() else None


def _project_file(folder: Path) -> Path | None:
    folder = folder.resolve()
    return next((at / PROJECT_FILE for at in (folder, *folder.parents) if (at / PROJECT_FILE).is_file()), None)


def _from_file(path: Path) -> dict[str, tuple[Raw, str]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Misused(f"{path} cannot be read: {error}.") from error
    for key in content:
        if key not in NAMES:
            near = difflib.get_close_matches(key, NAMES, n=1, cutoff=0.5)
            raise Misused(
                f"{path} has an unknown key `{key}`.",
                f"did you mean `{near[0]}`?" if near else f"the keys are {', '.join(NAMES)}",
            )
    return {key: (value, str(path)) for key, value in content.items()}


def _checked(name: str, value: Any, origin: str) -> Any:
    try:
        return _parsed(name, value)
    except ValueError as error:
        raise Misused(f"{origin}: {error}", _ways(name)) from error


def _parsed(name: str, value: Any) -> Raw | frozenset[Sink]:
    if name == "local":
        return _switch(value)
    if name in _DURATIONS:
        return seconds(str(value))
    if not isinstance(value, str):
        raise ValueError(f"`{name}` is text, not `{value}`.")  # noqa: TRY004  # one error for every wrong value
    if name == "telemetry":
        return sinks(value)
    if name == "log_format" and value not in {"text", "json"}:
        raise ValueError(f"`{value}` is neither `text` nor `json`.")
    if name == "metrics_listen" and not _LISTEN.fullmatch(value):
        raise ValueError(f"`{value}` is not a HOST:PORT like 127.0.0.1:9464.")
    if name == "tenants" and value not in {"open", "required"}:
        raise ValueError(f"`{value}` is neither open nor required.")
    if name in _NAMED and not is_name(value):
        raise ValueError(f"`{value}` is no name: lower-case letters, digits and dashes, a letter first, at most 63.")
    return value


def _switch(value: Raw) -> bool:
    if isinstance(value, bool):
        return value
    said = str(value).lower()
    if said not in {"0", "1", "true", "false", "yes", "no", ""}:
        raise ValueError(f"`{value}` is neither 1 nor 0.")
    return said in {"1", "true", "yes"}


def adopt(environment: Mapping[str, str]) -> None:
    """Makes this process use these AWS variables and no others, for everything that reads the environment itself."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update({name: value for name, value in environment.items() if name.startswith("AWS_")})
