"""A Cloud Control API in memory: AWS's semantics of tokens, requests, identifiers and patches, and nothing behind them.

`python fake_cloud_control.py PORT` serves it, with STS's GetCallerIdentity beside it. What a type is comes from the
planner's facts. A request ends when it has been looked at three times or is a second old. Beside AWS's operations:
`POST /fake/forget` ages what was asked so far as a week does; `POST /fake/fail` with `{code, message}` lets the next
request fail, and what is `NotStabilized` is there all the same; `GET /fake/resources` tells all, write-only values too.
"""

import copy
import json
import sys
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from panka.planner.resource_types import TypeFacts, facts

ACCOUNT = "123456789012"
LOOKS = 3
SECONDS = 1.0
PAGE = 2
LATE = frozenset({"AWS::Batch::SchedulingPolicy"})
"""Types whose identifier is told at the end of a create only."""

Model = dict[str, Any]


Error = tuple[str, str]
"""Code and message."""


class Refused(Exception):
    """An error instead of a ProgressEvent."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass
class Request:
    type: str
    operation: str
    identifier: str | None
    """None: not told yet."""
    end: Callable[[], str | None] = lambda: None
    """Takes effect; the identifier, if it comes to be told only now."""
    error: Error | None = None
    token: str = field(default_factory=lambda: str(uuid.uuid4()))
    began: float = field(default_factory=time.time)
    looks: int = 0
    ended: bool = False

    def event(self) -> Model:
        status = ("FAILED" if self.error else "SUCCESS") if self.ended else "IN_PROGRESS"
        event = {
            "TypeName": self.type,
            "RequestToken": self.token,
            "Operation": self.operation,
            "OperationStatus": status,
            "EventTime": self.began,
        }
        if self.identifier is not None:
            event["Identifier"] = self.identifier
        if self.ended and self.error:
            event["ErrorCode"], event["StatusMessage"] = self.error
        return event


class Fake:
    """Everything that there is."""

    def __init__(self) -> None:
        self.resources: dict[str, dict[str, Model]] = {}
        self.requests: dict[str, Request] = {}
        self.tokens: dict[str, tuple[str, str]] = {}
        self.failing: list[Error] = []

    def create_resource(self, asked: Model) -> Model:
        known = self._known(asked, "create")
        said = json.dumps([known.type, json.loads(asked["DesiredState"])], sort_keys=True)
        if asked["ClientToken"] in self.tokens:
            before, token = self.tokens[asked["ClientToken"]]
            if before != said:
                raise Refused("ClientTokenConflictException", "The token is that of another request.", 409)
            return self._progress(self.requests[token])
        request = self._create(known, json.loads(asked["DesiredState"]))
        self.tokens[asked["ClientToken"]] = said, request.token
        return self._progress(request)

    def _create(self, known: TypeFacts, desired: Model) -> Request:
        there = self.resources.setdefault(known.type, {})
        request = self._request(known.type, "CREATE", None)
        if request.error and request.error[0] != "NotStabilized":
            return request
        if problem := invalid(known, desired):
            request.error = "InvalidRequest", f"Model validation failed (#: {problem})"
            return request
        model = copy.deepcopy(desired)
        given = all(name in model for name in known.primary_identifier)
        fill_in(known, model)
        id = "|".join(str(model[name]) for name in known.primary_identifier)
        if given:
            request.identifier = id
        if id in there:
            said = f"Resource of type '{known.type}' with identifier '{id}' already exists."
            request.error = "AlreadyExists", said
        elif known.type in LATE:
            request.end = lambda: there.setdefault(id, model) and id
        else:
            there[id] = model
            request.end = lambda: id
        return request

    def get_resource(self, asked: Model) -> Model:
        known = self._known(asked, "read")
        model = self._found(known, asked["Identifier"])
        told = {"Identifier": asked["Identifier"], "Properties": json.dumps(readable(known, model))}
        return {"TypeName": known.type, "ResourceDescription": told}

    def update_resource(self, asked: Model) -> Model:
        known, id = self._known(asked, "update"), asked["Identifier"]
        model = self._found(known, id)
        self._refuse_busy(known.type, id)
        changes = json.loads(asked["PatchDocument"])
        for change in changes:
            if touched := [path for path in known.create_only if lies_in(change["path"], path)]:
                raise Refused("NotUpdatableException", f"createOnlyProperties {touched} cannot be updated")
            if touched := [path for path in known.read_only if lies_in(change["path"], path)]:
                raise Refused("InvalidRequestException", f"readOnlyProperties {touched} cannot be updated")
        # As AWS does it: what it can read is patched, and the result is what is wanted.
        wanted = readable(known, model)
        for change in changes:
            apply(wanted, change)

        def end() -> None:
            model.clear()
            model.update(wanted)

        return self._progress(self._request(known.type, "UPDATE", id, end))

    def delete_resource(self, asked: Model) -> Model:
        known, id = self._known(asked, "delete"), asked["Identifier"]
        there = self.resources.get(known.type, {})
        self._refuse_busy(known.type, id)
        if id not in there:
            request = self._request(known.type, "DELETE", id)
            request.error = "NotFound", f"Resource of type '{known.type}' with identifier '{id}' was not found."
            return self._progress(request)
        return self._progress(self._request(known.type, "DELETE", id, lambda: there.pop(id, None) and None))

    def list_resources(self, asked: Model) -> Model:
        known = self._known(asked, "list")
        parent = json.loads(asked.get("ResourceModel", "{}"))
        if missing := [name for name in known.list_needs if name not in parent]:
            raise Refused("InvalidRequestException", f"Missing or invalid ResourceModel property: {missing}")
        found = [
            {"Identifier": id, "Properties": json.dumps({name: model[name] for name in known.primary_identifier})}
            for id, model in self.resources.get(known.type, {}).items()
            if all(model.get(name) == value for name, value in parent.items())
        ]
        return {"TypeName": known.type, **page("ResourceDescriptions", found, asked, PAGE)}

    def get_resource_request_status(self, asked: Model) -> Model:
        if asked["RequestToken"] not in self.requests:
            raise Refused("RequestTokenNotFoundException", "There is no such request.", 404)
        return self._progress(self._looked_at(self.requests[asked["RequestToken"]]))

    def list_resource_requests(self, asked: Model) -> Model:
        wanted = asked.get("ResourceRequestStatusFilter", {})
        events = [self._looked_at(request).event() for request in self.requests.values()]
        found = [
            event
            for event in events
            if event["Operation"] in wanted.get("Operations", [event["Operation"]])
            and event["OperationStatus"] in wanted.get("OperationStatuses", [event["OperationStatus"]])
        ]
        return page("ResourceRequestStatusSummaries", found, asked, asked.get("MaxResults", 20))

    def forget(self) -> None:
        """A week passes: neither tokens nor requests are known any more."""
        self._settle()
        self.tokens.clear()
        self.requests.clear()

    def _request(
        self, type: str, operation: str, id: str | None, end: Callable[[], str | None] = lambda: None
    ) -> Request:
        error = self.failing.pop(0) if self.failing else None
        request = Request(type, operation, id, end if error is None else lambda: None, error)
        self.requests[request.token] = request
        return request

    def _looked_at(self, request: Request) -> Request:
        request.looks += 1
        self._settle()
        return request

    def _settle(self) -> None:
        for request in self.requests.values():
            old = request.looks >= LOOKS or time.time() - request.began > SECONDS
            if old and not request.ended:
                request.ended = True
                request.identifier = request.end() or request.identifier
            elif request.looks and request.operation == "CREATE" and request.type not in LATE:
                request.identifier = request.end() or request.identifier

    def _progress(self, request: Request) -> Model:
        self._settle()
        return {"ProgressEvent": request.event()}

    def _refuse_busy(self, type: str, id: str) -> None:
        self._settle()
        if any((one.type, one.identifier, one.ended) == (type, id, False) for one in self.requests.values()):
            raise Refused("ConcurrentOperationException", f"Another operation on {id} is in progress.", 409)

    def _known(self, asked: Model, handler: str) -> TypeFacts:
        self._settle()
        known = facts(asked["TypeName"])
        if known is None:
            raise Refused("TypeNotFoundException", f"The type '{asked['TypeName']}' cannot be found.", 404)
        if handler not in known.handlers:
            raise Refused("UnsupportedActionException", f"{known.type} does not support {handler.upper()} action.", 405)
        return known

    def _found(self, known: TypeFacts, id: str) -> Model:
        if id not in self.resources.get(known.type, {}):
            raise Refused("ResourceNotFoundException", f"{known.type} {id} was not found.", 404)
        return self.resources[known.type][id]


def invalid(known: TypeFacts, desired: Model) -> str:
    """What a create lacks or may not say."""
    if missing := sorted(known.required - desired.keys()):
        return f"required key {missing} not found"
    if extraneous := sorted(desired.keys() - (known.properties - known.read_only)):
        return f"extraneous key {extraneous} is not permitted"
    return ""


def fill_in(known: TypeFacts, model: Model) -> None:
    """Everything that AWS alone sets."""
    told = [
        one
        for one in known.read_only
        if not any(lies_in(f"/{one.replace('.', '/')}", path) for path in known.write_only)
    ]
    for path in sorted(path for path in told if "*" not in path):
        inside, _, name = path.rpartition(".")
        holder = model
        for step in inside.split(".") if inside else ():
            holder = holder.setdefault(step, {})
        made = uuid.uuid4().hex[:12]
        holder[name] = f"arn:aws:fake:eu-west-1:{ACCOUNT}:{made}" if name.endswith("Arn") else f"{name.lower()}-{made}"


def readable(known: TypeFacts, model: Model) -> Model:
    """The model without what is write-only."""
    left = copy.deepcopy(model)
    for path in known.write_only:
        *inside, name = path.split(".")
        for holder in holders(left, inside):
            holder.pop(name, None)
    return left


def holders(value: Any, steps: list[str]) -> Iterator[Model]:
    if isinstance(value, list):
        for item in value:
            yield from holders(item, steps[1:] if steps[:1] == ["*"] else steps)
    elif isinstance(value, dict):
        if not steps:
            yield value
        elif steps[0] in value:
            yield from holders(value[steps[0]], steps[1:])


def lies_in(pointer: str, path: str) -> bool:
    return f"{pointer}/".startswith(f"/{path.replace('.', '/')}/")


def apply(document: Model, change: Model) -> None:
    """One operation of RFC 6902, on mappings."""
    *inside, name = [step.replace("~1", "/").replace("~0", "~") for step in change["path"].split("/")[1:]]
    holder: Any = document
    for step in inside:
        if not isinstance(holder, dict) or step not in holder:
            raise Refused("InvalidRequestException", f"{change['path']} leads nowhere.")
        holder = holder[step]
    if change["op"] != "add" and name not in holder:
        raise Refused("InvalidRequestException", f"There is no {change['path']} to {change['op']}.")
    if change["op"] == "remove":
        del holder[name]
    else:
        holder[name] = change["value"]


def page(name: str, found: list[Model], asked: Model, size: int) -> Model:
    begin = int(asked.get("NextToken", 0))
    following = {"NextToken": str(begin + size)} if begin + size < len(found) else {}
    return {name: found[begin : begin + size], **following}


IDENTITY = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::{ACCOUNT}:root</Arn><UserId>{ACCOUNT}</UserId><Account>{ACCOUNT}</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake = Fake()
    lock = threading.Lock()

    def do_GET(self) -> None:
        with self.lock:
            self._answer(200, json.dumps(self.fake.resources))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.lock:
            if self.path == "/fake/forget":
                self.fake.forget()
                self._answer(200, "{}")
            elif self.path == "/fake/fail":
                said = json.loads(body)
                self.fake.failing.append((said["code"], said["message"]))
                self._answer(200, "{}")
            elif urllib.parse.parse_qs(body.decode()).get("Action") == ["GetCallerIdentity"]:
                self._answer(200, IDENTITY, "text/xml")
            else:
                self._operation(self.headers.get("X-Amz-Target", "").rpartition(".")[2], body)

    def _operation(self, name: str, body: bytes) -> None:
        method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")
        assert method in OPERATIONS, name
        try:
            self._answer(200, json.dumps(getattr(self.fake, method)(json.loads(body))))
        except Refused as error:
            said = {"__type": f"com.amazon.cloudapiservice#{error.code}", "Message": str(error)}
            self._answer(error.status, json.dumps(said))

    def _answer(self, status: int, body: str, content: str = "application/x-amz-json-1.0") -> None:
        said = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content)
        self.send_header("Content-Length", str(len(said)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: errors come as answers."""


OPERATIONS = frozenset(
    {"create_resource", "get_resource", "update_resource", "delete_resource", "list_resources"}
    | {"get_resource_request_status", "list_resource_requests"}
)

if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
