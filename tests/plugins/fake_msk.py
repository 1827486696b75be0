"""Kafka clusters as MSK makes them, without brokers: states that take their time, versions, refusals.

An endpoint on the loopback. Calls of other services go on to ministack, so that what a cluster needs is there too.
"""

import base64
import http.client
import json
import re
import threading
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

ARN = "arn:aws:kafka:eu-west-1:000000000000:"
LOOKS = 2
"""How often a cluster that is being made, changed or deleted is looked at until it has happened."""
MADE = "2026-01-01T00:00:00.000Z"
Body = dict[str, Any]


class Refused(Exception):
    """An error of MSK's: its HTTP status and its name."""

    def __init__(self, message: str, status: int = 400, name: str = "BadRequestException") -> None:
        super().__init__(message)
        self.status, self.name = status, name


def absent(what: str) -> Refused:
    return Refused(f"{what} does not exist.", 404, "NotFoundException")


@dataclass
class Cluster:
    name: str
    arn: str
    about: Body
    """`{"provisioned": …}` or `{"serverless": …}`, as the calls tell it."""
    tags: dict[str, str]
    state: str = "CREATING"
    looks: int = LOOKS
    """How many more looks the present state lasts."""
    version: int = 1
    then: Callable[[Body], None] | None = None
    """What a change that is under way will have made."""
    secrets: list[str] = field(default_factory=list)

    @property
    def provisioned(self) -> Body:
        found: Body = self.about["provisioned"]
        return found

    def told(self) -> Body:
        kind = "PROVISIONED" if "provisioned" in self.about else "SERVERLESS"
        head = {"clusterArn": self.arn, "clusterName": self.name, "clusterType": kind, "creationTime": MADE}
        return {**head, "currentVersion": f"K{self.version}", "state": self.state, "tags": self.tags, **self.about}

    def brokers(self) -> Body:
        """The addresses, by the ways of authentication that are on."""
        said = next(iter(self.about.values())).get("clientAuthentication", {})
        ways = {
            "bootstrapBrokerStringSaslIam": (_is_on(said, "sasl", "iam"), 9098),
            "bootstrapBrokerStringSaslScram": (_is_on(said, "sasl", "scram"), 9096),
            "bootstrapBrokerStringTls": (_is_on(said, "tls") or _is_on(said, "unauthenticated"), 9094),
        }
        return {name: f"b-1.{self.name}.kafka.example:{port}" for name, (is_on, port) in ways.items() if is_on}


@dataclass
class Configuration:
    name: str
    arn: str
    description: str
    versions: list[str]
    revisions: list[Body]

    def told(self) -> Body:
        latest = {name: self.revisions[-1][name] for name in ("creationTime", "description", "revision")}
        head = {"arn": self.arn, "name": self.name, "description": self.description, "state": "ACTIVE"}
        return {**head, "creationTime": MADE, "kafkaVersions": self.versions, "latestRevision": latest}


def _is_on(said: Body, *path: str) -> bool:
    for name in path:
        said = said.get(name) or {}
    return bool(said.get("enabled"))


class Msk:
    """All clusters and configurations of one account and region."""

    def __init__(self) -> None:
        self.clusters: dict[str, Cluster] = {}
        self.configurations: dict[str, Configuration] = {}
        self.lock = threading.Lock()

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Body) -> Body:  # noqa: PLR0911  # routes
        """The answer to one request; its path still has its ARNs quoted."""
        match [method, *(urllib.parse.unquote(part) for part in path.strip("/").split("/"))]:
            case ["POST", "api", "v2", "clusters"]:
                return self._create(body)
            case ["GET", "api", "v2", "clusters"]:
                begin = query.get("clusterNameFilter", [""])[0]
                found = [one.told() for one in self.clusters.values() if one.name.startswith(begin)]
                return {"clusterInfoList": found}
            case ["GET", "api", "v2", "clusters", arn]:
                return {"clusterInfo": self._looked_at(arn).told()}
            case ["DELETE", "v1", "clusters", arn]:
                return self._delete(arn)
            case ["GET", "v1", "clusters", arn, "bootstrap-brokers"]:
                return self._cluster(arn).brokers()
            case [method, "v1", "clusters", arn, "scram-secrets"]:
                return self._scram(method, self._cluster(arn), body)
            case [_, "v1", "clusters", arn, *what]:
                return self._change(self._cluster(arn), "/".join(what), body)
            case [method, "v1", "tags", arn]:
                return self._tag(method, self._cluster(arn), query, body)
            case [method, "v1", "configurations", *rest]:
                return self._configure(method, rest, body)
        raise Refused(f"The fake has no {method} {path}.")

    def _cluster(self, arn: str) -> Cluster:
        if arn not in self.clusters:
            raise absent(f"The cluster {arn}")
        return self.clusters[arn]

    def _looked_at(self, arn: str) -> Cluster:
        cluster = self._cluster(arn)
        if cluster.state == "ACTIVE":
            return cluster
        cluster.looks -= 1
        if cluster.looks >= 0:
            return cluster
        if cluster.state == "DELETING":
            del self.clusters[arn]
            raise absent(f"The cluster {arn}")
        if cluster.then is not None:
            cluster.then(cluster.provisioned)
            cluster.version += 1
        cluster.state, cluster.then = "ACTIVE", None
        return cluster

    def _create(self, body: Body) -> Body:
        name = body["clusterName"]
        if any(one.name == name for one in self.clusters.values()):
            raise Refused(f"A resource with the name {name} already exists.", 409, "ConflictException")
        about = {kind: dict(body[kind]) for kind in ("provisioned", "serverless") if kind in body}
        if provisioned := about.get("provisioned"):
            self._complete(provisioned)
        arn = f"{ARN}cluster/{name}/{uuid.uuid4()}-1"
        self.clusters[arn] = Cluster(name, arn, about, dict(body.get("tags", {})))
        return {"clusterArn": arn, "clusterName": name, "state": "CREATING"}

    def _complete(self, provisioned: Body) -> None:
        """Adds what MSK sets of its own."""
        group = provisioned["brokerNodeGroupInfo"]
        if provisioned["numberOfBrokerNodes"] % len(group["clientSubnets"]):
            raise Refused("The number of broker nodes must be a multiple of Availability Zones.")
        software = {"kafkaVersion": provisioned.pop("kafkaVersion")}
        if settings := provisioned.pop("configurationInfo", None):
            software |= self._revision(settings)
        provisioned["currentBrokerSoftwareInfo"] = software
        group.setdefault("connectivityInfo", {"publicAccess": {"type": "DISABLED"}})
        group["zoneIds"] = [f"euw1-az{number}" for number, _ in enumerate(group["clientSubnets"], 1)]
        provisioned.setdefault("enhancedMonitoring", "DEFAULT")
        provisioned.setdefault("storageMode", "LOCAL")
        provisioned.setdefault("encryptionInfo", {}).setdefault(
            "encryptionAtRest", {"dataVolumeKMSKeyId": "arn:aws:kms:eu-west-1:000000000000:key/msk"}
        )

    def _revision(self, settings: Body) -> Body:
        known = self.configurations.get(settings["arn"])
        if known is None or settings["revision"] > len(known.revisions):
            raise Refused("The configuration revision does not exist.")
        return {"configurationArn": settings["arn"], "configurationRevision": settings["revision"]}

    def _delete(self, arn: str) -> Body:
        cluster = self._cluster(arn)
        if cluster.state not in {"ACTIVE", "FAILED"}:
            raise Refused(f"You can't delete a cluster that is in {cluster.state} state.")
        cluster.state, cluster.looks = "DELETING", LOOKS
        return {"clusterArn": arn, "state": "DELETING"}

    def _change(self, cluster: Cluster, what: str, body: Body) -> Body:
        if body.get("currentVersion") != f"K{cluster.version}":
            raise Refused("The specified current version of the cluster is not its current version.")
        if cluster.state != "ACTIVE":
            raise Refused(f"You can't change a cluster that is in {cluster.state} state.")
        then = self._changed(what, cluster.provisioned, body)
        after = json.loads(json.dumps(cluster.provisioned))
        then(after)
        if after == cluster.provisioned:
            raise Refused("The request does not include any updates to the cluster.")
        cluster.state, cluster.looks, cluster.then = "UPDATING", LOOKS, then
        return {"clusterArn": cluster.arn, "clusterOperationArn": f"{ARN}cluster-operation/{uuid.uuid4()}"}

    def _changed(self, what: str, now: Body, body: Body) -> Callable[[Body], None]:
        """What a change makes of a cluster, or a refusal."""
        group = now["brokerNodeGroupInfo"]
        said = {name: value for name, value in body.items() if name != "currentVersion"}
        match what:
            case "nodes/count":
                if body["targetNumberOfBrokerNodes"] % len(group["clientSubnets"]):
                    raise Refused("The number of broker nodes must be a multiple of Availability Zones.")
                return lambda of: of.update(numberOfBrokerNodes=body["targetNumberOfBrokerNodes"])
            case "nodes/type":
                return lambda of: of["brokerNodeGroupInfo"].update(instanceType=body["targetInstanceType"])
            case "nodes/storage":
                (disk,) = body["targetBrokerEBSVolumeInfo"]
                size = disk["volumeSizeGB"]
                if disk["kafkaBrokerNodeId"] != "All" or size < group["storageInfo"]["ebsStorageInfo"]["volumeSize"]:
                    raise Refused("The storage of a broker can only grow.")
                return lambda of: of["brokerNodeGroupInfo"]["storageInfo"]["ebsStorageInfo"].update(volumeSize=size)
            case "version" | "configuration":
                software = self._revision(body["configurationInfo"]) if "configurationInfo" in body else {}
                if what == "version":
                    software["kafkaVersion"] = body["targetKafkaVersion"]
                return lambda of: of["currentBrokerSoftwareInfo"].update(software)
            case "connectivity":
                return lambda of: _lay(of["brokerNodeGroupInfo"]["connectivityInfo"], said["connectivityInfo"])
            case "monitoring" | "security" | "rebalancing" | "storage":
                return lambda of: _lay(of, said)
        raise Refused(f"The fake cannot change {what}.")

    def _tag(self, method: str, cluster: Cluster, query: dict[str, list[str]], body: Body) -> Body:
        if method == "POST":
            cluster.tags |= body["tags"]
        if method == "DELETE":
            for key in query.get("tagKeys", []):
                cluster.tags.pop(key, None)
        return {"tags": cluster.tags}

    def _scram(self, method: str, cluster: Cluster, body: Body) -> Body:
        if method == "GET":
            return {"secretArnList": cluster.secrets}
        if cluster.state != "ACTIVE":
            raise Refused(f"You can't change a cluster that is in {cluster.state} state.")
        if not _is_on(cluster.provisioned.get("clientAuthentication", {}), "sasl", "scram"):
            raise Refused("The cluster does not authenticate by SASL/SCRAM.")
        if not 0 < len(body["secretArnList"]) <= 10:  # as MSK has it
            raise Refused("A request takes from 1 to 10 secrets.")
        refused = []
        for arn in body["secretArnList"]:
            if ":secret:AmazonMSK_" not in arn:
                why = ("INVALID_INPUT", "The name of a secret must begin with AmazonMSK_.")
            elif (arn in cluster.secrets) == (method == "POST"):
                why = ("INVALID_INPUT", "The secret is associated already, or not.")
            else:
                (cluster.secrets.append if method == "POST" else cluster.secrets.remove)(arn)
                continue
            refused.append({"secretArn": arn, "errorCode": why[0], "errorMessage": why[1]})
        return {"clusterArn": cluster.arn, "unprocessedScramSecrets": refused}

    def _configure(self, method: str, rest: list[str], body: Body) -> Body:
        match [method, *rest]:
            case ["POST"]:
                return self._make_configuration(body)
            case ["GET"]:
                return {"configurations": [one.told() for one in self.configurations.values()]}
        known = self.configurations.get(rest[0])
        if known is None:
            raise Refused(f"Configuration ARN does not exist: {rest[0]}")
        match [method, *rest[1:]]:
            case ["GET"]:
                return known.told()
            case ["GET", "revisions", number]:
                return {"arn": known.arn, **known.revisions[int(number) - 1]}
            case ["PUT"]:
                return self._revise(known, body)
            case ["DELETE"]:
                if any(known.arn in json.dumps(cluster.about) for cluster in self.clusters.values()):
                    raise Refused("The configuration is in use by a cluster.")
                del self.configurations[known.arn]
                return {"arn": known.arn, "state": "DELETING"}
        raise Refused(f"The fake has no {method} {rest}.")

    def _make_configuration(self, body: Body) -> Body:
        name = body["name"]
        if any(one.name == name for one in self.configurations.values()):
            raise Refused(f"A resource with the name {name} already exists.", 409, "ConflictException")
        arn = f"{ARN}configuration/{name}/{uuid.uuid4()}-1"
        made = Configuration(name, arn, body.get("description", ""), body.get("kafkaVersions", []), [])
        self.configurations[arn] = made
        return self._revise(made, body)

    def _revise(self, known: Configuration, body: Body) -> Body:
        text = body["serverProperties"]
        base64.b64decode(text, validate=True)
        made = {"creationTime": MADE, "description": body.get("description", ""), "revision": len(known.revisions) + 1}
        known.revisions.append({**made, "serverProperties": text})
        return {"arn": known.arn, "name": known.name, "latestRevision": made}


def _lay(base: Body, said: Body) -> None:
    for key, value in said.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            _lay(base[key], value)
        else:
            base[key] = value


def _handler(msk: Msk, upstream: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            said = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if re.search(r"/kafka/aws4_request", self.headers.get("Authorization", "")):
                self._of_kafka(said)
            else:
                self._of_others(said)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _any  # noqa: N815  # http.server names them

        def _of_kafka(self, said: bytes) -> None:
            parts = urllib.parse.urlsplit(self.path)
            try:
                with msk.lock:
                    query = urllib.parse.parse_qs(parts.query)
                    told = msk.answer(self.command, parts.path, query, json.loads(said or b"{}"))
                    body = json.dumps(told).encode()
                self._tell(200, {"Content-Type": "application/json"}, body)
            except Refused as refused:
                body = json.dumps({"message": str(refused)}).encode()
                self._tell(refused.status, {"x-amzn-ErrorType": refused.name}, body)

        def _of_others(self, said: bytes) -> None:
            connection = http.client.HTTPConnection(urllib.parse.urlsplit(upstream).netloc, timeout=60)
            connection.request(self.command, self.path, said, dict(self.headers.items()))
            answer = connection.getresponse()
            kept = ("transfer-encoding", "content-length", "connection", "date", "server")
            self._tell(
                answer.status,
                {name: value for name, value in answer.getheaders() if name.lower() not in kept},
                answer.read(),
            )
            connection.close()

        def _tell(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *said: object) -> None:
            """Says nothing."""

    return Handler


@contextmanager
def fake_msk(upstream: str) -> Iterator[str]:
    """The URL of an endpoint of one's own; calls of other services go on to `upstream`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(Msk(), upstream))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def fake_msk_url(ministack_url: str) -> Iterator[str]:
    """The URL of a fake MSK that the whole test session shares."""
    with fake_msk(ministack_url) as url:
        yield url
