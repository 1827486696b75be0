import base64
from pathlib import Path
from typing import Any

import pytest

from panka.planner.language.documents import FolderSource
from panka.planner.owner import Scope
from panka.planner.resource import Address, Resource
from panka.planner.stack import Options, read_stack
from panka.planner.state import Target

WEB: dict[str, Any] = {"image": {"repository": "nginx"}}
STACK = "apiVersion: panka.io/v1\nkind: Stack\nmetadata: {name: shop}\nspec: {}\n"
SERVICE = """apiVersion: panka.io/v1
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx}
  configs: {mountPath: /etc/app, files: [app.conf, certs/ca.pem]}
"""


def compiled(root: Path) -> tuple[dict[Address, Resource], list[str]]:
    draft = read_stack(FolderSource(root, "shop"), Options(environment="dev"))
    assert not draft.diagnostics
    made = draft.compile(
        Scope(tenant="acme", stack="shop", environment="dev"), Target(account="111122223333", region="eu-west-1")
    )
    return made.resources, [one.code for one in made.diagnostics]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    files = {
        "stack.yaml": STACK,
        "services/front/components/web/web.yaml": SERVICE,
        "services/front/config/app.conf": "listen 80\n",
        "services/front/config/certs/ca.pem": "ca",
    }
    for name, content in files.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)
    return tmp_path


def test_config_files_are_written_before_the_container_starts(shop: Path) -> None:
    resources, codes = compiled(shop)

    assert codes == []
    own, writer = resources[Address("web:task-definition")].properties["ContainerDefinitions"]
    assert own["DependsOn"] == [{"ContainerName": writer["Name"], "Condition": "SUCCESS"}]
    assert own["MountPoints"] == [{"SourceVolume": "config_files", "ContainerPath": "/etc/app", "ReadOnly": True}]
    contents = [base64.b64decode(one["Value"]) for one in writer["Environment"]]
    assert contents == [b"listen 80\n", b"ca"]
    assert '"$FILE_001" | base64 -d > /config/certs/ca.pem' in writer["Command"][0]
    assert writer["Essential"] is False


def test_a_config_file_that_is_not_there_is_told(shop: Path) -> None:
    (shop / "services/front/config/app.conf").unlink()

    assert compiled(shop)[1] == ["PK353"]


def test_config_files_are_bounded(shop: Path) -> None:
    (shop / "services/front/config/app.conf").write_text("x" * 40_000)

    assert compiled(shop)[1] == ["PK320"]


def test_a_file_system_is_mounted_with_the_tasks_own_rights(bench: Any) -> None:
    files = bench.used("EFS", {}, "files")
    volume = {"name": "data", "mountPath": "/data", "type": "efs", "source": "files"}

    parts = bench.parts(bench.lower("MicroService", {**WEB, "volumes": [volume]}, uses={"files": files}))

    (made,) = parts["task-definition"].properties["Volumes"]
    assert made["EFSVolumeConfiguration"] == {
        "FilesystemId": files.lowered.outputs["fileSystemId"],
        "TransitEncryption": "ENABLED",
        "AuthorizationConfig": {"IAM": "ENABLED"},
    }
    assert parts["policy"].properties["PolicyDocument"]["Statement"] == list(files.lowered.grants.statements)
    targets = [one.address for one in files.lowered.resources if one.type == "AWS::EFS::MountTarget"]
    assert targets
    assert {*targets, parts["to-files-2049"].address} <= set(parts["main"].depends_on)


def test_the_only_access_point_is_what_the_container_sees(bench: Any) -> None:
    files = bench.used("EFS", {"accessPoints": [{"path": "/a"}]}, "files")
    volume = {"name": "data", "mountPath": "/data", "type": "efs", "source": "files"}

    parts = bench.parts(bench.lower("Worker", {**WEB, "volumes": [volume]}, uses={"files": files}))

    (made,) = parts["task-definition"].properties["Volumes"]
    assert "AccessPointId" in made["EFSVolumeConfiguration"]["AuthorizationConfig"]


def test_on_ec2_a_task_may_share_its_hosts_network(bench: Any) -> None:
    runtime = {"platform": "ec2", "networkMode": "bridge"}

    lowered = bench.lower("MicroService", {**WEB, "runtime": runtime, "ports": [{"port": 80}], "loadBalancer": {}})

    parts = bench.parts(lowered)
    assert "NetworkConfiguration" not in parts["main"].properties
    assert parts["target"].properties["TargetType"] == "instance"
    assert "securityGroupId" not in lowered.outputs
    assert lowered.grants.connect is None
    assert any("container instances" in note for note in lowered.notes)
