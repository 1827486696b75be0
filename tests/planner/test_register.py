"""What may happen to a tenant, what is kept of it, and what its policies are made of."""

import json
from pathlib import Path
from typing import Any

import pytest

from panka.planner.diagnostics import Invalid
from panka.planner.permissions import people_policy, role_policy, session_policy, trust_policy, worker_policy
from panka.planner.register import Change, NotAllowed, Registry, Standing, TenantRecord, What, changed, parsed
from panka.planner.tenancy import Tenant

CONFIG = (Path(__file__).parents[2] / "examples" / "tenant.yaml").read_text()
OTHER = CONFIG.replace("Acme", "Acme & Sons")
AT = "2026-11-23T10:00:00Z"


def change(what: What, config: str = CONFIG, **more: str) -> Change:
    return Change(name="acme", what=what, by="ana", at=AT, config=config, **more)  # type: ignore[arg-type]


def after(*path: What) -> TenantRecord:
    record = None
    for what in path:
        record = changed(record, change(what))
    assert record is not None
    return record


@pytest.mark.parametrize(
    ("path", "standing"),
    [
        (("create",), Standing.ACTIVE),
        (("create", "suspend"), Standing.SUSPENDED),
        (("create", "suspend", "activate"), Standing.ACTIVE),
        (("create", "suspend", "update"), Standing.SUSPENDED),
        (("create", "close"), Standing.CLOSING),
        (("create", "close", "activate"), Standing.ACTIVE),
        (("create", "close", "delete"), Standing.DELETED),
    ],
)
def test_a_tenant_becomes_what_was_asked_for(path: tuple[What, ...], standing: Standing) -> None:
    assert after(*path).standing is standing


@pytest.mark.parametrize(
    "path", [("create",), ("create", "suspend"), ("create", "close"), ("create", "close", "delete")]
)
def test_a_change_that_is_made_already_changes_nothing(path: tuple[What, ...]) -> None:
    record = after(*path)

    again = changed(record, change(path[-1]).model_copy(update={"at": "2027-01-01T00:00:00Z", "by": "leo"}))

    assert again is record


@pytest.mark.parametrize(
    ("path", "what", "why"),
    [
        ((), "update", "no tenant acme"),
        ((), "suspend", "no tenant acme"),
        (("create",), "delete", "activated again"),
        (("create", "close", "delete"), "create", "never given again"),
        (("create", "close", "delete"), "activate", "never given again"),
    ],
)
def test_what_cannot_happen_is_refused(path: tuple[What, ...], what: What, why: str) -> None:
    record = after(*path) if path else None

    with pytest.raises(NotAllowed, match=why):
        changed(record, change(what))


def test_a_second_tenant_of_the_name_is_refused_and_an_update_counts_its_versions() -> None:
    record = after("create")

    with pytest.raises(NotAllowed, match="already"):
        changed(record, change("create", OTHER))
    updated = changed(record, change("update", OTHER, why="renamed"))

    assert (updated.version, updated.config, updated.why) == (2, OTHER, "renamed")


def test_a_record_is_kept_with_its_config_as_it_was_written() -> None:
    record = after("create", "suspend").model_copy(update={"config": f"---\n# ours\n{CONFIG}"})

    kept = record.text()

    assert kept.endswith(f"---\n# ours\n{CONFIG}")
    assert TenantRecord.read(kept.encode()) == record
    assert record.tenant().spec.weight == 10


def test_a_list_of_tenants_reads_as_it_was_written() -> None:
    registry = Registry(tenants={"acme": Standing.ACTIVE, "umbrella": Standing.DELETED})

    assert Registry.read(registry.model_dump_json(by_alias=True).encode()) == registry


def test_every_mistake_of_a_config_is_told() -> None:
    with pytest.raises(Invalid, match="SQL") as raised:
        parsed("tenant.yaml", CONFIG.replace("Lambda", "SQL").replace("weight: 10", "weight: 0"))

    assert len(raised.value.diagnostics) == 2


def tenant(**aws: str) -> Tenant:
    found = parsed("tenant.yaml", CONFIG)
    spec = found.spec.model_copy(update={"aws": found.spec.aws.model_copy(update=aws)})
    return found.model_copy(update={"spec": spec})


ROLE = "arn:aws-cn:iam::111111111111:role/panka-acme"


def test_every_policy_names_the_tenant_literally_and_stays_in_its_partition() -> None:
    acme = tenant(assume_role_arn=ROLE, external_id="its-acme")

    policies: list[Any] = [
        role_policy(acme, "state", "locks"),
        json.loads(session_policy(acme, "state", "locks")),
        worker_policy(acme, "state", "locks"),
        people_policy(acme, "state", "locks"),
    ]

    for policy in policies:
        text = json.dumps(policy)
        assert "arn:aws-cn:s3:::state" in text
        assert "arn:aws:" not in text
        assert "${" not in text
    assert "acme" in json.dumps(policies[3])
    assert "tenants/*" not in json.dumps(policies[3])


def test_a_session_policy_is_as_short_as_iam_wants_it() -> None:
    long = tenant(assume_role_arn=ROLE).model_copy(update={"name": "a" * 63})

    assert len(session_policy(long, "b" * 63, "t" * 255)) <= 2048


def test_only_whoever_is_named_takes_the_role_on() -> None:
    [take_on, tag] = trust_policy(tenant(assume_role_arn=ROLE, external_id="its-acme"), "arn:of:workers")["Statement"]

    assert take_on["Principal"] == tag["Principal"] == {"AWS": "arn:of:workers"}
    assert take_on["Condition"] == {"StringEquals": {"sts:ExternalId": "its-acme"}}
    assert tag["Condition"] == {"StringEquals": {"aws:RequestTag/panka:tenant": "acme"}}
