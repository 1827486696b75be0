"""How the objects of a bucket grow old: what users write, and S3's rules for it."""

from typing import Annotated, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from panka.planner.component import LifecycleSpec, Spec
from panka.planner.resource import Properties
from panka.planner.rules import broken, unique

StorageClass = Literal["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"]
Days = Annotated[int, Field(ge=1)]


class Transition(Spec):
    """Moves objects to a cheaper class."""

    days: Annotated[int, Field(ge=0)]
    """Days after an object was made."""
    storage_class: StorageClass
    """The class it moves to."""


class Expiration(Spec):
    days: Days
    """After how many days."""


class LifecycleRule(Spec):
    """What happens to objects as they grow old."""

    id: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    """The rule's name; by default `rule-1`, `rule-2` and so on."""
    enabled: bool = True
    """Whether the rule works."""
    prefix: str = ""
    """Only for objects whose key begins so."""
    transitions: tuple[Transition, ...] = ()
    """Moves to cheaper classes."""
    expiration: Expiration | None = None
    """Deletes objects so many days after they were made."""
    noncurrent_version_expiration: Expiration | None = None
    """Deletes overwritten and deleted versions so many days after that."""

    @model_validator(mode="after")
    def _does_something(self) -> "LifecycleRule":
        if not (self.transitions or self.expiration or self.noncurrent_version_expiration):
            fields = ("transitions", "expiration", "noncurrentVersionExpiration")
            raise broken("PK311", f"a lifecycle rule needs `{fields[0]}`, `{fields[1]}` or `{fields[2]}`", *fields)
        return self


class BucketLifecycle(LifecycleSpec):
    """How objects grow old, as a list of rules; or, as a map, how the component ends, with the list in `rules`."""

    rules: Annotated[tuple[LifecycleRule, ...], Field(max_length=1_000)] = ()
    """What happens to objects as they grow old."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        mapping = super().__get_pydantic_json_schema__(core, handler)
        return {"anyOf": [handler.resolve_ref_schema(mapping)["properties"]["rules"], mapping]}

    @model_validator(mode="before")
    @classmethod
    def _list_of_rules(cls, value: object) -> object:
        return {"rules": value} if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _names(self) -> "BucketLifecycle":
        unique((rule.id for rule in self.rules if rule.id), "the lifecycle rule")
        return self

    @property
    def configuration(self) -> Properties:
        """The bucket's `LifecycleConfiguration`."""
        return {"Rules": [_rule(rule, number) for number, rule in enumerate(self.rules, 1)]}


def _rule(rule: LifecycleRule, number: int) -> Properties:
    properties: Properties = {
        "Id": rule.id or f"rule-{number}",
        "Status": "Enabled" if rule.enabled else "Disabled",
    }
    if rule.prefix:
        properties["Prefix"] = rule.prefix
    if rule.transitions:
        properties["Transitions"] = [
            {"TransitionInDays": one.days, "StorageClass": one.storage_class} for one in rule.transitions
        ]
    if rule.expiration:
        properties["ExpirationInDays"] = rule.expiration.days
    if rule.noncurrent_version_expiration:
        properties["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule.noncurrent_version_expiration.days}
    return properties
