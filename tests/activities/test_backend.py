"""The bucket and the table, made at endpoints over HTTP."""

import json
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest

from panka.activities.stores.backend import NotUsable, check_backend, create_backend

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

REGION = "eu-west-1"
no_warning_of_the_certificate = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")


class Clients:
    """The clients of one account at one endpoint."""

    def __init__(self, url: str, key: str = "111111111111", *, verify: bool = True) -> None:
        session = boto3.Session(key, "test", region_name=REGION)
        self.s3: S3Client = session.client("s3", endpoint_url=url, verify=verify)
        self.dynamodb: DynamoDBClient = session.client("dynamodb", endpoint_url=url, verify=verify)

    def close(self) -> None:
        self.s3.close()
        self.dynamodb.close()


@pytest.fixture(params=["moto", "ministack"])
def clients(request: pytest.FixtureRequest) -> Iterator[Clients]:
    made = Clients(request.getfixturevalue(f"{request.param}_url"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def tls_url() -> Iterator[str]:
    """An endpoint behind TLS, with a certificate that it made up itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "--ssl", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, server)
        yield f"https://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("The endpoint behind TLS did not come up.")


@pytest.fixture
def tls_clients(tls_url: str) -> Iterator[Clients]:
    made = Clients(tls_url, verify=False)
    yield made
    made.close()


@pytest.fixture
def name() -> str:
    return f"panka-{uuid.uuid4().hex[:10]}"


def create(clients: Clients, name: str, kms_key: str | None = None) -> list[str]:
    return create_backend(clients.s3, clients.dynamodb, name, name, kms_key, REGION)


def check(clients: Clients, name: str, kms_key: str | None = None) -> list[str]:
    return check_backend(clients.s3, clients.dynamodb, name, name, kms_key, REGION)


def test_a_new_backend_lacks_nothing(clients: Clients, name: str) -> None:
    said = create(clients, name)

    assert check(clients, name) == []
    assert f"Now it is so: bucket {name} exists." in said
    assert f"Now it is so: table {name} exists." in said


def test_the_bucket_is_versioned_encrypted_and_private(clients: Clients, name: str) -> None:
    create(clients, name)

    s3 = clients.s3
    [rule] = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert set(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values()) == {True}
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] == REGION


def test_the_table_is_protected_restorable_and_forgets_by_its_own_attribute(clients: Clients, name: str) -> None:
    create(clients, name)

    table = clients.dynamodb.describe_table(TableName=name)["Table"]
    backups = clients.dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    forgetting = clients.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    assert table["DeletionProtectionEnabled"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert forgetting["AttributeName"] == "forget_after"


def test_a_second_run_finds_everything_as_it_must_be(clients: Clients, name: str) -> None:
    first = create(clients, name)

    second = create(clients, name)

    assert len(second) == len(first)
    assert all(line.startswith("It was so already: ") for line in second)


def test_a_run_that_broke_off_is_finished_by_the_next(clients: Clients, name: str) -> None:
    clients.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})

    said = create(clients, name)

    assert said[0] == f"It was so already: bucket {name} exists."
    assert check(clients, name) == []


def test_nothing_there_is_told_as_two_things_missing(clients: Clients, name: str) -> None:
    assert check(clients, name) == [f"Not so: bucket {name} exists.", f"Not so: table {name} exists."]


def test_what_was_loosened_is_named_and_mended(clients: Clients, name: str) -> None:
    create(clients, name)
    clients.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    clients.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)

    found = check(clients, name)
    create(clients, name)

    assert found == [
        f"Not so: bucket {name} keeps every version.",
        f"Not so: table {name} is protected from deletion.",
    ]
    assert check(clients, name) == []


@no_warning_of_the_certificate
def test_a_bucket_behind_tls_refuses_plain_http(tls_clients: Clients, name: str) -> None:
    create(tls_clients, name)

    [statement] = json.loads(tls_clients.s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Resource"] == [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert all(line.startswith("It was so already: ") for line in create(tls_clients, name))


@no_warning_of_the_certificate
def test_a_policy_that_is_there_keeps_its_statements(tls_clients: Clients, name: str) -> None:
    create(tls_clients, name)
    theirs = {
        "Sid": "Auditors",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": theirs})
    tls_clients.s3.put_bucket_policy(Bucket=name, Policy=policy)

    before = check(tls_clients, name)
    create(tls_clients, name)

    statements = json.loads(tls_clients.s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    assert before == [f"Not so: bucket {name} refuses plain HTTP."]
    assert [one["Sid"] for one in statements] == ["Auditors", "PankaTlsOnly"]


def test_a_bucket_at_an_endpoint_without_tls_can_be_used(clients: Clients, name: str) -> None:
    create(clients, name)

    clients.s3.put_object(Bucket=name, Key="state", Body=b"{}")

    assert clients.s3.get_object(Bucket=name, Key="state")["Body"].read() == b"{}"


def test_a_key_of_the_users_own_encrypts_the_bucket(clients: Clients, name: str) -> None:
    key = "arn:aws:kms:eu-west-1:111111111111:key/5a7c1c62-8b57-4f0b-9c0e-2f1d1f6a0001"
    create(clients, name)

    before = check(clients, name, key)
    create(clients, name, key)

    assert before == [f"Not so: bucket {name} encrypts with KMS key {key}."]
    assert check(clients, name, key) == []


def test_another_accounts_bucket_is_refused(ministack_url: str, name: str) -> None:
    theirs, ours = Clients(ministack_url, "222222222222"), Clients(ministack_url)
    theirs.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})

    with pytest.raises(NotUsable, match=rf"Bucket {name} is another account's"):
        create(ours, name)

    assert "Status" not in theirs.s3.get_bucket_versioning(Bucket=name)
    assert name not in ours.dynamodb.list_tables()["TableNames"]
    theirs.close()
    ours.close()


def test_a_table_made_for_something_else_is_refused(clients: Clients, name: str) -> None:
    clients.dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
    )

    with pytest.raises(NotUsable, match=f"Table {name} has other keys"):
        create(clients, name)


def test_a_table_that_forgets_by_another_attribute_is_refused(clients: Clients, name: str) -> None:
    create(clients, name)
    dynamodb = clients.dynamodb
    dynamodb.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"Enabled": False, "AttributeName": "forget_after"}
    )
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})

    with pytest.raises(NotUsable, match=f"Table {name} deletes items by another attribute"):
        create(clients, name)
