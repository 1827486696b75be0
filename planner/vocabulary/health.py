"""Health checks of containers: what users write, and the command that ECS runs inside the container."""

import shlex
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from panka.planner.component import Spec
from panka.planner.resource import Properties
from panka.planner.rules import broken
from panka.planner.units import AnyCase, Seconds

Port = Annotated[int, Field(ge=1, le=65_535)]


class Timings(Spec):
    """When and how often a container is asked."""

    initial_delay_seconds: Annotated[Seconds, Field(ge=0, le=300)] = 0
    """Seconds after the start in which failures do not count."""
    period_seconds: Annotated[Seconds, Field(ge=5, le=300)] = 30
    """Seconds between two checks."""
    timeout_seconds: Annotated[Seconds, Field(ge=2, le=60)] = 5
    """Seconds after which a check without an answer has failed."""
    failure_threshold: Annotated[int, Field(ge=1, le=10)] = 3
    """Failures in a row that make the container unhealthy, so that ECS replaces its task."""


class HttpProbe(Spec):
    """Asks for a page; a status below 400 is healthy."""

    path: str = "/"
    """The page's path."""
    port: Port | None = None
    """The port; by default the first of `ports`."""
    scheme: Annotated[Literal["http", "https"], AnyCase("lower")] = "http"
    """`https` accepts any certificate."""


class TcpProbe(Spec):
    """Opens a connection."""

    port: Port | None = None
    """The port; by default the first of `ports`."""


class ExecProbe(Spec):
    """Runs a command; exit code 0 is healthy."""

    command: Annotated[tuple[str, ...], Field(min_length=1)]
    """The command and its arguments."""


class Probe(Timings):
    """One of `http`, `tcp` and `exec`."""

    http: HttpProbe | None = None
    """Asks for a page. The image needs `curl` or `wget`."""
    tcp: TcpProbe | None = None
    """Opens a connection. The image needs `nc` or `bash`."""
    exec: ExecProbe | None = None
    """Runs a command in the container."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(way is not None for way in (self.http, self.tcp, self.exec)) != 1:
            raise broken("PK310", "a probe needs exactly one of `http`, `tcp` and `exec`")
        return self

    @property
    def wants_default_port(self) -> bool:
        """Whether it leaves its port to the first of `ports`."""
        asked = self.http or self.tcp
        return asked is not None and asked.port is None


class HealthCheck(Timings):
    """Either one check, or `readiness` and `liveness` apart. Behind a load balancer that asks, and the image needs no
    tool for it; else ECS asks from inside the container."""

    path: str | None = None
    """Asks for this page; without it the check only opens a connection."""
    port: Port | None = None
    """The port; by default the first of `ports`."""
    protocol: Annotated[Literal["http", "https", "tcp"] | None, AnyCase("lower")] = None
    """By default `http` with a `path`, else `tcp`."""
    readiness: Probe | None = None
    """Says when a task may get traffic."""
    liveness: Probe | None = None
    """Says when a task is broken. ECS runs one check in a container: this one, or else `readiness`, unless a load
    balancer makes that."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        probes = self.model_fields_set & {"readiness", "liveness"}
        single = self.model_fields_set - {"readiness", "liveness"}
        if probes and single:
            raise broken("PK310", "`readiness` and `liveness` carry their own timings; nothing may stand beside them")
        if self.protocol == "tcp" and self.path is not None:
            raise broken("PK310", "a `tcp` check has no `path`")
        return self

    def inside(self, *, balanced: bool) -> Probe | None:
        """The check that the container gets; None when a load balancer makes the only one."""
        if balanced and self.liveness is None and self.balanced.exec is None:
            return None
        return self.liveness or self.readiness or self._single

    @property
    def balanced(self) -> Probe:
        """The check that a load balancer makes."""
        return self.readiness or self.liveness or self._single

    @property
    def _single(self) -> Probe:
        timings = {name: getattr(self, name) for name in Timings.model_fields}
        if self.protocol == "tcp" or (self.protocol is None and self.path is None):
            return Probe(tcp=TcpProbe(port=self.port), **timings)
        scheme: Literal["http", "https"] = "https" if self.protocol == "https" else "http"
        return Probe(http=HttpProbe(path=self.path or "/", port=self.port, scheme=scheme), **timings)


def container_check(probe: Probe, default_port: int) -> Properties:
    """A container's `HealthCheck`."""
    return {
        "Command": _command(probe, default_port),
        "Interval": probe.period_seconds,
        "Timeout": probe.timeout_seconds,
        "Retries": probe.failure_threshold,
        "StartPeriod": probe.initial_delay_seconds,
    }


def page_check(health: HealthCheck | None, path: str | None = None, port: int | None = None) -> Properties:
    """A target group's check that asks for a page: `path`, or else the one of the probe.

    Without either any answer but a server error will do, as nobody said that there is a page.
    """
    probe = health.balanced if health else None
    asked = probe.http if probe else None
    told = path or (asked and f"/{asked.path.removeprefix('/')}")
    return {
        "HealthCheckProtocol": asked.scheme.upper() if asked else "HTTP",
        "HealthCheckPath": told or "/",
        "HealthCheckPort": _checked_port(port or (asked.port if asked else None)),
        "Matcher": {"HttpCode": "200-399" if told else "200-499"},
        **_target_timings(probe),
    }


def connection_check(health: HealthCheck | None, port: int | None = None) -> Properties:
    """A target group's check that opens a connection, unless the health check names a page."""
    probe = health.balanced if health else None
    if probe and probe.http:
        return page_check(health, port=port)
    asked = probe.tcp.port if probe and probe.tcp else None
    return {"HealthCheckProtocol": "TCP", "HealthCheckPort": _checked_port(port or asked), **_target_timings(probe)}


def _checked_port(port: int | None) -> str:
    return str(port) if port else "traffic-port"


def _target_timings(probe: Timings | None) -> Properties:
    timings = probe or Timings()
    return {
        "HealthCheckIntervalSeconds": timings.period_seconds,
        # Shorter than the interval, as load balancers want it.
        "HealthCheckTimeoutSeconds": min(timings.timeout_seconds, timings.period_seconds - 1),
        "HealthyThresholdCount": 2,
        "UnhealthyThresholdCount": max(timings.failure_threshold, 2),
    }


def _command(probe: Probe, default_port: int) -> list[str]:
    if probe.exec:
        return ["CMD", *probe.exec.command]
    if probe.http:
        asked = probe.http
        url = shlex.quote(f"{asked.scheme}://localhost:{asked.port or default_port}/{asked.path.removeprefix('/')}")
        return [
            "CMD-SHELL",
            f"curl -fsSk -o /dev/null {url} || wget -q --no-check-certificate -O /dev/null {url} || exit 1",
        ]
    port = (probe.tcp and probe.tcp.port) or default_port
    return ["CMD-SHELL", f"nc -z localhost {port} || bash -c '</dev/tcp/localhost/{port}' || exit 1"]
