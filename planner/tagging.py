"""Tags as users write them: which are theirs to set, and what AWS takes."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, LiteralString, TypeAlias

from pydantic import AfterValidator, ValidationError
from pydantic_core import InitErrorDetails

from panka.planner.owner import MANAGED_BY
from panka.planner.rules import broken

_KEY = re.compile(r"[\w .:/=+@-]{1,128}")
_VALUE = re.compile(r"[\w .:/=+@-]{0,256}")


def mistakes(tags: Mapping[str, str]) -> Iterator[tuple[str, LiteralString, str]]:
    """The keys of tags that users cannot set, each with a code and what is wrong with the tag."""
    for key, value in tags.items():
        if key.lower().startswith(("aws:", "panka:")) or key == MANAGED_BY:
            yield key, "PK354", f"the tag `{key}` is not the user's"
        elif not _KEY.fullmatch(key):
            yield key, "PK301", f"`{key}` is not a tag: 1 to 128 letters, digits, spaces and `_.:/=+-@`"
        elif "${" not in value and not _VALUE.fullmatch(value):
            yield key, "PK301", f"the value of `{key}` is not a tag's: up to 256 letters, digits, spaces and `_.:/=+-@`"


def _sound(tags: dict[str, str]) -> dict[str, str]:
    # A mapping as the input says that the key is meant, and not its value.
    wrong = [InitErrorDetails(type=broken(code, said), loc=(key,), input={}) for key, code, said in mistakes(tags)]
    if wrong:
        raise ValidationError.from_exception_data("tags", wrong)
    return tags


Tags: TypeAlias = Annotated[dict[str, str], AfterValidator(_sound)]
"""Tags that users set."""
