"""Writes planner/resource_types.json from the CloudFormation schemas that cfn-lint ships.

`python tools/resource_types.py` writes the file; with `--check` it only says, with exit code 1, that the file is stale.
"""

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]

TARGET = Path(__file__).parent.parent / "planner" / "resource_types.json"
REGION = "us-east-1"  # has more types than any other region
HANDLERS = ("create", "read", "update", "delete", "list")


def schema_folder() -> Path:
    """Where cfn-lint keeps its schemas. It is looked up, not imported: the import alone takes seconds."""
    spec = importlib.util.find_spec("cfnlint")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("cfn-lint is not installed; it is in the extra `test`.")
    return Path(spec.submodule_search_locations[0]) / "data" / "schemas"


def schemas(folder: Path) -> dict[str, Schema]:
    """Every type's schema, by type, sorted."""
    index: dict[str, str] = json.loads((folder / "providers" / f"{REGION}.json").read_text())
    return {type: json.loads((folder / "resources" / f"{index[type]}.json").read_text()) for type in sorted(index)}


def paths(schema: Schema, key: str) -> str:
    """`/properties/A/B` becomes `A.B`; many are joined by spaces."""
    found = (pointer.removeprefix("/properties/").replace("/", ".") for pointer in schema.get(key, ()))
    return " ".join(sorted(set(found)) if key != "primaryIdentifier" else found)


def target(schema: Schema, node: Schema) -> Schema:
    """The schema that a chain of `$ref` ends at."""
    while "$ref" in node:
        found = schema
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        node = found
    return node


def tags(schema: Schema) -> str:
    """`Tags list +`: the property that takes tags, its shape, and whether they can change later; empty without tags."""
    said = schema.get("tagging", {})
    pointer = said.get("tagProperty", "/properties/Tags" if said.get("taggable", schema.get("taggable", True)) else "")
    name = pointer.removeprefix("/properties/")
    if name not in schema["properties"]:
        return ""
    shape = target(schema, schema["properties"][name])
    form = "list" if shape.get("type") == "array" else "map"
    return f"{name} {form} {'+' if said.get('tagUpdatable', True) else '-'}"


def list_needs(schema: Schema) -> str:
    """What a list must or, where nothing is a must, can be told."""
    asks = schema.get("handlers", {}).get("list", {}).get("handlerSchema", {})
    return " ".join(sorted(asks.get("required") or asks.get("properties", ())))


def timeouts(schema: Schema) -> str:
    """`create:60 update:90`: the minutes that AWS's handlers give themselves, where they say so."""
    handlers = schema.get("handlers", {})
    said = {name: handlers.get(name, {}).get("timeoutInMinutes") for name in ("create", "update", "delete")}
    return " ".join(f"{name}:{minutes}" for name, minutes in said.items() if minutes)


def facts(schema: Schema) -> list[str]:
    """One type's row, in the order in which planner/resource_types.py reads it."""
    return [
        " ".join(sorted(schema.get("required", ()))),
        paths(schema, "createOnlyProperties"),
        paths(schema, "conditionalCreateOnlyProperties"),
        paths(schema, "readOnlyProperties"),
        paths(schema, "writeOnlyProperties"),
        paths(schema, "primaryIdentifier"),
        tags(schema),
        " ".join(handler for handler in HANDLERS if handler in schema.get("handlers", {})),
        " ".join(sorted(schema["properties"])),
        list_needs(schema),
        timeouts(schema),
    ]


def rendered(folder: Path) -> str:
    """The file's text: one line per type, so that a change of the schemas shows as a readable difference."""
    source = json.loads((folder / "version.json").read_text())["schema_date"]
    rows = [
        f"{json.dumps(type)}:{json.dumps(facts(schema), separators=(',', ':'))}"
        for type, schema in schemas(folder).items()
    ]
    return f'{{"schemas":{json.dumps(source)},"types":{{\n' + ",\n".join(rows) + "\n}}\n"


def main(arguments: list[str]) -> int:
    text = rendered(schema_folder())
    if arguments == ["--check"]:
        if TARGET.exists() and TARGET.read_text() == text:
            return 0
        print(f"{TARGET} is stale: run `make resource-types`.", file=sys.stderr)
        return 1
    TARGET.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
