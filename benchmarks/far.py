"""A moto server that is far away: it answers every call so many seconds later, and counts them.

It waits itself. A proxy that did would be one more process, which takes the processors from those that are measured.
"""

import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

_COUNT = "/far/calls"


@dataclass(slots=True)
class Late:
    """A WSGI application that waits before each call."""

    app: Callable[..., Iterable[bytes]]
    seconds: float
    calls: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == _COUNT:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [str(self.calls).encode()]
        with self._turn:
            self.calls += 1
        time.sleep(self.seconds)
        return self.app(environ, start_response)


@dataclass(frozen=True, slots=True)
class Far:
    """Such a server, as others see it."""

    url: str

    @property
    def calls(self) -> int:
        with urllib.request.urlopen(f"{self.url}{_COUNT}", timeout=30) as answer:
            return int(answer.read())


def far_line(port: int, seconds: float) -> list[str]:
    """Starts one on the loopback."""
    return [sys.executable, __file__, str(port), str(seconds)]


def main(port: int, seconds: float) -> None:
    from moto.moto_server.werkzeug_app import (  # only the server's own process needs moto
        DomainDispatcherApplication,
        MotoRequestHandler,
        create_backend_app,
    )
    from werkzeug.serving import run_simple  # as above

    app = Late(DomainDispatcherApplication(create_backend_app), seconds)
    run_simple("127.0.0.1", port, app, threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
