"""From one table to another: DynamoDB takes one kind of change per call, and one index at a time."""

from collections.abc import Iterator
from typing import Any

from panka.activities.providers.dynamodb_shapes import PROVISIONED, UNLIMITED, definitions, encryption, stream_argument
from panka.planner.resource import Properties

Call = dict[str, Any]
"""Arguments of one `UpdateTable`, beside the table's name."""


def table_changes(old: Properties, new: Properties) -> list[Call]:
    """The calls that make the new table of the old one, each to be sent when the table has settled after the last."""
    return [
        *_protection(old, new),
        *_dropped_indexes(old, new),
        *_capacity(old, new),
        *_new_indexes(old, new),
        *_stream(old, new),
        *_encryption(old, new),
        *_class(old, new),
    ]


def _protection(old: Properties, new: Properties) -> Iterator[Call]:
    wanted = bool(new.get("DeletionProtectionEnabled", False))
    if wanted != bool(old.get("DeletionProtectionEnabled", False)):
        yield {"DeletionProtectionEnabled": wanted}


def _class(old: Properties, new: Properties) -> Iterator[Call]:
    wanted = new.get("TableClass", "STANDARD")
    if wanted != old.get("TableClass", "STANDARD"):
        yield {"TableClass": wanted}


def _stream(old: Properties, new: Properties) -> Iterator[Call]:
    before, after = stream_argument(old), stream_argument(new)
    if before == after:
        return
    # A stream's view cannot be changed: it ends, and another one begins.
    if before["StreamEnabled"]:
        yield {"StreamSpecification": {"StreamEnabled": False}}
    if after["StreamEnabled"]:
        yield {"StreamSpecification": after}


def _encryption(old: Properties, new: Properties) -> Iterator[Call]:
    before, after = encryption(old), encryption(new)
    # DynamoDB tells the key's ARN even where none was asked for.
    told = {name: before[name] for name in after if name in before}
    if bool(before) != bool(after) or told != after:
        yield {"SSESpecification": after or {"Enabled": False}}


def _capacity(old: Properties, new: Properties) -> Iterator[Call]:
    mode = new.get("BillingMode", PROVISIONED)
    switched = mode != old.get("BillingMode", PROVISIONED)
    call: Call = {"BillingMode": mode} if switched else {}
    if mode == PROVISIONED:
        if switched or new["ProvisionedThroughput"] != old.get("ProvisionedThroughput"):
            call["ProvisionedThroughput"] = new["ProvisionedThroughput"]
        updates = list(_index_capacity(old, new, switched=switched))
        if updates:
            call["GlobalSecondaryIndexUpdates"] = updates
    elif new.get("OnDemandThroughput", UNLIMITED) != old.get("OnDemandThroughput", UNLIMITED):
        call["OnDemandThroughput"] = new.get("OnDemandThroughput", UNLIMITED)
    if call:
        yield call


def _index_capacity(old: Properties, new: Properties, *, switched: bool) -> Iterator[Call]:
    before, after = _indexes(old), _indexes(new)
    for name in _kept(old, new):
        wanted = after[name].get("ProvisionedThroughput", new["ProvisionedThroughput"])
        if switched or wanted != before[name].get("ProvisionedThroughput"):
            yield {"Update": {"IndexName": name, "ProvisionedThroughput": wanted}}


def _dropped_indexes(old: Properties, new: Properties) -> Iterator[Call]:
    kept = _kept(old, new)
    for name in _indexes(old):
        if name not in kept:
            yield {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}


def _new_indexes(old: Properties, new: Properties) -> Iterator[Call]:
    there = [_indexes(new)[name] for name in _kept(old, new)]
    provisioned = new.get("BillingMode", PROVISIONED) == PROVISIONED
    for name, index in _indexes(new).items():
        if name in _kept(old, new):
            continue
        there.append(index)
        fallback = {"ProvisionedThroughput": new["ProvisionedThroughput"]} if provisioned else {}
        yield {
            "AttributeDefinitions": definitions(new, there),
            "GlobalSecondaryIndexUpdates": [{"Create": {**fallback, **index}}],
        }


def _kept(old: Properties, new: Properties) -> list[str]:
    """Names of the indexes that stay: what an index is made of cannot be changed."""
    before, after = _indexes(old), _indexes(new)
    return [name for name in after if name in before and _made_of(before[name]) == _made_of(after[name])]


def _made_of(index: Properties) -> tuple[Any, ...]:
    projection = index["Projection"]
    return index["KeySchema"], projection.get("ProjectionType"), sorted(projection.get("NonKeyAttributes") or [])


def _indexes(table: Properties) -> dict[str, Properties]:
    return {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes") or []}
