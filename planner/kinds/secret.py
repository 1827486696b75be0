"""Secret: a value in Secrets Manager that Panka never sees."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from panka.planner.component import Component, ComponentSpec, Context, Grants, Kind, Lowered, Spec
from panka.planner.naming import named
from panka.planner.resource import PhysicalName, Properties, Resource
from panka.planner.rules import broken
from panka.planner.vocabulary.policies import READ_SECRET, allow
from panka.planner.vocabulary.rotation import CODE, DIGEST, rotation


class Generate(Spec):
    """A random value, made by Secrets Manager. Changing what it is like makes a new one."""

    length: Annotated[int, Field(ge=8, le=4_096)] = 32
    """How many characters it has."""
    exclude_characters: Annotated[str, Field(max_length=4_096)] = "\"'@/\\"
    """Characters that it must not have; by default those that databases refuse in passwords."""


class SecretSpec(ComponentSpec):
    name: Annotated[str | None, named("AWS::SecretsManager::Secret")] = None
    """Its name in Secrets Manager; by default Panka gives it one. Changing it replaces the secret."""
    generate: Generate | None = None
    """A random value; without it the secret is made empty, and somebody puts its value in."""
    description: Annotated[str, Field(max_length=2_048)] = ""
    """A line for people."""
    rotation_days: Annotated[int, Field(ge=1, le=1_000)] | None = None
    """Gives it a new random value every so many days. Not for the password of a database, which would keep the old."""

    @model_validator(mode="after")
    def _rotates_what_is_generated(self) -> Self:
        if self.rotation_days is not None and self.generate is None:
            raise broken(
                "PK311", "`rotationDays` needs `generate`, which says what new values are like", "rotationDays"
            )
        return self


def lower(component: Component[SecretSpec], context: Context) -> Lowered:
    """The secret, then what rotates it."""
    spec = component.spec
    secret = component.resource(
        "main",
        "AWS::SecretsManager::Secret",
        _secret(spec),
        # AWS ends ARNs with a hyphen and six characters; a name that ended so could be taken for one of them.
        name=None if spec.name else PhysicalName("Name", 512, "-value"),
    )
    rotating: tuple[Resource, ...] = ()
    if spec.rotation_days and spec.generate:
        variables = {"LENGTH": str(spec.generate.length), "EXCLUDED": spec.generate.exclude_characters}
        rotating = rotation(component, context, secret, spec.rotation_days, variables)
    return Lowered(
        resources=(secret, *rotating),
        outputs={"arn": secret.ref("Id"), "name": secret.ref("Name")},
        grants=Grants((allow(READ_SECRET, secret.ref("Id")),)),
        notes=() if spec.generate else (f"`{component.name}` is made empty: put its value in with Secrets Manager.",),
        assets={DIGEST: CODE} if rotating else {},
    )


def _secret(spec: SecretSpec) -> Properties:
    properties: Properties = {"Name": spec.name} if spec.name else {}
    if spec.description:
        properties["Description"] = spec.description
    if spec.generate:
        properties["GenerateSecretString"] = {
            "PasswordLength": spec.generate.length,
            "ExcludeCharacters": spec.generate.exclude_characters,
        }
    return properties


SECRET = Kind("Secret", SecretSpec, lower, outputs={"arn": "The secret's ARN.", "name": "The secret's name."})
