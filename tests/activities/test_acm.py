"""What is special to certificates: the records that prove whose their domains are."""

import json
from typing import Any

import pytest
from tests.activities.conformance.case import Case, of
from tests.activities.conformance.cases_balancing import CERTIFICATE, ZONE
from tests.activities.conformance.stage import FORCED, staged

from panka.activities.aws.errors import TryLater
from panka.activities.aws.session import Cloud
from panka.activities.providers.acm import CertificateProvider
from panka.activities.providers.provider import Failed, Readiness, Ready, Waiting
from plugins.faults import Answer, Faults

PROOF = {"Name": "_1.shop.example.", "Type": "CNAME", "Value": "_2.acm-validations.aws."}
AWAITED = "AWS does not see the DNS record _1.shop.example. CNAME _2.acm-validations.aws. yet"


def certified(status: str, **more: Any) -> Answer:
    body = json.dumps({"Certificate": {"DomainName": "shop.example", "Status": status, **more}})
    return Answer(200, body.encode(), {"content-type": "application/x-amz-json-1.1"})


def unproved(**more: Any) -> Answer:
    option = {"DomainName": "shop.example", "ValidationStatus": "PENDING_VALIDATION", **more}
    return certified("PENDING_VALIDATION", DomainValidationOptions=[option])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (unproved(), Waiting("AWS prepares the certificate")),
        (unproved(ResourceRecord=PROOF), Waiting(AWAITED)),
        (
            unproved(ValidationEmails=["admin@shop.example"]),
            Waiting("nobody at admin@shop.example has confirmed yet"),
        ),
        (certified("ISSUED"), Ready()),
        (certified("FAILED", FailureReason="CAA_ERROR"), Failed("AWS refused the certificate: CAA_ERROR.")),
        (certified("VALIDATION_TIMED_OUT"), Failed("The domain was not proved within 72 hours.")),
    ],
    ids=["prepared", "by-record", "by-mail", "issued", "refused", "late"],
)
async def test_a_certificate_says_what_it_waits_for(
    cloud: Cloud, faults: Faults, answer: Answer, expected: Readiness
) -> None:
    faults.instead = Answer(answer.status, answer.body, answer.headers)

    assert await CertificateProvider(cloud).ready(f"arn:aws:acm:eu-west-1:{cloud.account}:certificate/1") == expected


PROVED = Case(
    "AWS::CertificateManager::Certificate",
    {
        "DomainName": of("zone", "Name"),
        "ValidationMethod": "DNS",
        "DomainValidationOptions": [{"DomainName": of("zone", "Name"), "HostedZoneId": of("zone", "Id")}],
    },
    needs={"zone": ZONE},
)


async def test_a_certificate_is_proved_in_the_zone_that_it_names_and_once(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(PROVED, cloud)
    id = await stage.provider.create(stage.owner, stage.properties(), stage.token)
    zone, domain = stage.known["zone"]["Id"], stage.known["zone"]["Name"]
    proof = {**PROOF, "Name": f"_1.{domain}."}
    faults.reset()

    for _ in range(2):
        faults.instead = unproved(DomainName=domain, ResourceRecord=proof)
        await stage.provider.ready(id)

    assert len(faults.mutations) == 1
    records = await cloud.call("route53", "list_resource_record_sets", HostedZoneId=zone)
    made = [one for one in records["ResourceRecordSets"] if one["Type"] == "CNAME"]
    assert [(one["Name"], one["ResourceRecords"]) for one in made] == [(proof["Name"], [{"Value": proof["Value"]}])]


async def test_where_a_certificate_is_proved_outlives_a_change_of_its_tags(cloud: Cloud) -> None:
    stage = await staged(PROVED, cloud)
    id = await stage.apply(stage.properties())

    await stage.provider.update(id, (await stage.live(id)).properties, {**stage.properties(), "Tags": []})

    live = (await stage.live(id)).properties
    assert live["DomainValidationOptions"] == stage.properties()["DomainValidationOptions"]
    assert "Tags" not in live


async def test_a_certificate_in_use_is_deleted_later(cloud: Cloud, faults: Faults) -> None:
    stage = await staged(CERTIFICATE, cloud)
    id = await stage.apply(stage.properties())
    body = json.dumps({"__type": "ResourceInUseException", "message": "A listener uses it."})
    faults.instead = Answer(400, body.encode(), {"content-type": "application/x-amz-json-1.1"})

    with pytest.raises(TryLater, match="still uses"):
        await stage.provider.delete(id, FORCED)

    assert await stage.provider.read(id) is not None
