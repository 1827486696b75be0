"""Lambda: versions of functions, which never change, and aliases, which move from one version to another."""

from typing import Any

from panka.activities.aws.errors import AwsError, NotOurs, TryLater
from panka.activities.providers.lambda_triggers import function_name
from panka.activities.providers.ownership import is_marked, marked, remarked, unless_taken, unmarked
from panka.activities.providers.provider import Ending, Failed, Observed, Provider, Readiness, Ready, Waiting
from panka.activities.providers.shapes import every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ResourceNotFoundException"})
_BUSY = frozenset({"ResourceConflictException"})
_NONE_KEPT = frozenset({"ProvisionedConcurrencyConfigNotFoundException", "ResourceNotFoundException"})


class _QualifiedProvider(Provider):
    """A version or an alias: something of a function that may keep environments ready. Its id is its ARN.

    It takes no tags: its description carries its owner's mark.
    """

    service = "lambda"

    async def ready(self, id: str) -> Readiness:
        live = await self.maybe("get_provisioned_concurrency_config", _NONE_KEPT, **_where(id))
        status = live.get("Status", "READY") if live else "READY"
        if live and status == "FAILED":
            return Failed(live.get("StatusReason") or "Lambda could not keep the environments ready.")
        return Ready() if status == "READY" else Waiting("Lambda makes environments ready")

    async def _kept(self, id: str) -> Properties | None:
        live = await self.maybe("get_provisioned_concurrency_config", _NONE_KEPT, **_where(id))
        count = live.get("RequestedProvisionedConcurrentExecutions") if live else None
        return {"ProvisionedConcurrentExecutions": count} if count else None

    async def _keep(self, id: str, old: Properties | None, new: Properties | None) -> None:
        """Brings the number of environments that are kept ready to that of `new`."""
        if new == old:
            return
        if new:
            await self._when_free("put_provisioned_concurrency_config", **_where(id), **new)
        else:
            await self.maybe("delete_provisioned_concurrency_config", _NONE_KEPT, **_where(id))

    async def _when_free(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            return await self.call(operation, **arguments)
        except AwsError as error:
            if error.code in _BUSY:
                raise TryLater("Lambda is still busy with the last change of the function.", seconds=2) from error
            raise


class VersionProvider(_QualifiedProvider):
    """A function as it is now, for good. Lambda makes none when nothing has changed since the last one."""

    type = "AWS::Lambda::Version"
    _names = ("CodeSha256", "Description", "FunctionName", "ProvisionedConcurrencyConfig")

    async def read(self, id: str) -> Observed | None:
        live = await self.maybe("get_function_configuration", _GONE, **_where(id))
        if live is None:
            return None
        properties = {
            "CodeSha256": live.get("CodeSha256"),
            "Description": unmarked(live.get("Description")),
            "FunctionName": _where(id)["FunctionName"],
            "ProvisionedConcurrencyConfig": await self._kept(id),
        }
        return Observed(told(properties), {"FunctionArn": id, "Version": _where(id)["Qualifier"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if "FunctionName" not in properties:
            return None
        name = function_name(properties["FunctionName"])
        try:
            versions = await every(
                self, "list_versions_by_function", "Versions", "Marker", "NextMarker", FunctionName=name
            )
        except AwsError as error:
            if error.code in _GONE:
                return None
            raise
        numbered = [live for live in versions if live["Version"] != "$LATEST"]
        return next((_arn(live) for live in numbered if is_marked(owner, live.get("Description"))), None)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the call takes none
        settable(self.type, properties, self._names)
        id = await self.find(owner, properties)
        if id is None:
            name = function_name(properties["FunctionName"])
            made = await self._when_free(
                "publish_version",
                FunctionName=name,
                Description=marked(owner, properties.get("Description", "")),
                **told({"CodeSha256": properties.get("CodeSha256")}),
            )
            if not is_marked(owner, made.get("Description")):
                raise NotOurs(
                    f"Version {made['Version']} of {name} is what the function is now; it is somebody else's."
                )
            id = _arn(made)
        await self._keep(id, await self._kept(id), properties.get("ProvisionedConcurrencyConfig"))
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        """Of a version only that can be made good which its create did not come to."""
        settable(self.type, new, self._names)
        await self._keep(id, old.get("ProvisionedConcurrencyConfig"), new.get("ProvisionedConcurrencyConfig"))

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # code is kept elsewhere
        try:
            await self.maybe("delete_function", _GONE, **_where(id))
        except AwsError as error:
            if error.code in _BUSY:
                raise TryLater(f"The version is still in use: {error.message}", seconds=5) from error
            raise


class AliasProvider(_QualifiedProvider):
    """An alias's name is unique for its function."""

    type = "AWS::Lambda::Alias"
    _names = (
        "Description",
        "FunctionName",
        "FunctionVersion",
        "Name",
        "ProvisionedConcurrencyConfig",
        "RoutingConfig",
    )

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        if live is None:
            return None
        weights = live.get("RoutingConfig", {}).get("AdditionalVersionWeights") or {}
        listed = [{"FunctionVersion": one, "FunctionWeight": weight} for one, weight in sorted(weights.items())]
        properties = {
            "Description": unmarked(live.get("Description")),
            "FunctionName": _where(id)["FunctionName"],
            "FunctionVersion": live["FunctionVersion"],
            "Name": live["Name"],
            "ProvisionedConcurrencyConfig": await self._kept(id),
            "RoutingConfig": {"AdditionalVersionWeights": listed} if listed else None,
        }
        return Observed(told(properties), {"AliasArn": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        if "FunctionName" not in properties:
            return None
        id = self._id(properties)
        live = await self._live(id)
        if live is None:
            return None
        if not is_marked(owner, live.get("Description")):
            raise NotOurs(f"The alias {properties['Name']} exists and has no mark of {owner.address}.")
        return id

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        settable(self.type, properties, self._names)
        id = self._id(properties)
        about = marked(owner, properties.get("Description", ""))
        made = self.call("create_alias", **_named(id), **_moved(properties), Description=about)
        await unless_taken(made, _BUSY, lambda: self.find(owner, properties))
        await self._keep(id, await self._kept(id), properties.get("ProvisionedConcurrencyConfig"))
        return id

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, self._names)
        said = new.get("Description", "")
        if _moved(new) != _moved(old) or said != old.get("Description", ""):
            live = await self.call("get_alias", **_named(id))
            about = remarked(live.get("Description"), said)
            await self._when_free("update_alias", **_named(id), **_moved(new), Description=about)
        await self._keep(id, old.get("ProvisionedConcurrencyConfig"), new.get("ProvisionedConcurrencyConfig"))

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # an alias holds nothing
        await self.maybe("delete_alias", _GONE, **_named(id))

    async def _live(self, id: str) -> dict[str, Any] | None:
        return await self.maybe("get_alias", _GONE, **_named(id))

    def _id(self, properties: Properties) -> str:
        cloud = self.cloud
        name = f"{function_name(properties['FunctionName'])}:{properties['Name']}"
        return f"arn:{cloud.partition}:lambda:{cloud.region}:{cloud.account}:function:{name}"


def _where(id: str) -> dict[str, str]:
    name, _, qualifier = function_name(id).partition(":")
    return {"FunctionName": name, "Qualifier": qualifier}


def _named(id: str) -> dict[str, str]:
    """An alias as its own calls name it."""
    name, _, alias = function_name(id).partition(":")
    return {"FunctionName": name, "Name": alias}


def _arn(live: dict[str, Any]) -> str:
    """The ARN of a version; older answers leave the number out."""
    arn, version = str(live["FunctionArn"]), live["Version"]
    return arn if arn.endswith(f":{version}") else f"{arn}:{version}"


def _moved(properties: Properties) -> dict[str, Any]:
    """Where an alias leads, as Lambda takes it."""
    listed = properties.get("RoutingConfig", {}).get("AdditionalVersionWeights", [])
    weights = {one["FunctionVersion"]: one["FunctionWeight"] for one in listed}
    return {
        "FunctionVersion": properties["FunctionVersion"],
        "RoutingConfig": {"AdditionalVersionWeights": weights},
    }
