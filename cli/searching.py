"""What runs can be searched by: makes a Temporal server know Panka's search attributes."""

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError

from panka.cli.exits import Unreachable
from panka.cli.parts import SEARCH_ATTRIBUTES
from panka.cli.runs import open_client
from panka.cli.settings import Settings


async def absent(client: Client) -> list[str]:
    """Those of Panka's search attributes that the client's namespace does not know."""
    request = ListSearchAttributesRequest(namespace=client.namespace)
    known = (await client.operator_service.list_search_attributes(request)).custom_attributes
    return [name for name in SEARCH_ATTRIBUTES if name not in known]


def by_hand(namespace: str, names: list[str]) -> str:
    """The command that registers them."""
    flags = " ".join(f"--name {name} --type {SEARCH_ATTRIBUTES[name]}" for name in names)
    return f"temporal operator search-attribute create --namespace {namespace} {flags}"


async def register(settings: Settings) -> tuple[str, str]:
    """Registers what is missing; what was done, or why not and what mends it. Safe to repeat.

    Nothing but the search depends on it, so a server that is away or does not let itself be changed is no error.
    """
    try:
        client = await open_client(settings)
    except Unreachable as error:
        return "", f"No search attributes were registered. {error.message} Run this again when it does."
    names = list(SEARCH_ATTRIBUTES)
    try:
        names = await absent(client)
        if names:
            kinds = {name: _kind(name) for name in names}
            request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=kinds)
            await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        return "", f"No search attributes were registered: {error.message}. By hand: {by_hand(client.namespace, names)}"
    what = "are registered" if names else "were registered already"
    return f"Namespace {client.namespace}: the search attributes of runs {what}.", ""


def _kind(name: str) -> IndexedValueType.ValueType:
    return IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{SEARCH_ATTRIBUTES[name].upper()}")
