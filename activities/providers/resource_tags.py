"""Tags that a service keeps by ARN, as RDS, DocumentDB and ElastiCache do."""

from panka.activities.providers.ownership import retagged
from panka.activities.providers.provider import Provider, tag_list, tag_map
from panka.planner.resource import Properties


async def tags_of(provider: Provider, arn: str, gone: frozenset[str]) -> dict[str, str] | None:
    """The tags of a resource; None when it is gone."""
    answer = await provider.maybe("list_tags_for_resource", gone, ResourceName=arn)
    return None if answer is None else tag_map(answer.get("TagList"))


async def retag(provider: Provider, arn: str, old: Properties, new: Properties) -> None:
    """Brings the tags of a resource to those of `new`."""
    put, removed = retagged(old, new)
    if put:
        await provider.call("add_tags_to_resource", ResourceName=arn, Tags=tag_list(put))
    if removed:
        await provider.call("remove_tags_from_resource", ResourceName=arn, TagKeys=removed)
