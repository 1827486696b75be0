"""Names of other tenants in disguise, where a command takes a name: refused before anything is called."""

from pathlib import Path

import pytest

from panka.cli.main import run

DRESSED = (
    "../umbrella", "acme/../umbrella", "..%2fumbrella", "%2e%2e%2fumbrella", "umbrella%00", "UMBRELLA", "ｕmbrella",
    "umbrella\u200b", "umbr\u0435lla", "umbrella\n", "umbrella ", "umbrella'", "um*", "umbrella#prod",
)  # fmt: skip
PLACES: dict[str, tuple[str, ...]] = {
    "tenant": ("status", "-t", "{}"),
    "tenant of a plan": ("plan", "stack.yaml", "-t", "{}"),
    "environment": ("status", "-t", "acme", "-e", "{}"),
    "run": ("show", "{}/shop/prod#1"),
    "run's environment": ("show", "acme/shop/{}#1"),
    "run's stack": ("show", "acme/{}/prod#1"),
    "tenant shown": ("tenant", "show", "{}"),
    "tenant suspended": ("tenant", "suspend", "{}"),
    "tenant deleted": ("tenant", "delete", "{}", "--confirm", "{}"),
    "tenant's policy": ("tenant", "policy", "{}"),
    "plan's stack": ("apply", "p-0123456789ab", "--stack", "{}", "-y"),
}
STACK = """
apiVersion: core.panka.io/v1
kind: Stack
metadata: {{name: "{name}", tenant: "{tenant}", environment: "{environment}"}}
spec: {{}}
---
apiVersion: components.panka.io/v1
kind: SQS
metadata: {{name: jobs}}
spec: {{}}
"""


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing answers at these addresses: whatever is called ends otherwise than as a misuse."""
    monkeypatch.chdir(tmp_path)
    said = {"TEMPORAL_ADDRESS": "127.0.0.1:1", "ENDPOINT_URL": "http://127.0.0.1:1", "REGION": "eu-west-1"}
    said |= {"BUCKET": "state", "TABLE": "state", "TENANT": "acme", "ENV": "prod"}
    for name, value in said.items():
        monkeypatch.setenv(f"PANKA_{name}", value)
    (tmp_path / "stack.yaml").write_text(STACK.format(name="shop", tenant="acme", environment="prod"))


@pytest.mark.parametrize("name", DRESSED)
@pytest.mark.parametrize("place", PLACES)
def test_a_name_in_disguise_is_no_name(place: str, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    code = run([word.format(name) for word in PLACES[place]])

    assert code == 64, capfd.readouterr().err


@pytest.mark.parametrize("name", ["..", "../umbrella", "%2e", "ｕmbrella", "umbr\u0435lla", "UMBRELLA", "a#b", "a/b"])
@pytest.mark.parametrize("field", ["name", "tenant", "environment"])
def test_a_stack_that_says_such_a_name_is_invalid(
    field: str, name: str, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("TENANT", "ENV"):
        monkeypatch.delenv(f"PANKA_{variable}")
    said = {"name": "shop", "tenant": "acme", "environment": "prod", field: name}
    (tmp_path / "stack.yaml").write_text(STACK.format(**said))

    code = run(["plan", "stack.yaml"])

    assert code == 65, capfd.readouterr().err


@pytest.mark.parametrize("stack", ["..", "../umbrella/stacks/shop", "umbrella/shop", "%2e%2e", "UMBRELLA", "a#b", "ｕ"])
def test_a_reference_names_a_stack_of_the_same_tenant_or_nothing(
    stack: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = STACK.format(name="shop", tenant="acme", environment="prod")
    outputs = f'{{outputs: {{there: "${{stack:{stack}.jobs.queueUrl}}"}}}}'
    (tmp_path / "stack.yaml").write_text(text.replace("spec: {}\n---", f"spec: {outputs}\n---"))

    code = run(["validate", "stack.yaml"])

    assert code == 65, capfd.readouterr().err
