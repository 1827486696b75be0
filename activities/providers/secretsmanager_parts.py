"""What belongs to a secret and is a resource of its own: its policy and its rotation. Ours when the secret is."""

from typing import Any

from panka.activities.aws.errors import NotOurs
from panka.activities.providers.documents import as_parsed, written
from panka.activities.providers.ownership import of_our_stack
from panka.activities.providers.provider import Ending, Observed, Provider, tag_map
from panka.activities.providers.shapes import covers, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

GONE = frozenset({"ResourceNotFoundException"})


async def described(provider: Provider, id: str) -> dict[str, Any] | None:
    """A secret by its name or ARN; None when it is gone or waits for its deletion."""
    live = await provider.maybe("describe_secret", GONE, SecretId=id)
    return None if live is None or "DeletedDate" in live else live


class _PartProvider(Provider):
    """What a secret has one of. Its id is the secret's ARN."""

    service = "secretsmanager"

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        secret = await self._secret(owner, properties["SecretId"]) if "SecretId" in properties else None
        return secret if secret is not None and await self.read(secret) is not None else None

    async def _secret(self, owner: Owner, id: str) -> str | None:
        """The ARN of the secret, which is of the owner's stack; None when it is gone."""
        live = await described(self, id)
        if live is None:
            return None
        if not of_our_stack(owner, tag_map(live.get("Tags"))):
            raise NotOurs(f"The secret {live['Name']} does not belong to {owner.scope}, so it is left alone.")
        return str(live["ARN"])


class RotationScheduleProvider(_PartProvider):
    """How often a secret gets a new value, and from which function."""

    type = "AWS::SecretsManager::RotationSchedule"
    _names = (
        "ExternalSecretRotationMetadata",
        "ExternalSecretRotationRoleArn",
        "RotateImmediatelyOnUpdate",
        "RotationLambdaARN",
        "RotationRules",
        "SecretId",
    )
    _told = tuple(name for name in _names if name not in ("RotateImmediatelyOnUpdate", "SecretId"))

    async def read(self, id: str) -> Observed | None:
        live = await described(self, id)
        if live is None or not live.get("RotationEnabled"):
            return None
        return Observed(told({"SecretId": live["ARN"], **{name: live.get(name) for name in self._told}}), {"Id": id})

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, self._names)
        if found := await self.find(owner, properties):
            return found
        made = await self._rotate(properties, ClientRequestToken=token)
        return str(made["ARN"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002  # the id is in the properties
        settable(self.type, new, self._names)
        # Secrets Manager adds a schedule's default window to what was set.
        if not covers(old, {name: new.get(name) for name in self._told}):
            await self._rotate(new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # the secret keeps its value
        if await self.read(id) is not None:
            await self.maybe("cancel_rotate_secret", GONE, SecretId=id)

    async def _rotate(self, properties: Properties, **token: str) -> dict[str, Any]:
        asked = {name: properties[name] for name in ("SecretId", *self._told) if name in properties}
        at_once = properties.get("RotateImmediatelyOnUpdate", True)
        return await self.call("rotate_secret", RotateImmediately=at_once, **asked, **token)


class ResourcePolicyProvider(_PartProvider):
    """Who else may read a secret."""

    type = "AWS::SecretsManager::ResourcePolicy"
    _names = ("BlockPublicPolicy", "ResourcePolicy", "SecretId")

    async def read(self, id: str) -> Observed | None:
        answer = await self.maybe("get_resource_policy", GONE, SecretId=id)
        if answer is None or not answer.get("ResourcePolicy"):
            return None
        return Observed({"SecretId": answer["ARN"], "ResourcePolicy": as_parsed(answer["ResourcePolicy"])}, {"Id": id})

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:  # noqa: ARG002  # a secret has one policy
        settable(self.type, properties, self._names)
        await self.find(owner, properties)
        return await self._put(properties)

    async def update(self, id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002  # the id is in the properties
        settable(self.type, new, self._names)
        if as_parsed(new["ResourcePolicy"]) != old.get("ResourcePolicy"):
            await self._put(new)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a policy holds nothing
        await self.maybe("delete_resource_policy", GONE, SecretId=id)

    async def _put(self, properties: Properties) -> str:
        put = await self.call(
            "put_resource_policy",
            SecretId=properties["SecretId"],
            ResourcePolicy=written(properties["ResourcePolicy"]),
            BlockPublicPolicy=bool(properties.get("BlockPublicPolicy", False)),
        )
        return str(put["ARN"])
