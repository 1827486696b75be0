"""Systems Manager: parameters."""

from typing import Any

from panka.activities.aws.errors import AwsError, Cause
from panka.activities.providers.documents import as_parsed
from panka.activities.providers.ownership import claim, retagged, unless_taken
from panka.activities.providers.provider import Ending, Observed, Provider, tag_list, tag_map
from panka.activities.providers.shapes import differing, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ParameterNotFound", "InvalidResourceId"})
_TAKEN = frozenset({"ParameterAlreadyExists"})
_NAMES = ("AllowedPattern", "DataType", "Description", "Name", "Policies", "Tier", "Type", "Value")
_CLEARED = {"AllowedPattern": "", "Description": "", "Policies": "[{}]"}
"""What takes away what was set."""


class ParameterProvider(Provider):
    """A parameter's name is unique in account and region. Its tags are a map, as CloudFormation has them."""

    type = "AWS::SSM::Parameter"
    service = "ssm"

    async def read(self, id: str) -> Observed | None:
        answer = await self.maybe("get_parameter", _GONE, Name=id)
        tags = await self._tags(id)
        if answer is None or tags is None:
            return None
        live = answer["Parameter"]
        about = await self._about(id)
        properties = {
            "Name": live["Name"],
            "Type": live["Type"],
            "Value": live["Value"],
            "DataType": live.get("DataType"),
            "AllowedPattern": about.get("AllowedPattern") or None,
            "Description": about.get("Description") or None,
            "Policies": _policies(about),
            "Tier": about.get("Tier"),
            "Tags": {key: value for key, value in sorted(tags.items()) if not key.startswith("aws:")},
        }
        return Observed(told(properties), {"Arn": live["ARN"]})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        name: str = properties["Name"]
        if await self.maybe("get_parameter", _GONE, Name=name) is None:
            return None
        tags = await self._tags(name)
        return None if tags is None else claim(owner, name, f"The parameter {name}", tags)

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # the name is the token
        _check(self.type, properties)
        tags = tag_list(properties.get("Tags", {}) | owner.tags())
        made = self.call("put_parameter", Tags=tags, **_asked(properties))
        await unless_taken(made, _TAKEN, lambda: self.find(owner, properties))
        return str(properties["Name"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        _check(self.type, new)
        cleared = {name: value for name, value in _CLEARED.items() if name in old}
        wanted = {**cleared, **new}
        if differing(_comparable(old), _comparable(wanted), _NAMES):
            await self.call("put_parameter", Overwrite=True, **_asked(wanted))
        put, removed = retagged(_tagged(old), _tagged(new))
        if put:
            await self.call("add_tags_to_resource", ResourceType="Parameter", ResourceId=id, Tags=tag_list(put))
        if removed:
            await self.call("remove_tags_from_resource", ResourceType="Parameter", ResourceId=id, TagKeys=removed)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a parameter's value goes with it
        await self.maybe("delete_parameter", _GONE, Name=id)

    async def _about(self, id: str) -> dict[str, Any]:
        """What a parameter's value does not tell; nothing while SSM does not list it yet."""
        filters = [{"Key": "Name", "Option": "Equals", "Values": [id]}]
        listed = (await self.call("describe_parameters", ParameterFilters=filters))["Parameters"]
        return listed[0] if listed else {}

    async def _tags(self, id: str) -> dict[str, str] | None:
        answer = await self.maybe("list_tags_for_resource", _GONE, ResourceType="Parameter", ResourceId=id)
        return None if answer is None else tag_map(answer.get("TagList"))


def _check(type: str, properties: Properties) -> None:
    settable(type, properties, _NAMES)
    if properties["Type"] == "SecureString":
        message = "A parameter that Panka makes keeps no secrets: a component of kind Secret does."
        raise AwsError(Cause.FINAL, "SecureString", message, type, sent=False)


def _asked(properties: Properties) -> dict[str, Any]:
    return {name: properties[name] for name in _NAMES if name in properties}


def _comparable(properties: Properties) -> Properties:
    """Policies by what they say; a tier that AWS is to choose is none that could differ."""
    said = {name: as_parsed(value) if name == "Policies" else value for name, value in properties.items()}
    return {name: value for name, value in said.items() if (name, value) != ("Tier", "Intelligent-Tiering")}


def _policies(about: dict[str, Any]) -> str | None:
    """The policies as they are set: the text of one JSON list."""
    texts = [policy["PolicyText"] for policy in about.get("Policies", [])]
    return f"[{','.join(texts)}]" if texts else None


def _tagged(properties: Properties) -> Properties:
    return {"Tags": tag_list(properties.get("Tags", {}))}


PROVIDERS = (ParameterProvider,)
