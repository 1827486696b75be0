"""A run for programs: one JSON object a line, as it happens."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TextIO

from panka.cli.views.account import Row
from panka.cli.views.screen import SCHEMA_VERSION
from panka.planner.render.components import component_name
from panka.workflows.messages import Event, Progress, Result


class EventLog:
    """A view that writes every event of a run into a file at once, and prints nothing."""

    def __init__(self, scope: object, file: TextIO) -> None:
        self._scope = scope
        self._file = file
        self._rows: dict[str, Row] = {}
        self._run = 0

    @property
    def introduced(self) -> bool:
        return bool(self._rows)

    def introduce(self, rows: Sequence[Row], run: int, at: float) -> list[str]:
        self._rows = {row.key: row for row in rows}
        self._run = run
        self._write(at, "introduced", steps=len(rows))
        return []

    def hear(self, progress: Progress) -> list[str]:
        for event in progress.events:
            self._tell(event)
        return []

    def heartbeat(self, now: float) -> list[str]:  # noqa: ARG002  # programs look at the clock themselves
        return []

    def end(self, result: Result, at: float) -> None:
        """How it ended: the last line."""
        self._run = result.run
        self._write(at, "result", **result.model_dump(mode="json", by_alias=True, exclude={"run"}))

    def _tell(self, event: Event) -> None:
        row = self._rows.get(event.key)
        about: dict[str, Any] = {"text": event.text} if event.text else {}
        if row is None:
            self._write(event.at, event.kind.value, name=event.key, **about)
            return
        name = component_name(row.address, row.service)
        self._write(
            event.at, event.kind.value, step=row.key, component=name, kind=row.kind, action=row.action.value, **about
        )

    def _write(self, at: float, event: str, **more: Any) -> None:
        clock = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        whole = {"schemaVersion": SCHEMA_VERSION, "at": clock, "scope": str(self._scope), "run": self._run or None}
        self._file.write(json.dumps({**whole, "event": event, **more}, ensure_ascii=False) + "\n")
        self._file.flush()
