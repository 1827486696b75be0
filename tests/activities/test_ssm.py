"""What is special to parameters: what counts as the same, and what is no place for secrets."""

import pytest

from panka.activities.aws.errors import AwsError
from panka.activities.aws.session import Cloud
from panka.activities.providers.ssm import ParameterProvider
from panka.planner.resource import Properties
from plugins.faults import Faults

PARAMETER: Properties = {"Name": "size", "Type": "String", "Value": "24"}
EXPIRES = '{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2030-01-01T00:00:00Z"}}'


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ({"Policies": f"[{EXPIRES}]"}, {"Policies": f"[ {EXPIRES} ]"}),
        ({"Tier": "Standard"}, {"Tier": "Intelligent-Tiering"}),
    ],
    ids=["policies", "tier"],
)
async def test_what_says_the_same_is_no_change(
    cloud: Cloud, faults: Faults, told: Properties, wanted: Properties
) -> None:
    await ParameterProvider(cloud).update("size", {**PARAMETER, **told}, {**PARAMETER, **wanted})

    assert faults.mutations == []


async def test_a_parameter_keeps_no_secrets(cloud: Cloud) -> None:
    with pytest.raises(AwsError, match="keeps no secrets"):
        await ParameterProvider(cloud).update("size", PARAMETER, {**PARAMETER, "Type": "SecureString"})
