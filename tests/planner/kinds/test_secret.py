import hashlib
from typing import Any

import pytest

from panka.planner.vocabulary.rotation import SOURCE


def test_a_secret_is_generated_where_panka_never_sees_it(bench: Any) -> None:
    lowered = bench.lower("Secret", {"generate": {"length": 40}, "description": "For the API."})

    (secret,) = lowered.resources
    assert secret.properties["GenerateSecretString"] == {"PasswordLength": 40, "ExcludeCharacters": "\"'@/\\"}
    assert secret.properties["Description"] == "For the API."
    assert lowered.outputs == {"arn": secret.ref("Id"), "name": secret.ref("Name")}
    assert lowered.notes == ()


def test_who_references_a_secret_may_read_it(bench: Any) -> None:
    lowered = bench.lower("Secret", {})

    assert lowered.grants.statements[0]["Action"] == ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
    assert lowered.grants.statements[0]["Resource"] == [lowered.outputs["arn"]]


def test_an_empty_secret_says_that_it_waits_for_its_value(bench: Any) -> None:
    lowered = bench.lower("Secret", {"name": "prod/api/key"})

    assert lowered.resources[0].properties == {"Name": "prod/api/key"}
    assert lowered.resources[0].name is None
    assert "put its value in" in lowered.notes[0]


def test_rotation_comes_with_its_function(bench: Any) -> None:
    lowered = bench.lower("Secret", {"generate": {"length": 20, "excludeCharacters": "x"}, "rotationDays": 30})

    parts = bench.parts(lowered)
    function, schedule = parts["rotation-function"], parts["rotation"]
    asset = function.properties["Code"]["ZipFile"]["Panka::Asset"]
    assert schedule.properties["RotationRules"] == {"AutomaticallyAfterDays": 30}
    assert schedule.properties["RotationLambdaARN"] == function.ref("Arn")
    assert schedule.depends_on == (parts["rotation-permission"].address,)
    assert function.properties["Environment"]["Variables"] == {"LENGTH": "20", "EXCLUDED": "x"}
    assert hashlib.sha256(lowered.assets[asset]).hexdigest() == asset


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"rotationDays": 30}, "PK311"),
        ({"generate": {}, "rotationDays": 0}, "greater_than_equal"),
        ({"generate": {"length": 3}}, "greater_than_equal"),
        ({"name": "with space"}, "PK301"),
    ],
)
def test_mistakes_are_told_by_code(bench: Any, broken: dict[str, Any], code: str) -> None:
    assert bench.refused("Secret", broken) == code


class NotFound(Exception):
    pass


class Secrets:
    """A small Secrets Manager: one secret, whose versions carry stages."""

    class exceptions:  # noqa: N801  # as boto3 calls it
        ResourceNotFoundException = NotFound

    def __init__(self) -> None:
        self.stages: dict[str, set[str]] = {"old": {"AWSCURRENT"}}
        self.made = 0

    def get_secret_value(self, **asked: str) -> None:
        if asked["VersionStage"] not in self.stages.get(asked["VersionId"], set()):
            raise NotFound

    def get_random_password(self, **asked: Any) -> dict[str, str]:
        self.made += 1
        return {"RandomPassword": "z" * asked["PasswordLength"]}

    def put_secret_value(self, **asked: Any) -> None:
        self.stages[asked["ClientRequestToken"]] = set(asked["VersionStages"])

    def describe_secret(self, **_asked: str) -> dict[str, Any]:
        return {"VersionIdsToStages": {version: sorted(stages) for version, stages in self.stages.items()}}

    def update_secret_version_stage(self, **asked: str) -> None:
        self.stages[asked["RemoveFromVersionId"]].remove(asked["VersionStage"])
        self.stages[asked["MoveToVersionId"]].add(asked["VersionStage"])


def test_the_function_moves_to_a_new_value_however_often_a_step_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENGTH", "12")
    monkeypatch.setenv("EXCLUDED", "")
    code: dict[str, Any] = {}
    exec(compile(SOURCE, "index.py", "exec"), code)  # Panka's own code, as Lambda would run it
    secrets = Secrets()

    for step in ("createSecret", "createSecret", "setSecret", "testSecret", "finishSecret", "finishSecret"):
        code["handler"]({"SecretId": "s", "ClientRequestToken": "new", "Step": step}, None, secrets)

    assert secrets.made == 1
    assert "AWSCURRENT" in secrets.stages["new"]
    assert "AWSCURRENT" not in secrets.stages["old"]
