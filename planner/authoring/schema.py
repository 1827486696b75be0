"""The JSON Schema (draft-07) of a stack's documents, from which editors complete and check while people write."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from panka.planner.authoring.reference import ABOUT, SURROUNDINGS, JsonSchema, about
from panka.planner.component import Kind
from panka.planner.core import Metadata
from panka.planner.language.envelopes import api_versions
from panka.planner.owner import NAME
from panka.planner.units import ANY_CASE

FILE = "panka.schema.json"
"""What the schema is called beside a stack."""
OVERLAY_FILE = "panka.overlay.schema.json"
"""What the one for documents of `environments/` is called."""

_EXPRESSION = r"\$\{"
_AS_TEXT = {
    "integer": rf"^[-+]?[0-9]+$|{_EXPRESSION}",
    "number": rf"^[-+]?[0-9]*\.?[0-9]+$|{_EXPRESSION}",
    "boolean": rf"^([Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|[Nn]o|[Oo]n|[Oo]ff)$|{_EXPRESSION}",
    "array": _EXPRESSION,
    "object": _EXPRESSION,
}
"""The texts that a field of another type takes: what reads as one, and an expression."""
_LIMITS = {"ge": "minimum", "le": "maximum", "gt": "exclusiveMinimum", "lt": "exclusiveMaximum"}
_KEPT = (
    "description", "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "required", "propertyNames",
)  # fmt: skip


def schema(kinds: Mapping[str, Kind], *, overlay: bool = False) -> JsonSchema:
    """The schema of one document: a known kind, and the spec of that kind.

    Every field takes null, which is the same as leaving it out, and `${…}` whatever its type. In an overlay no field
    of a spec is required, as the document that it is laid over has it.
    """
    specs = SURROUNDINGS | {name: kind.spec for name, kind in kinds.items()}
    said = ABOUT | {name: about(kind) for name, kind in kinds.items()}
    definitions: dict[str, JsonSchema] = {}
    names = _definitions(Metadata, "Metadata", definitions)
    definitions[names]["properties"]["name"] |= {"type": "string", "pattern": NAME}
    rules = [_rule(name, specs[name], said[name], definitions) for name in sorted(specs)]
    if overlay:
        rules = [{**rule, "then": {"properties": rule["then"]["properties"]}} for rule in rules]
        definitions = {name: one if name == names else _nothing_required(one) for name, one in definitions.items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A document of a Panka stack",
        "type": "object",
        "additionalProperties": False,
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"type": "string", "description": "The family of the kind, with its version."},
            "kind": {"description": "What the document declares.", "enum": sorted(specs)},
            "metadata": {"$ref": f"#/definitions/{names}"},
            "spec": {"description": "What is wanted; the fields are the kind's own.", "type": ["object", "null"]},
        },
        "allOf": rules,
        "definitions": definitions,
    }


def _rule(name: str, spec: type[BaseModel], said: str, definitions: dict[str, JsonSchema]) -> JsonSchema:
    """What holds of the documents of one kind."""
    defined = _definitions(spec, name, definitions)
    definitions[defined]["description"] = said
    then: JsonSchema = {
        "properties": {
            "apiVersion": {"enum": list(api_versions(name))},
            "spec": {"$ref": f"#/definitions/{defined}"},
        }
    }
    if definitions[defined].get("required"):
        then["required"] = ["spec"]
    return {"if": {"properties": {"kind": {"const": name}}, "required": ["kind"]}, "then": then}


def _nothing_required(definition: JsonSchema) -> JsonSchema:
    return {key: value for key, value in definition.items() if key != "required"}


def _definitions(model: type[BaseModel], name: str, definitions: dict[str, JsonSchema]) -> str:
    """Adds a model's definition and those that it refers to; the name of its own."""
    written = model.model_json_schema(by_alias=True, ref_template=f"#/definitions/{name}.{{model}}")
    for inner, one in written.pop("$defs", {}).items():
        definitions[f"{name}.{inner}"] = _opened(one)
    # The root is no value of a field: an expression cannot stand for it.
    root = _opened(written)
    definitions[name] = {key: value for key, value in root.items() if key != "pattern"} | {"type": ["object", "null"]}
    return name


def _opened(node: JsonSchema) -> JsonSchema:
    """One of pydantic's nodes in draft-07, as this language reads values."""
    kept = {_LIMITS.get(key, key): value for key, value in node.items() if key in _KEPT or key in _LIMITS}
    if kept.get("default", "") is None:
        del kept["default"]
    if "$ref" in node:
        return {**kept, "allOf": [{"$ref": node["$ref"]}]} if kept else {"$ref": node["$ref"]}
    branches = [one for one in (*node.get("anyOf", ()), *node.get("oneOf", ())) if one.get("type") != "null"]
    if branches:
        case = {ANY_CASE: True} if node.get(ANY_CASE) else {}
        return {**kept, **_either([_opened({**one, **case}) for one in branches])}
    if "enum" in node or "const" in node:
        return {**kept, **_choice(_cased(node, node.get("enum", [node.get("const")])))}
    return {**kept, **_typed(node)}


def _typed(node: JsonSchema) -> JsonSchema:
    kind = node.get("type")
    if kind is None:
        return {}
    if kind == "string":
        # Unquoted numbers and booleans are text where text is wanted.
        pattern = {"pattern": f"(?:{node['pattern']})|{_EXPRESSION}"} if "pattern" in node else {}
        return {"type": ["string", "number", "boolean", "null"], **pattern}
    # Keywords hold for their own type only, so that one list of types says more to a reader than an `anyOf`.
    opened: JsonSchema = {"type": [kind, "string", "null"], "pattern": _AS_TEXT[kind]}
    if kind == "array":
        opened["items"] = _opened(node.get("items", {}))
    if "properties" in node:
        opened["properties"] = {name: _opened(one) for name, one in node["properties"].items()}
    if "additionalProperties" in node:
        more = node["additionalProperties"]
        opened["additionalProperties"] = _opened(more) if isinstance(more, dict) else more
    return opened


def _cased(node: JsonSchema, words: list[Any]) -> list[Any]:
    """The words, and where the field does not mind their case the others too."""
    if not node.get(ANY_CASE):
        return words
    return list(dict.fromkeys(form for word in words for form in (word, word.lower(), word.upper())))


def _choice(values: list[Any]) -> JsonSchema:
    """One of a few values, also written as text, or an expression."""
    words = [str(value) for value in values if isinstance(value, int) and not isinstance(value, bool)]
    words += [str(value).lower() for value in values if isinstance(value, bool)]
    return {"anyOf": [{"enum": [*values, *words, None]}, {"type": "string", "pattern": _EXPRESSION}]}


def _either(branches: list[JsonSchema]) -> JsonSchema:
    """One of several types; what fits into a single list of types is put into one."""
    if len(branches) == 1:
        (only,) = branches
        return only
    if any(set(one) - {"type", "pattern"} for one in branches):
        return {"anyOf": branches}
    types = list(dict.fromkeys(kind for one in branches for kind in one["type"]))
    free = any("string" in one["type"] and "pattern" not in one for one in branches)
    return {"type": types} if free else {"type": types, "pattern": "|".join(one["pattern"] for one in branches)}
