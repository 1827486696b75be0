"""ministack with the one condition key that it lacks: `dynamodb:LeadingKeys`, which tells tenants' partitions apart.

Run by ministack's own interpreter. The key is what AWS's documentation says: the partition keys that a request names.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

KEYED = "pk"


def leading(body: bytes) -> list[str]:
    """The partition keys in a request to a table whose partition key is `pk`."""
    try:
        said = json.loads(body or b"{}")
    except ValueError:
        return []
    return sorted(set(_keys(said)))


def _keys(said: Any) -> Iterator[str]:
    if isinstance(said, list):
        for one in said:
            yield from _keys(one)
    if not isinstance(said, dict):
        return
    for name, value in said.items():
        if name in ("Key", "Item") and isinstance(value, dict) and KEYED in value:
            yield value[KEYED]["S"]
        elif name == "KeyConditionExpression":
            yield from _queried(said)
        elif name in ("TransactItems", "Get", "Put", "Update", "Delete", "ConditionCheck"):
            yield from _keys(value)


def _queried(said: dict[str, Any]) -> Iterator[str]:
    """The value that a query compares the partition key with: `#pk = :tenant AND …`."""
    names = said.get("ExpressionAttributeNames", {})
    words = str(said["KeyConditionExpression"]).split()
    for word, equals, value in zip(words, words[1:], words[2:], strict=False):
        if names.get(word, word) == KEYED and equals == "=":
            yield said["ExpressionAttributeValues"][value]["S"]


def main() -> None:
    from ministack.core import iam_actions

    known: Callable[[bytes], dict[str, Any]] = iam_actions.dynamodb_service_context

    def with_leading_keys(body: bytes) -> dict[str, Any]:
        keys = leading(body)
        return known(body) | ({"dynamodb:LeadingKeys": keys} if keys else {})

    iam_actions.dynamodb_service_context = with_leading_keys
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
