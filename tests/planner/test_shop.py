"""The example must stay an example: it compiles everywhere, is of a real size, and knows no account."""

import re
from pathlib import Path

import pytest

from panka.planner.compile import Compiled
from panka.planner.language.documents import FolderSource
from panka.planner.owner import Scope
from panka.planner.stack import Options, read_stack
from panka.planner.state import Target

SHOP = Path(__file__).parents[2] / "examples" / "shop"


def compiled(environment: str | None) -> Compiled:
    draft = read_stack(FolderSource(SHOP, "examples/shop"), Options(environment=environment))
    assert draft.diagnostics == ()
    scope = Scope(tenant="acme", stack=draft.name, environment=environment or "default")
    made = draft.compile(scope, Target(account="111122223333", region="eu-west-1"))
    assert made.diagnostics == ()
    return made


@pytest.mark.parametrize("environment", [None, "dev", "prod"])
def test_it_compiles_without_a_word_in_every_environment(environment: str | None) -> None:
    shop = compiled(environment)

    assert len(shop.components) >= 12
    assert len(shop.resources) >= 40
    assert len({component.service for component in shop.components.values()}) == 3
    assert len({component.kind for component in shop.components.values()}) == 7


def test_services_refer_to_each_other() -> None:
    shop = compiled("prod")

    across = [
        (resource.service, shop.resources[address].service)
        for resource in shop.resources.values()
        for address in resource.dependencies()
        if resource.service and shop.resources[address].service not in ("", resource.service)
    ]
    assert ("orders", "catalog") in across
    assert ("notifications", "orders") in across or ("orders", "notifications") in across


def test_production_is_larger_than_development() -> None:
    dev, prod = (
        next(one for address, one in compiled(environment).resources.items() if address == "orders-api:main").properties
        for environment in ("dev", "prod")
    )

    assert (dev["DesiredCount"], prod["DesiredCount"]) == (1, 3)


def test_it_names_no_account() -> None:
    said = "".join(path.read_text() for path in sorted(SHOP.rglob("*.yaml")))

    assert not re.search(r"\d{12}|arn:aws", said)
