"""Locks and pointers in one DynamoDB table. docs/reference/state-format.md describes the items."""

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias, TypeVar, cast

from botocore.exceptions import ClientError

from panka.activities.stores.store import Holder, LockLost, Moved, rfc3339
from panka.planner.owner import Scope
from panka.planner.state import Pointer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

    from panka.workflows.ports import Lease

FORGET = timedelta(days=400)
"""How long an unused lock stays in the table. Its fence goes with it, which is safe: leases name their owner too."""

Item: TypeAlias = "Mapping[str, AttributeValueTypeDef]"
T = TypeVar("T")

_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds between tries while another call is at the same item."""
_AS_SEEN = "#owner = :seen_owner AND #fence = :seen_fence AND #renewals = :seen_renewals"
_OURS = "#owner = :owner AND #fence = :fence"
_HELD = ("owner", "who", "operation", "since", "renewals", "ttl_seconds")
"""What a lock has only while somebody holds it."""
_FREE = "REMOVE " + ", ".join(f"#{name}" for name in _HELD) + " SET #forget_after = :forget_after"
_POINTS = "#serial = :{0}_serial AND #key = :{0}_key AND #sha256 = :{0}_sha256"


class DynamoLocks:
    """A `LockStore` in a table with partition key `pk` and sort key `sk`, both strings.

    The clock dates what people read and what the table forgets; no clock decides who holds a lock.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._sleep = sleep

    def acquire(
        self, scope: Scope, owner: str, *, who: str, operation: str, ttl: float, over: Holder | None = None
    ) -> "Lease | Holder":
        from panka.workflows.ports import Lease  # noqa: PLC0415  # commands only read, and load no ports

        words = {"owner": owner, "who": who, "operation": operation, "since": rfc3339(self._clock())}
        values = _values(**words, renewals=0, ttl_seconds=ttl, forget_after=self._forget_after(), one=1)
        condition = "attribute_not_exists(#owner)"
        if over is not None:
            condition += f" OR (#owner <> :owner AND {_AS_SEEN})"
            values |= _values(seen_owner=over.owner, seen_fence=over.fence, seen_renewals=over.renewals)
        told = ("owner", "who", "operation", "since", "renewals", "ttl_seconds", "forget_after")
        update = "SET " + ", ".join(f"#{name} = :{name}" for name in told) + " ADD #fence :one"
        held, item = self._update(scope, update, condition, (*told, "fence"), values)
        # When a repeated call is refused because its first reply was lost, the lock is the caller's already.
        if held or _text(item, "owner") == owner:
            return Lease(scope=scope, owner=owner, fence=_integer(item, "fence"))
        return _holder(item)

    def renew(self, lease: "Lease") -> None:
        values = _ours(lease) | _values(one=1, forget_after=self._forget_after())
        update = "ADD #renewals :one SET #forget_after = :forget_after"
        held, _ = self._update(lease.scope, update, _OURS, ("owner", "fence", "renewals", "forget_after"), values)
        if not held:
            raise LockLost.of(lease)

    def check(self, lease: "Lease") -> None:
        holder = self.holder(lease.scope)
        if holder is None or (holder.owner, holder.fence) != (lease.owner, lease.fence):
            raise LockLost.of(lease)

    def release(self, lease: "Lease") -> None:
        values = _ours(lease) | _values(forget_after=self._forget_after())
        self._update(lease.scope, _FREE, _OURS, (*_HELD, "fence", "forget_after"), values)

    def holder(self, scope: Scope) -> Holder | None:
        item = self._read(_lock_key(scope))
        return _holder(item) if "owner" in item else None

    def pointer(self, scope: Scope) -> Pointer | None:
        item = self._read(_pointer_key(scope))
        return _pointer(item) if item else None

    def move(self, lease: "Lease", expected: Pointer | None, to: Pointer, *, release: bool = False) -> None:
        lock = self._freed(lease) if release else self._checked(lease)
        try:
            self._patiently(
                lambda: self._client.transact_write_items(TransactItems=[lock, self._put(lease.scope, expected, to)])
            )
        except self._client.exceptions.TransactionCanceledException as error:
            match _reasons(error):
                case ["ConditionalCheckFailed", *_]:
                    if release and self.pointer(lease.scope) == to:
                        return  # the reply of an earlier call was lost
                    raise LockLost.of(lease) from error
                case [_, "ConditionalCheckFailed"]:
                    raise Moved(f"The state of {lease.scope} is no longer the one that this run began with.") from error
            raise

    def scopes(self, tenant: str) -> list[tuple[Scope, Pointer]]:
        found = [(_scope(item), _pointer(item)) for item in self._items(tenant, "state#")]
        return sorted(found, key=lambda one: (one[0].stack, one[0].environment))

    def holders(self, tenant: str) -> list[tuple[Scope, Holder]]:
        held = [item for item in self._items(tenant, "lock#") if "owner" in item]
        found = [(_scope(item), _holder(item)) for item in held]
        return sorted(found, key=lambda one: (one[0].stack, one[0].environment))

    def _items(self, tenant: str, kind: str) -> Iterator[Item]:
        """A tenant's items of one kind; all others' are in other partitions."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#pk = :tenant AND begins_with(#sk, :kind)",
            ExpressionAttributeNames=_names("pk", "sk"),
            ExpressionAttributeValues=_values(tenant=tenant, kind=kind),
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]

    def _checked(self, lease: "Lease") -> "TransactWriteItemTypeDef":
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": _lock_key(lease.scope),
                "ConditionExpression": _OURS,
                "ExpressionAttributeNames": _names("owner", "fence"),
                "ExpressionAttributeValues": _ours(lease),
            }
        }

    def _freed(self, lease: "Lease") -> "TransactWriteItemTypeDef":
        return {
            "Update": {
                "TableName": self._table,
                "Key": _lock_key(lease.scope),
                "UpdateExpression": _FREE,
                "ConditionExpression": _OURS,
                "ExpressionAttributeNames": _names(*_HELD, "fence", "forget_after"),
                "ExpressionAttributeValues": _ours(lease) | _values(forget_after=self._forget_after()),
            }
        }

    def _put(self, scope: Scope, expected: Pointer | None, to: Pointer) -> "TransactWriteItemTypeDef":
        before = "attribute_not_exists(#serial)" if expected is None else _POINTS.format("from")
        values = _pointed("to", to) | (_pointed("from", expected) if expected else {})
        return {
            "Put": {
                "TableName": self._table,
                "Item": _pointer_key(scope) | _item({"serial": to.serial, "key": to.key, "sha256": to.sha256}),
                "ConditionExpression": f"({before}) OR ({_POINTS.format('to')})",
                "ExpressionAttributeNames": _names("serial", "key", "sha256"),
                "ExpressionAttributeValues": values,
            }
        }

    def _update(
        self,
        scope: Scope,
        update: str,
        condition: str,
        names: tuple[str, ...],
        values: "dict[str, AttributeValueTypeDef]",
    ) -> tuple[bool, Item]:
        """Whether the lock's condition held, with the item: as it is now, or as it was found."""
        try:
            reply = self._patiently(
                lambda: self._client.update_item(
                    TableName=self._table,
                    Key=_lock_key(scope),
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=_names(*names),
                    ExpressionAttributeValues=values,
                    ReturnValues="ALL_NEW",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return False, cast("Item", error.response.get("Item", {}))
        return True, reply["Attributes"]

    def _read(self, key: "dict[str, AttributeValueTypeDef]") -> Item:
        return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})

    def _patiently(self, call: Callable[[], T]) -> T:
        """The call's answer, asked again while DynamoDB refuses it because another call is at the same item."""
        for pause in _PAUSES:
            try:
                return call()
            except ClientError as error:
                if not _conflicts(error):
                    raise
            self._sleep(pause)
        return call()

    def _forget_after(self) -> int:
        return int((self._clock() + FORGET).timestamp())


def _conflicts(error: ClientError) -> bool:
    match error.response["Error"]["Code"]:
        case "TransactionConflictException" | "TransactionInProgressException":
            return True
        case "TransactionCanceledException":
            reasons = _reasons(error)
            return "TransactionConflict" in reasons and "ConditionalCheckFailed" not in reasons
    return False


def _reasons(error: ClientError) -> list[str]:
    """Why a transaction was cancelled, in the order of its items; `None` (in letters) for an item that was fine."""
    return [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]


def _lock_key(scope: Scope) -> "dict[str, AttributeValueTypeDef]":
    return {"pk": {"S": scope.tenant}, "sk": {"S": f"lock#{scope.stack}#{scope.environment}"}}


def _pointer_key(scope: Scope) -> "dict[str, AttributeValueTypeDef]":
    return {"pk": {"S": scope.tenant}, "sk": {"S": f"state#{scope.stack}#{scope.environment}"}}


def _scope(item: Item) -> Scope:
    _, stack, environment = _text(item, "sk").split("#")
    return Scope(tenant=_text(item, "pk"), stack=stack, environment=environment)


def _holder(item: Item) -> Holder:
    return Holder(
        owner=_text(item, "owner"),
        who=_text(item, "who"),
        operation=_text(item, "operation"),
        since=_text(item, "since"),
        fence=_integer(item, "fence"),
        renewals=_integer(item, "renewals"),
        ttl=float(item["ttl_seconds"]["N"]),
    )


def _pointer(item: Item) -> Pointer:
    return Pointer(serial=_integer(item, "serial"), key=_text(item, "key"), sha256=_text(item, "sha256"))


def _text(item: Item, name: str) -> str:
    return item[name]["S"] if name in item else ""


def _integer(item: Item, name: str) -> int:
    return int(item[name]["N"])


def _ours(lease: "Lease") -> "dict[str, AttributeValueTypeDef]":
    return _values(owner=lease.owner, fence=lease.fence)


def _pointed(prefix: str, pointer: Pointer) -> "dict[str, AttributeValueTypeDef]":
    told: dict[str, str | float] = {"serial": pointer.serial, "key": pointer.key, "sha256": pointer.sha256}
    return {f":{prefix}_{name}": value for (name, value) in _item(told).items()}


def _names(*names: str) -> dict[str, str]:
    return {f"#{name}": name for name in names}


def _values(**values: str | float) -> "dict[str, AttributeValueTypeDef]":
    return {f":{name}": value for name, value in _item(values).items()}


def _item(values: Mapping[str, str | float]) -> "dict[str, AttributeValueTypeDef]":
    return {name: {"S": value} if isinstance(value, str) else {"N": repr(value)} for name, value in values.items()}
