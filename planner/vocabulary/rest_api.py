"""REST APIs, which API Gateway takes as one OpenAPI document."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from panka.planner.component import Context
from panka.planner.resource import Properties, Ref, Text, encode, text
from panka.planner.vocabulary.http_api import Http


def body(title: str, routes: Iterable[tuple[Http, Ref | Text | str]], cors: Properties | None, context: Context) -> Any:
    """The OpenAPI document: every route goes to a function, and with `cors` every path answers browsers' questions.

    `cors` holds the headers of such an answer.
    """
    paths: dict[str, dict[str, Any]] = {}
    for http, function in routes:
        method = "x-amazon-apigateway-any-method" if http.method == "ANY" else http.method.lower()
        paths.setdefault(http.path, {})[method] = _operation(http, function, context)
    if cors is not None:
        for operations in paths.values():
            operations.setdefault("options", _preflight(cors))
    return {"openapi": "3.0.1", "info": {"title": title, "version": "1"}, "paths": paths}


def digest(document: Any) -> str:
    """Six hexadecimal digits that change with the document: a deployment is made of it once and for all."""
    return hashlib.sha256(json.dumps(encode(document), sort_keys=True).encode()).hexdigest()[:6]


def _operation(http: Http, function: Ref | Text | str, context: Context) -> Properties:
    region = context.target.region
    uri = text(
        f"arn:{context.partition}:apigateway:{region}:lambda:path/2015-03-31/functions/", function, "/invocations"
    )
    return {
        "responses": {"default": {"description": "What the function answers."}},
        **_parameters(http),
        "x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": uri},
    }


def _parameters(http: Http) -> Properties:
    names = [step.strip("{}").rstrip("+") for step in http.path.split("/") if step.startswith("{")]
    said: Sequence[Properties] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
    ]
    return {"parameters": list(said)} if said else {}


def _preflight(headers: Properties) -> Properties:
    return {
        "responses": {
            "204": {
                "description": "Which pages may call.",
                "headers": {name: {"schema": {"type": "string"}} for name in headers},
            }
        },
        "x-amazon-apigateway-integration": {
            "type": "mock",
            "requestTemplates": {"application/json": '{"statusCode": 204}'},
            "responses": {
                "default": {
                    "statusCode": "204",
                    "responseParameters": {
                        f"method.response.header.{name}": f"'{value}'" for name, value in headers.items()
                    },
                }
            },
        },
    }
