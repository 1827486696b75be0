"""What `panka explain` says of kinds and their fields."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from panka.cli.views.screen import table
from panka.planner.authoring.consequences import Consequence, Earned, Verdict
from panka.planner.authoring.reference import COMMON, Field

Consequences = Callable[[Field], Consequence | None]
"""What a change of a field does; None where nothing is lowered."""

_WIDTH = 100


def kinds_text(kinds: Mapping[str, str]) -> str:
    """Every kind with its sentence."""
    return table(("KIND", "WHAT IT IS"), sorted(kinds.items()))


def kind_text(
    name: str,
    sentence: str,
    fields: Sequence[Field],
    consequences: Consequences,
    outputs: Mapping[str, str],
    earned: Earned | None,
    example: str,
) -> str:
    """A kind: its fields, what others may refer to and what that earns them, an example."""
    parts = [
        f"{name}: {sentence}",
        "Fields of spec (panka explain KIND.FIELD tells more):\n" + _fields(fields, consequences),
    ]
    if outputs:
        rows = [f"  {output.ljust(max(map(len, outputs)))}  {said}" for output, said in outputs.items()]
        parts.append("Outputs, as ${component.output}:\n" + "\n".join(rows))
    if earned is not None:
        parts.append("Whoever refers to it:\n" + "\n".join(f"  {line}" for line in earned_lines(earned)))
    if example:
        parts.append("Example:\n" + textwrap.indent(example.rstrip(), "  "))
    return "\n\n".join(parts)


def earned_lines(earned: Earned) -> list[str]:
    """What a reference earns, a line for each thing."""
    lines = [f"may {', '.join(earned.actions)}"] if earned.actions else []
    if earned.ports:
        lines.append(
            f"may connect to {'ports' if len(earned.ports) > 1 else 'port'} {', '.join(map(str, earned.ports))}"
        )
    return lines or ["is allowed nothing by it"]


def field_text(kind: str, field: Field, consequence: Consequence | None, consequences: Consequences) -> str:
    """One field, and those inside it."""
    facts = {"type": field.type, "required": "yes" if field.required else ""}
    facts |= {"values": ", ".join(field.choices), "range": field.limits, "default": field.default}
    if consequence is not None:
        facts["a change"] = consequence.words
    lines = [f"  {name.ljust(8)}  {value}" for name, value in facts.items() if value]
    text = f"{kind}.{field.path}\n{_doc(field, '  ')}\n" + "\n".join(lines)
    return f"{text}\n\nFields:\n{_fields(field.fields, consequences)}" if field.fields else text


def field_data(field: Field, consequences: Consequences) -> dict[str, Any]:
    """A field for machines."""
    consequence = consequences(field)
    data = asdict(field) | {"fields": [field_data(one, consequences) for one in field.fields]}
    if consequence is not None:
        data["change"] = {
            "verdict": consequence.verdict.name.lower(),
            "replaced": list(consequence.replaced),
            "comesAndGoes": list(consequence.comes_and_goes),
        }
    return data


def _fields(fields: Sequence[Field], consequences: Consequences) -> str:
    lines: list[str] = []
    for field in fields:
        for one in [field] if field.path in COMMON else field.all():
            indent = "  " * (one.path.count(".") - fields[0].path.count(".") + 1)
            lines.append(f"{indent}{one.name}  {_summary(one, consequences(one))}")
            lines += [_doc(one, f"{indent}    ")] if one.doc else []
    return "\n".join(lines)


def _summary(field: Field, consequence: Consequence | None) -> str:
    said = " | ".join(field.choices) if 0 < len(field.choices) <= 8 else field.type
    words = [said, f"({field.limits})" if field.limits else "", "required" if field.required else ""]
    words += [f"= {field.default}"] if field.default else []
    words += ["  REPLACES"] if consequence is not None and consequence.verdict is Verdict.REPLACES else []
    return " ".join(word for word in words if word)


def _doc(field: Field, indent: str) -> str:
    return textwrap.fill(field.doc, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
