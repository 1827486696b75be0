"""A journey's surroundings, all real processes: Temporal on a file, an AWS endpoint behind a proxy, workers."""

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

import boto3

from panka.activities.stores.backend import create_backend
from plugins.endpoints import free_port, moto
from plugins.faults import Faults, faulty
from plugins.forks import Forked, Template, can_fork
from plugins.temporal import binary

Endpoint: TypeAlias = Callable[[Path], AbstractContextManager[str]]
"""Starts an AWS endpoint that logs to a file, and gives its URL."""

PANKA = (sys.executable, "-m", "panka.cli")
Process: TypeAlias = asyncio.subprocess.Process | Forked
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1"}
_TEMPLATE = Template()


@dataclass
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def ok(self) -> "Said":
        assert self.code == 0, f"exit {self.code}\n{self.out}\n{self.err}"
        return self

    @property
    def text(self) -> str:
        """All that a person saw."""
        return self.out + self.err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class World:
    """A project folder, the servers it talks to, and how to harm them."""

    folder: Path
    moto_url: str
    faults: Faults
    temporal_port: int
    processes: list[Process] = field(default_factory=list)
    temporal: Process | None = None
    workers: int = 0
    """How many were ever started."""

    @property
    def env(self) -> dict[str, str]:
        # Commands keep what Python compiles, as installed ones do: else each compiles all of Panka.
        left = ("PANKA_", "AWS_", "PYTHONDONTWRITEBYTECODE")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(left)}
        return (
            inherited
            | KEYS
            | {
                "PANKA_TEMPORAL_ADDRESS": f"127.0.0.1:{self.temporal_port}",
                "PANKA_ENDPOINT_URL": self.faults.url,
                "PANKA_BUCKET": "panka-state",
                "PANKA_TABLE": "panka-state",
                "PANKA_REGION": "eu-west-1",
                "PANKA_TENANT": "acme",
                "PANKA_ENV": "dev",
                "CI": "true",
            }
        )

    async def panka(self, *words: str, env: dict[str, str] | None = None) -> Said:
        """One command to its end."""
        return await self.finished(await self.begin(*words, env=env))

    async def finished(self, process: Process) -> Said:
        """What a command that was begun leaves behind at its end."""
        out, err = await asyncio.wait_for(process.communicate(), 230)
        assert process.returncode is not None
        return Said(process.returncode, out.decode(), err.decode())

    async def begin(self, *words: str, env: dict[str, str] | None = None) -> Process:
        """One command that goes on."""
        process = await self._started(words, self.env | (env or {}))
        self.processes.append(process)
        return process

    async def _started(self, words: Sequence[str], env: Mapping[str, str], log: BinaryIO | None = None) -> Process:
        if can_fork(env):
            return await _TEMPLATE.fork(words, self.folder, env, log.fileno() if log else None)
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            *PANKA, *words, cwd=self.folder, env=env,
            stdin=asyncio.subprocess.DEVNULL, stdout=log or pipe, stderr=log or pipe,
        )  # fmt: skip

    def make_backend(self) -> None:
        """As `panka backend create` does, without a process for it."""
        create_backend(self.client("s3"), self.client("dynamodb"), "panka-state", "panka-state", region="eu-west-1")

    async def start_temporal(self) -> None:
        """Starts the server, or starts it again on its file."""
        line = [
            binary(),
            "server",
            "start-dev",
            "--headless",
            "--port",
            str(self.temporal_port),
            "--log-level",
            "error",
        ]
        line += ["--db-filename", str(self.folder / "temporal.db")]
        line += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"]
        log = (self.folder / "temporal.log").open("ab")
        self.temporal = await asyncio.create_subprocess_exec(*line, stdout=log, stderr=log)
        self.processes.append(self.temporal)
        await until(lambda: _listens(self.temporal_port), 30)

    async def start_worker(self, *words: str, env: dict[str, str] | None = None, ahead: int = 0) -> Process:
        """A worker process that takes work; its clock may be ahead by so many seconds."""
        self.workers += 1
        log = self.folder / f"worker-{self.workers}.log"
        worker: Process
        with log.open("wb") as out:
            if ahead:
                line = (*_wrong_clock(ahead), "worker", *words)
                worker = await asyncio.create_subprocess_exec(
                    *line, cwd=self.folder, env=self.env | (env or {}), stdout=out, stderr=out
                )
            else:
                worker = await self._started(("worker", *words), self.env | (env or {}), out)
        self.processes.append(worker)
        await until(lambda: "worker ready" in log.read_text(), 60)
        return worker

    async def kill(self, process: Process | None) -> None:
        """kill -9."""
        assert process is not None
        process.send_signal(signal.SIGKILL)
        await process.wait()

    async def stop(self) -> None:
        for process in reversed(self.processes):
            if process.returncode is None:
                process.kill()
                await process.wait()

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.moto_url,
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def cloud(self) -> dict[str, list[str]]:
        """Everything that exists at the endpoint beside the backend and what an account begins with, by type."""
        return {type: sorted(names) for type, names in _everything(self.client).items() if names}

    async def steps(self, stack: str) -> list[tuple[str, str]]:
        """(action, key) of every step of the plan that would be made now."""
        plan = (await self.panka("plan", stack, "-o", "json")).ok().json["plan"]
        return [(step["action"], step["key"]) for step in (*plan["forward"], *plan["cleanup"])]

    def lock_holder(self, stack: str) -> str | None:
        """Who holds the lock, as the table says."""
        return self.lock(stack).get("who")

    def lock(self, stack: str) -> dict[str, str]:
        """The lock's item in the table."""
        key = {"pk": {"S": "acme"}, "sk": {"S": f"lock#{stack}#dev"}}
        item = self.client("dynamodb").get_item(TableName="panka-state", Key=key, ConsistentRead=True).get("Item", {})
        return {name: next(iter(value.values())) for name, value in item.items()}

    async def state(self, stack: str) -> Any:
        return (await self.panka("state", "pull", stack)).ok().json

    async def wanted(self, stack: str) -> dict[str, int]:
        """How many resources of each type a stack that was never applied wants."""
        plan = (await self.panka("plan", stack, "-o", "json")).ok().json["plan"]
        return dict(Counter(step["type"] for step in plan["forward"]))

    async def assert_whole(self, stack: str, wanted: dict[str, int]) -> None:
        """Of every type exists what the stack wants; state names each of it; the next plan is empty, the lock free."""
        state = await self.state(stack)
        recorded = {one["id"].rpartition("/")[2] for one in state["resources"].values()}
        cloud = self.cloud()
        assert {type: len(names) for type, names in cloud.items()} == {type: wanted[type] for type in cloud}
        for type in ("AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::S3::Bucket", "AWS::DynamoDB::Table"):
            assert {name.rpartition("/")[2] for name in cloud.get(type, [])} <= recorded, type
        assert state["operation"] is None
        assert state["intended"] == []
        assert await self.steps(stack) == []
        assert self.lock_holder(stack) is None


def _everything(client: Callable[[str], Any]) -> dict[str, list[str]]:
    ec2, iam, ecs, sns = client("ec2"), client("iam"), client("ecs"), client("sns")
    clusters, services = _containers(ecs)
    tables = [name for name in client("dynamodb").list_tables()["TableNames"] if name != "panka-state"]
    buckets = [one["Name"] for one in client("s3").list_buckets()["Buckets"] if one["Name"] != "panka-state"]
    return {
        "AWS::SQS::Queue": client("sqs").list_queues().get("QueueUrls", []),
        "AWS::SNS::Topic": [one["TopicArn"] for one in sns.list_topics()["Topics"]],
        "AWS::SNS::Subscription": [one["SubscriptionArn"] for one in sns.list_subscriptions()["Subscriptions"]],
        "AWS::DynamoDB::Table": tables,
        "AWS::S3::Bucket": buckets,
        "AWS::Lambda::Function": [one["FunctionName"] for one in client("lambda").list_functions()["Functions"]],
        "AWS::Lambda::EventSourceMapping": [
            one["UUID"] for one in client("lambda").list_event_source_mappings()["EventSourceMappings"]
        ],
        "AWS::IAM::Role": [one["RoleName"] for one in iam.list_roles()["Roles"]],
        "AWS::Logs::LogGroup": [one["logGroupName"] for one in client("logs").describe_log_groups()["logGroups"]],
        "AWS::EC2::SecurityGroup": [
            one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"] if one["GroupName"] != "default"
        ],
        "AWS::ECS::Cluster": clusters,
        "AWS::ECS::Service": services,
        "AWS::ECS::TaskDefinition": ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"],
        "AWS::RDS::DBInstance": [
            one["DBInstanceIdentifier"] for one in client("rds").describe_db_instances()["DBInstances"]
        ],
        "AWS::RDS::DBSubnetGroup": [
            one["DBSubnetGroupName"] for one in client("rds").describe_db_subnet_groups()["DBSubnetGroups"]
        ],
    }


def _containers(ecs: Any) -> tuple[list[str], list[str]]:
    """Clusters and services that are not deleted: ECS goes on telling of those, as INACTIVE."""
    named = ecs.list_clusters()["clusterArns"]
    clusters = [
        one["clusterArn"] for one in ecs.describe_clusters(clusters=named)["clusters"] if one["status"] == "ACTIVE"
    ]
    services = []
    for cluster in named:
        if inside := ecs.list_services(cluster=cluster)["serviceArns"]:
            told = ecs.describe_services(cluster=cluster, services=inside)["services"]
            services += [one["serviceArn"] for one in told if one["status"] == "ACTIVE"]
    return clusters, services


def _wrong_clock(ahead: int) -> tuple[str, ...]:
    return sys.executable, "-P", str(Path(__file__).with_name("wrong_clock.py")), str(ahead)


async def until(true: Callable[[], bool], seconds: float, what: str = "it") -> None:
    """Waits until something is so, or fails after a deadline."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"Waited {seconds} s for {what}."
        await asyncio.sleep(0.02)


def _listens(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@asynccontextmanager
async def world(folder: Path, endpoint: Endpoint = moto) -> AsyncIterator[World]:
    """Servers up, backend made, no worker yet."""
    async with AsyncExitStack() as stack:
        url = stack.enter_context(endpoint(folder / "endpoint.log"))
        faults = await stack.enter_async_context(faulty(url, port=free_port()))
        one = World(folder, url, faults, free_port())
        stack.push_async_callback(one.stop)
        await one.start_temporal()
        await asyncio.to_thread(one.make_backend)
        yield one
