"""What is special to versions, aliases, layers and URLs of functions."""

import json

import pytest
from tests.activities.conformance.case import Case, of
from tests.activities.conformance.cases_serverless import CASES, LAYER, VERSION
from tests.activities.conformance.stage import FORCED, Stage, staged
from tests.plugins.faults import Answer, Faults

from panka.activities.aws.errors import NotOurs, TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.lambda_versions import AliasProvider
from panka.activities.providers.provider import Failed, Readiness, Ready, Waiting

ALIAS = next(case for case in CASES if case.type == "AWS::Lambda::Alias")
URL = next(case for case in CASES if case.type == "AWS::Lambda::Url")
OF_AN_ALIAS = Case(
    URL.type,
    {"TargetFunctionArn": of("function", "Arn"), "Qualifier": of("alias", "Name"), "AuthType": "AWS_IAM"},
    needs={**ALIAS.needs, "alias": Case(ALIAS.type, ALIAS.properties, tagged=False)},
    tagged=False,
)
ALIAS_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:hello:live"


@pytest.fixture(autouse=True)
def _not_at_moto(endpoint: str, request: pytest.FixtureRequest) -> None:
    if endpoint == "moto" and "layer" not in request.node.name:
        pytest.skip("moto knows nothing of environments that are kept ready.")


def other(stage: Stage) -> Stage:
    owner = stage.owner.model_copy(update={"address": f"{stage.name}:other"})
    return Stage(stage.case, stage.provider, owner, stage.name, stage.known)


async def test_a_version_that_somebody_else_made_of_the_same_code_is_not_taken(cloud: Cloud) -> None:
    stage = await staged(VERSION, cloud)
    await stage.apply(stage.properties())

    with pytest.raises(NotOurs, match="it is somebody else's"):
        await stage.provider.create(other(stage).owner, stage.properties(), stage.token)


async def test_an_alias_of_another_owner_is_not_taken(cloud: Cloud) -> None:
    stage = await staged(ALIAS, cloud)
    await stage.apply(stage.properties())

    with pytest.raises(NotOurs, match="no mark"):
        await stage.provider.create(other(stage).owner, stage.properties(), stage.token)


async def test_an_alias_sends_a_part_of_its_calls_to_another_version(cloud: Cloud) -> None:
    stage = await staged(ALIAS, cloud)
    id = await stage.apply(stage.properties())
    live = (await stage.live(id)).properties
    routing = {"AdditionalVersionWeights": [{"FunctionVersion": "1", "FunctionWeight": 0.1}]}

    await stage.provider.update(id, live, {**live, "FunctionVersion": "$LATEST", "RoutingConfig": routing})
    assert (await stage.live(id)).properties["RoutingConfig"] == routing

    await stage.provider.update(id, (await stage.live(id)).properties, live)
    assert "RoutingConfig" not in (await stage.live(id)).properties


async def test_an_alias_keeps_environments_ready_until_it_is_told_not_to(cloud: Cloud) -> None:
    stage = await staged(ALIAS, cloud)
    id = await stage.apply(stage.properties())
    live = (await stage.live(id)).properties
    kept = {"ProvisionedConcurrentExecutions": 3}

    await stage.provider.update(id, live, {**live, "ProvisionedConcurrencyConfig": kept})
    await stage.ready(id)
    assert (await stage.live(id)).properties["ProvisionedConcurrencyConfig"] == kept

    await stage.provider.update(id, (await stage.live(id)).properties, live)
    assert "ProvisionedConcurrencyConfig" not in (await stage.live(id)).properties


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"Status": "IN_PROGRESS"}, Waiting("Lambda makes environments ready")),
        ({"Status": "FAILED", "StatusReason": "No room."}, Failed("No room.")),
        ({"Status": "READY"}, Ready()),
    ],
    ids=["in-progress", "failed", "ready"],
)
async def test_an_alias_is_ready_when_its_environments_are(
    cloud: Cloud, faults: Faults, said: dict[str, str], expected: Readiness
) -> None:
    faults.instead = Answer(200, json.dumps(said).encode(), {"content-type": "application/json"})

    assert await AliasProvider(cloud).ready(ALIAS_ARN) == expected


async def test_a_version_that_an_alias_leads_to_is_deleted_later(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(VERSION, cloud)
    id = await stage.apply(stage.properties())
    faults.instead = Answer(409, b'{"Message": "In use."}', {"x-amzn-errortype": "ResourceConflictException"})

    with pytest.raises(TryLater, match="still in use"):
        await stage.provider.delete(id, FORCED)


async def test_the_url_of_an_alias_is_known_by_its_arn(cloud: Cloud) -> None:
    stage = await staged(OF_AN_ALIAS, cloud)

    id = await stage.apply(stage.properties())

    assert id.endswith(f":function:{stage.known['function']['FunctionName']}:live")
    assert (await stage.live(id)).attributes["FunctionUrl"].startswith("https://")


async def test_two_owners_publish_two_versions_of_a_layer(cloud: Cloud) -> None:
    stage = await staged(LAYER, cloud)
    first = await stage.apply(stage.properties())

    second = await stage.provider.create(other(stage).owner, stage.properties(), stage.token)

    assert first != second
    assert await stage.provider.find(stage.owner, stage.properties()) == first
