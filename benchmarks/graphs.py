"""Random graphs of resources that call nothing, as both sides write them."""

import random
from collections.abc import Sequence
from pathlib import Path

LAYER = 50
"""How many nodes are at one depth: dependencies lead to the layer before."""
PIECE = 500
PER_FILE = 50
"""How many documents stand in one of Panka's files."""


def graph(nodes: int) -> list[list[int]]:
    """For each node the two nodes of the layer before that it depends on."""
    draw = random.Random(nodes)
    return [
        sorted(draw.sample(range((node // LAYER - 1) * LAYER, node // LAYER * LAYER), 2)) if node >= LAYER else []
        for node in range(nodes)
    ]


def services(nodes: int) -> list[list[int]]:
    """The same in pieces of 500 that do not depend on each other: nobody's stack of 10,000 is one such graph."""
    one = graph(PIECE)
    pieces = [[[first + node for node in needed] for needed in one] for first in range(0, nodes, PIECE)]
    return [needed for piece in pieces for needed in piece][:nodes]


def for_panka(folder: Path, needs: Sequence[Sequence[int]], name: str = "bench") -> None:
    """A stack of queues, each with its dependencies in `dependsOn`."""
    documents = [_queue(node, needed) for node, needed in enumerate(needs)]
    write_stack(folder, name)
    for first in range(0, len(documents), PER_FILE):
        text = "---\n".join(documents[first : first + PER_FILE])
        (folder / "services" / "bench" / f"part-{first:06d}.yaml").write_text(text)


def write_stack(folder: Path, name: str) -> None:
    """A stack without components, and the folder of a service for them."""
    (folder / "services" / "bench").mkdir(parents=True)
    (folder / "stack.yaml").write_text(
        f"apiVersion: core.panka.io/v1\nkind: Stack\nmetadata:\n  name: {name}\n"
        "spec:\n  provider:\n    name: aws\n    region: eu-west-1\n"
    )


def _queue(node: int, needed: Sequence[int]) -> str:
    lines = ["apiVersion: components.panka.io/v1", "kind: SQS", "metadata:", f"  name: n{node}", "  labels:"]
    lines += ["    team: bench", "spec:", "  visibilityTimeout: 30", f"  delaySeconds: {node % 900}"]
    if needed:
        lines.append("  dependsOn:")
        lines += [f"    - n{other}" for other in needed]
    return "\n".join(lines) + "\n"


def for_terraform(folder: Path, needs: Sequence[Sequence[int]]) -> None:
    """As many of the built-in `terraform_data`, with the same edges."""
    blocks = [
        f'resource "terraform_data" "n{node}" {{\n'
        f"  input = {{ delay = {node % 900}, needs = [{', '.join(f'terraform_data.n{one}.id' for one in needed)}] }}\n"
        "}\n"
        for node, needed in enumerate(needs)
    ]
    (folder / "main.tf").write_text("\n".join(blocks))
