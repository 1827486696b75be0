"""Lambda: the URLs of functions and of their aliases."""

from typing import Any

from panka.activities.aws.errors import AwsError, NotOurs
from panka.activities.providers.lambda_triggers import function_name
from panka.activities.providers.ownership import of_our_stack
from panka.activities.providers.provider import Ending, Observed, Provider, pruned
from panka.activities.providers.shapes import settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ResourceNotFoundException"})
_TAKEN = frozenset({"ResourceConflictException"})
_DEFAULTS: dict[str, Any] = {"AuthType": None, "Cors": {}, "InvokeMode": "BUFFERED"}


class UrlProvider(Provider):
    """A function and each of its aliases have one URL. It is ours when the function is of the owner's stack."""

    type = "AWS::Lambda::Url"
    service = "lambda"
    _names = (*_DEFAULTS, "Qualifier", "TargetFunctionArn")

    async def read(self, id: str) -> Observed | None:
        live = await self.maybe("get_function_url_config", _GONE, **_where(id))
        if live is None:
            return None
        where = _where(id)
        properties = {
            **{name: live.get(name) for name in _DEFAULTS},
            "Cors": pruned(live.get("Cors")),
            "Qualifier": where.get("Qualifier"),
            "TargetFunctionArn": where["FunctionName"],
        }
        return Observed(told(properties), {"FunctionArn": id, "FunctionUrl": live["FunctionUrl"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if "TargetFunctionArn" not in properties:
            return None
        id = self._id(properties)
        function = _where(id)["FunctionName"]
        answer = await self.maybe("get_function", _GONE, FunctionName=function)
        if answer is None:
            return None
        if not of_our_stack(owner, answer.get("Tags", {})):
            raise NotOurs(f"The function {function} does not belong to {owner.scope}, so it gets no URL.")
        return id if await self.read(id) is not None else None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # a function has one URL
        settable(self.type, properties, self._names)
        id = self._id(properties)
        if await self.find(owner, properties) is None:
            asked = {name: properties[name] for name in _DEFAULTS if name in properties}
            try:
                await self.call("create_function_url_config", **_where(id), **asked)
            except AwsError as error:
                if error.code not in _TAKEN:
                    raise
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        live, wanted = (pruned({**_DEFAULTS, **side}) for side in (old, new))
        change = {
            name: new.get(name, default) for name, default in _DEFAULTS.items() if wanted.get(name) != live.get(name)
        }
        if change:
            await self.call("update_function_url_config", **_where(id), **change)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a URL holds nothing
        await self.maybe("delete_function_url_config", _GONE, **_where(id))

    def _id(self, properties: Properties) -> str:
        cloud = self.cloud
        name = function_name(properties["TargetFunctionArn"])
        qualified = f"{name}:{properties['Qualifier']}" if "Qualifier" in properties else name
        return f"arn:{cloud.partition}:lambda:{cloud.region}:{cloud.account}:function:{qualified}"


def _where(id: str) -> dict[str, str]:
    name, _, qualifier = function_name(id).partition(":")
    return {"FunctionName": name, **({"Qualifier": qualifier} if qualifier else {})}
