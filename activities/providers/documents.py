"""JSON documents (policies) inside properties: AWS takes and tells them as text, properties hold them as mappings."""

import json
from typing import Any


def written(value: Any) -> str:
    """A document as AWS takes it; text stays as it is."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), sort_keys=True)


def parsed(text: str) -> Any:
    """A document as properties hold it."""
    return json.loads(text)


def as_parsed(value: Any) -> Any:
    """A property that may be text or mapping, as a mapping."""
    return parsed(value) if isinstance(value, str) else value
