"""moto's server without what it does again and again: a suite of thousands of calls waits for it more than for Panka.

It answers the same. Only of AWS's own policies it has few: to make all 1,500 anew takes two seconds after every reset.
"""

import json
from functools import cache
from typing import Any

import moto.backends
import moto.core.responses
import moto.iam.models
from moto.ec2.models.tags import TagBackend
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix
from moto.server import main

ATTACHED = {
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AdministratorAccess",
    "PowerUserAccess",
}
"""Those that Panka attaches, and those that tests name."""
_PATTERN = frozenset("*?[\\")
_describe_tags = TagBackend.describe_tags


def tags_described(backend: TagBackend, filters: dict[str, list[str]] | None = None) -> list[dict[str, Any]]:
    """Of one resource moto asks in every look at it, and goes through the tags of all others for that."""
    named = filters["resource-id"] if filters and filters.keys() == {"resource-id"} else []
    if len(named) != 1 or _PATTERN & set(named[0]):
        return _describe_tags(backend, filters)
    (id,) = named
    type = EC2_PREFIX_TO_RESOURCE.get(get_prefix(id), "")
    tags = backend.tags.get(id, {})
    return [{"resource_id": id, "key": key, "value": tags[key], "resource_type": type} for key in list(tags)]


if __name__ == "__main__":
    every = json.loads(moto.iam.models.aws_managed_policies_data)
    moto.iam.models.aws_managed_policies_data = json.dumps({name: every[name] for name in sorted(ATTACHED)})
    modules = tuple(moto.backends.list_of_moto_modules())  # a look into the file system, with every call
    moto.backends.list_of_moto_modules = lambda: modules
    moto.core.responses.method_names_from_class = cache(moto.core.responses.method_names_from_class)
    TagBackend.describe_tags = tags_described  # type: ignore[method-assign]
    main()
