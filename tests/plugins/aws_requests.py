"""A request to AWS as a proxy sees it: which operation of which service, and what it is about."""

import json
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_READS = re.compile(r"(Describe|Get|List|Head|BatchGet|Query|Scan|Lookup|Search)")
_NAMES = re.compile(r"(?i)(.*(name|url|arn|bucket|table|key|endpoint|resourceid|sk))|resource")
"""Fields that say what a request is about."""


@dataclass
class Request:
    """One request, read whole."""

    method: str
    path: str
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value.decode() for key, value in self.headers if key.lower() == name.encode()), "")

    @property
    def is_form(self) -> bool:
        """Whether it is of the query protocol (SNS, IAM, STS)."""
        return "x-www-form-urlencoded" in self.header("content-type")

    @property
    def operation(self) -> str:
        target = self.header("x-amz-target")
        if target:
            return target.rpartition(".")[2]
        form = self._form()
        return form["Action"][0] if "Action" in form else f"{self.method} {self.path}"

    @property
    def service(self) -> str:
        """The service that the request is signed for (`elasticache`); empty for one that is not signed."""
        scope = re.search(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/", self.header("authorization"))
        return scope[1] if scope else ""

    @property
    def key(self) -> str:
        """The access key that the request is signed with; empty for one that is not signed."""
        signed = re.search(r"Credential=([^/]+)/", self.header("authorization"))
        return signed[1] if signed else ""

    @property
    def mutates(self) -> bool:
        operation = self.operation
        if " " in operation:
            return self.method not in {"GET", "HEAD"}
        return _READS.match(operation) is None

    @property
    def names(self) -> tuple[str, ...]:
        """What the request is about, bare of account and address: `c7-dev-jobs-4835b9`, or a key of the state."""
        if self.header("x-amz-target"):
            said = _texts(json.loads(self.body or b"{}"))
        elif self.is_form:
            said = ((field, value) for field, values in self._form().items() for value in values)
        else:
            path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path).strip("/")
            said = iter([("bucket", path.partition("/")[0]), ("key", path.partition("/")[2])])
        found = (re.split(r"[/:]", value)[-1] for field, value in said if value and _NAMES.fullmatch(field))
        return tuple(dict.fromkeys(found))

    def _form(self) -> dict[str, list[str]]:
        return urllib.parse.parse_qs(self.body.decode(errors="replace")) if self.is_form else {}


def _texts(said: Any, field: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, with the name of its field."""
    if isinstance(said, str):
        yield field, said
    elif isinstance(said, list):
        for one in said:
            yield from _texts(one, field)
    elif isinstance(said, dict):
        for name, one in said.items():
            # DynamoDB writes a text as {"S": text}.
            yield from _texts(one, field if name == "S" else name)
