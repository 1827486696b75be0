"""Buckets that call functions which know the bucket: the circle is cut where a name is known early."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from panka.planner.resource import Address, Ref, Resource, Text, substitute, text


def untie(resources: dict[Address, Resource], callers: Iterable[Address], partition: str, region: str) -> list[Address]:
    """Changes in place what stands before a calling bucket and refers to it; the buckets that still need themselves."""
    tied = []
    for caller in callers:
        early = _early(resources[caller], partition, region)
        for address in needed_by(resources, caller):
            one = resources[address]
            # What the bucket's own component says of it needs the bucket itself, not only its name.
            if address.component != caller.component and caller in one.dependencies():
                resources[address] = replace(one, properties=substitute(one.properties, early))
        if caller in needed_by(resources, caller):
            tied.append(caller)
    return tied


def needed_by(resources: dict[Address, Resource], start: Address) -> set[Address]:
    """Everything that a resource waits for, directly or through others."""
    found: set[Address] = set()
    waiting = [start]
    while waiting:
        for address in resources[waiting.pop()].dependencies():
            if address in resources and address not in found:
                found.add(address)
                waiting.append(address)
    return found


def _early(bucket: Resource, partition: str, region: str) -> Callable[[Ref], Ref | Text | str]:
    """What is known of a bucket as soon as its name is."""
    written = bucket.properties.get("BucketName")
    name: Ref | str | None = written if isinstance(written, str) else None
    if bucket.name is not None:
        name = Ref(bucket.address, bucket.name.property, early=True)

    def known(ref: Ref) -> Ref | Text | str:
        if ref.address != bucket.address or name is None:
            return ref
        suffix = ".amazonaws.com.cn" if partition == "aws-cn" else ".amazonaws.com"
        match ref.attribute:
            case "BucketName" | "Id":
                return name
            case "Arn":
                return text(f"arn:{partition}:s3:::", name)
            case "DomainName":
                return text(name, f".s3{suffix}")
            case "RegionalDomainName":
                return text(name, f".s3.{region}{suffix}")
        return ref

    return known
