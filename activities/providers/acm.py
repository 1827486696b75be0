"""Certificate Manager: certificates, and the records in DNS that prove whose their domains are."""

from typing import Any

from panka.activities.aws.errors import AwsError, TryLater
from panka.activities.providers.ownership import retagged
from panka.activities.providers.provider import (
    Ending,
    Failed,
    Observed,
    Provider,
    Readiness,
    Ready,
    Waiting,
    is_ours,
    tag_list,
    tag_map,
)
from panka.activities.providers.shapes import differing, every, settable, told
from panka.planner.owner import Owner
from panka.planner.resource import Properties

_GONE = frozenset({"ResourceNotFoundException"})
_ASKED = ("CertificateAuthorityArn", "DomainName", "KeyAlgorithm", "SubjectAlternativeNames", "ValidationMethod")
_LOGGING = "CertificateTransparencyLoggingPreference"
_NAMES = (*_ASKED, _LOGGING, "CertificateExport", "DomainValidationOptions")
_KEYS = ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
_ZONE = "panka:zone-"
"""What the keys of tags begin with that say where a domain's record is to be made: `Z1 shop.example`."""
_ENDED = {
    "EXPIRED": "The certificate has expired.",
    "FAILED": "AWS refused the certificate",
    "INACTIVE": "The certificate is inactive.",
    "REVOKED": "The certificate was revoked.",
    "VALIDATION_TIMED_OUT": "The domain was not proved within 72 hours.",
}


class CertificateProvider(Provider):
    """Any number of certificates may have one domain. Ours are found by their tags. A certificate's id is its ARN.

    AWS says which records prove a domain only after the create. Where a hosted zone is named for them, tags of the
    certificate keep its id, and `ready` makes the records.
    """

    type = "AWS::CertificateManager::Certificate"
    service = "acm"

    async def read(self, id: str) -> Observed | None:
        live = await self._live(id)
        tags = await self._tags(id) if live else None
        if live is None or tags is None:
            return None
        options = live.get("Options", {})
        proofs = live.get("DomainValidationOptions", [])
        properties = {
            "CertificateAuthorityArn": live.get("CertificateAuthorityArn"),
            "CertificateExport": options.get("Export"),
            _LOGGING: options.get(_LOGGING),
            "DomainName": live["DomainName"],
            "DomainValidationOptions": _validations(tags),
            "KeyAlgorithm": live.get("KeyAlgorithm", "").replace("-", "_") or None,
            "SubjectAlternativeNames": sorted(set(live.get("SubjectAlternativeNames", [])) - {live["DomainName"]}),
            "ValidationMethod": next((one["ValidationMethod"] for one in proofs if "ValidationMethod" in one), None),
            "Tags": tag_list({key: value for key, value in tags.items() if not key.startswith(_ZONE)}),
        }
        return Observed(told(properties), {"CertificateArn": id, "Id": id})

    async def find(self, owner: Owner, properties: Properties) -> str | None:
        kinds = {"keyTypes": list(_KEYS)}
        there = await every(
            self, "list_certificates", "CertificateSummaryList", "NextToken", "NextToken", Includes=kinds
        )
        for one in there:
            arn = str(one["CertificateArn"])
            same = one.get("DomainName") == properties["DomainName"]
            if same and is_ours(owner, await self._tags(arn) or {}):
                return arn
        return None

    async def create(self, owner: Owner, properties: Properties, token: str) -> str:
        settable(self.type, properties, _NAMES)
        if found := await self.find(owner, properties):
            return found
        asked = {name: properties[name] for name in _ASKED if name in properties}
        options = told({"Export": properties.get("CertificateExport"), _LOGGING: properties.get(_LOGGING)})
        mails = [one for one in properties.get("DomainValidationOptions", []) if "ValidationDomain" in one]
        tags = [*properties.get("Tags", []), *_zones(properties)]
        made = await self.call(
            "request_certificate",
            IdempotencyToken=token,
            Tags=tags,
            **asked,
            **told({"DomainValidationOptions": mails, "Options": options}),
        )
        return str(made["CertificateArn"])

    async def update(self, id: str, old: Properties, new: Properties) -> None:
        settable(self.type, new, _NAMES)
        if change := differing(old, new, (_LOGGING,), {_LOGGING: "ENABLED"}):
            await self.call("update_certificate_options", CertificateArn=id, Options=change)
        put, removed = retagged(old, new)
        if put:
            await self.call("add_tags_to_certificate", CertificateArn=id, Tags=tag_list(put))
        if removed:
            keys = [{"Key": key} for key in removed]
            await self.call("remove_tags_from_certificate", CertificateArn=id, Tags=keys)

    async def delete(self, id: str, how: Ending) -> None:  # noqa: ARG002  # a certificate holds nothing
        try:
            await self.maybe("delete_certificate", _GONE, CertificateArn=id)
        except AwsError as error:
            if error.code == "ResourceInUseException":
                raise TryLater("A load balancer or distribution still uses the certificate.", seconds=10) from error
            raise

    async def ready(self, id: str) -> Readiness:
        live = await self._live(id)
        status = live["Status"] if live else "PENDING_VALIDATION"
        if live is None or status == "ISSUED":
            return Ready() if live else Waiting("AWS does not show the certificate yet")
        if status in _ENDED:
            why = live.get("FailureReason")
            return Failed(f"{_ENDED[status]}: {why}." if why else _ENDED[status])
        unproved = [one for one in live.get("DomainValidationOptions", []) if one.get("ValidationStatus") != "SUCCESS"]
        if any("ResourceRecord" in one for one in unproved):
            await self._prove(unproved, await self._tags(id) or {})
        return Waiting(_awaited(unproved))

    async def _prove(self, unproved: list[dict[str, Any]], tags: dict[str, str]) -> None:
        """Makes the records for domains whose hosted zone is known, where they are missing."""
        zones = {one["DomainName"]: one["HostedZoneId"] for one in _validations(tags)}
        for one in unproved:
            zone, wanted = zones.get(one["DomainName"]), one.get("ResourceRecord")
            if zone and wanted and not await self._is_there(zone, wanted):
                record = {"Name": wanted["Name"], "Type": wanted["Type"], "TTL": 300}
                change = {
                    "Action": "UPSERT",
                    "ResourceRecordSet": {**record, "ResourceRecords": [{"Value": wanted["Value"]}]},
                }
                batch = {"Changes": [change]}
                await self.cloud.call("route53", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch=batch)

    async def _is_there(self, zone: str, wanted: dict[str, str]) -> bool:
        start = {"StartRecordName": wanted["Name"], "StartRecordType": wanted["Type"], "MaxItems": "1"}
        page = await self.cloud.call("route53", "list_resource_record_sets", HostedZoneId=zone, **start)
        said = [
            (one["Name"].rstrip("."), value["Value"])
            for one in page["ResourceRecordSets"]
            for value in one.get("ResourceRecords", [])
        ]
        return (wanted["Name"].rstrip("."), wanted["Value"]) in said

    async def _live(self, arn: str) -> dict[str, Any] | None:
        answer = await self.maybe("describe_certificate", _GONE, CertificateArn=arn)
        return answer["Certificate"] if answer else None

    async def _tags(self, arn: str) -> dict[str, str] | None:
        answer = await self.maybe("list_tags_for_certificate", _GONE, CertificateArn=arn)
        return None if answer is None else tag_map(answer.get("Tags"))


def _zones(properties: Properties) -> list[dict[str, str]]:
    """The tags that keep where the records of domains are to be made."""
    named = [one for one in properties.get("DomainValidationOptions", []) if "HostedZoneId" in one]
    return [
        {"Key": f"{_ZONE}{number}", "Value": f"{one['HostedZoneId']} {one['DomainName']}"}
        for number, one in enumerate(named, 1)
    ]


def _validations(tags: dict[str, str]) -> list[Properties]:
    kept = [tags[key].partition(" ") for key in sorted(tags) if key.startswith(_ZONE)]
    return [{"DomainName": domain, "HostedZoneId": zone} for zone, _, domain in kept]


def _awaited(unproved: list[dict[str, Any]]) -> str:
    records = [one["ResourceRecord"] for one in unproved if "ResourceRecord" in one]
    if records:
        said = sorted({f"{record['Name']} {record['Type']} {record['Value']}" for record in records})
        return f"AWS does not see the DNS record {' and '.join(said)} yet"
    mails = sorted({address for one in unproved for address in one.get("ValidationEmails", [])})
    return f"nobody at {', '.join(mails)} has confirmed yet" if mails else "AWS prepares the certificate"


PROVIDERS = (CertificateProvider,)
