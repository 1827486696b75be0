"""A worker's lines of the log: for people, or as one JSON object each."""

import json
import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Literal

from temporalio import activity, workflow

from panka.activities.telemetry.about import NOW

_TEXT = "%(asctime)s %(levelname)s %(message)s"


def set_up(form: Literal["text", "json"], ids: Callable[[], tuple[str, str]]) -> None:
    """Logs to stderr from now on. `ids` says of which trace and span the task at hand is."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(ids) if form == "json" else logging.Formatter(_TEXT))
    logging.basicConfig(handlers=[handler], level=logging.INFO)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    if form == "json":
        # What the SDK would append to its messages stands in fields of its own.
        activity.logger.activity_info_on_message = False
        workflow.logger.workflow_info_on_message = False


class JsonLines(logging.Formatter):
    """One JSON object a line. Of an error its class and where it came up: its words may quote what somebody set."""

    def __init__(self, ids: Callable[[], tuple[str, str]]) -> None:
        super().__init__()
        self._ids = ids

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **dict(self._where()),
            **dict(_error(record)),
        }
        return json.dumps(said, ensure_ascii=False)

    def _where(self) -> Iterator[tuple[str, str | int]]:
        about = NOW.get()
        trace_id, span_id = self._ids()
        if about is not None and not trace_id:
            trace_id, span_id = about.trace_id, about.span_id
        yield from [("trace_id", trace_id), ("span_id", span_id)] if trace_id else []
        for name, value in about.attributes().items() if about else ():
            yield name.removeprefix("panka."), value


def _error(record: logging.LogRecord) -> Iterator[tuple[str, str]]:
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        yield "error", str(getattr(error, "type", "") or type(error).__name__)
        yield "traceback", "".join(traceback.format_tb(error.__traceback__))
