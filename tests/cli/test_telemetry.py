"""What a command tells of itself."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest


def told(**variables: str) -> list[dict[str, Any]]:
    """The spans that a command writes which finds no Temporal server."""
    environment = os.environ | {"PANKA_TENANT": "acme", "PANKA_ENV": "dev", "PANKA_TEMPORAL_ADDRESS": "127.0.0.1:1"}
    line = [sys.executable, "-m", "panka.cli", "watch", "shop"]
    ran = subprocess.run(line, env=environment | variables, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 69, ran.stderr
    return [json.loads(line) for line in ran.stderr.splitlines() if line.startswith("{")]


def test_a_command_is_a_span_that_says_how_it_failed() -> None:
    (span,) = told(PANKA_TELEMETRY="console")

    assert span["name"] == "panka watch"
    assert span["status"] == {"status_code": "ERROR", "description": "Unreachable"}
    assert span["attributes"] == {"panka.tenant": "acme", "panka.environment": "dev", "panka.stack": "shop"}
    assert span["resource"]["attributes"]["service.name"] == "panka"


def test_the_name_of_the_service_is_opentelemetrys_own_setting() -> None:
    (span,) = told(PANKA_TELEMETRY="console", OTEL_SERVICE_NAME="deployments")

    assert span["resource"]["attributes"]["service.name"] == "deployments"


@pytest.mark.parametrize("said", ["off", "prometheus"])
def test_a_command_whose_spans_nobody_wants_tells_nothing(said: str) -> None:
    assert told(PANKA_TELEMETRY=said) == []
