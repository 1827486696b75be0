"""Whatever users write, the planner answers with diagnostics, the same ones every time, and close to the mistake."""

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from panka.planner.assemble import make_plan
from panka.planner.diagnostics import CODES, Diagnostic, errors, in_order
from panka.planner.kinds import KINDS
from panka.planner.lessons import explained
from panka.planner.owner import Scope
from panka.planner.resource import encode
from panka.planner.stack import Options, read_stack
from panka.planner.state import Target

SHOP = Path(__file__).parents[2] / "examples" / "shop"
SCOPE = Scope(tenant="acme", stack="shop", environment="prod")
TARGET = Target(account="111122223333", region="eu-west-1")
STACK = "apiVersion: core.panka.io/v1\nkind: Stack\nmetadata: {name: shop}\n"
MUTATIONS = 1000
MISSED = {"PK202", "PK340"}
"""What is told of a name that there is not."""


@dataclass(frozen=True)
class Files:
    """A stack in memory; `paths` gives the files in the order of the mapping."""

    files: dict[str, bytes]
    root: str = "."

    def paths(self) -> list[str]:
        return list(self.files)

    def read(self, path: str) -> bytes:
        return self.files[path]


def examined(files: dict[str, bytes], environment: str | None = None) -> tuple[Diagnostic, ...]:
    """Reads, compiles and plans as far as that goes; all that is found."""
    draft = read_stack(Files(files), Options(environment=environment))
    if errors(draft.diagnostics):
        return draft.diagnostics
    made = draft.compile(SCOPE, TARGET)
    if not errors(made.diagnostics):
        make_plan(SCOPE, TARGET, made.resources, made.outputs, None, None)
    return in_order((*draft.diagnostics, *made.diagnostics))


def shop() -> dict[str, bytes]:
    return {str(file.relative_to(SHOP)): file.read_bytes() for file in sorted(SHOP.rglob("*")) if file.is_file()}


def test_the_same_stack_is_the_same_bytes_in_any_order_of_files_and_with_any_hash_seed() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import importlib.util as u;"
        "s = u.spec_from_file_location('fuzz', sys.argv[2]); m = u.module_from_spec(s);"
        "sys.modules['fuzz'] = m; s.loader.exec_module(m); print(m.digest(int(sys.argv[3])))"
    )
    packages = str(Path(__file__).parents[2] / "typings")

    digests = {
        subprocess.run(
            [sys.executable, "-c", program, packages, __file__, str(seed)],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in (0, 1, 4242)
    }

    assert digests == {f"{digest(7)}\n"}


def digest(seed: int) -> str:
    """Of everything that the shop compiles to, its files read in an order that the seed decides."""
    order = list(shop().items())
    random.Random(seed).shuffle(order)
    draft = read_stack(Files(dict(order)), Options(environment="prod"))
    made = draft.compile(SCOPE, TARGET)
    said = {
        "resources": [one.model_dump(mode="json") if hasattr(one, "model_dump") else repr(one)
                      for one in made.resources.values()],
        "order": [str(address) for address in made.resources],
        "outputs": encode(made.outputs),
        "assets": sorted(made.assets),
        "notes": made.notes,
        "plan": make_plan(SCOPE, TARGET, made.resources, made.outputs, None, None).id,
    }  # fmt: skip
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


NAMES = st.sampled_from(["jobs", "web", "main-db", "Jobs", "x", "", "@stack", "a" * 70, "web/jobs"])
WORDS = st.sampled_from(
    [
        "${jobs.queueUrl}",
        "${web.url}",
        "${NOPE}",
        "${NOPE:-x}",
        "${",
        "$${x}",
        "${a.b.c}",
        "${stack:a.b}",
        "30s",
        "1Gi",
        "true",
    ]
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-10, 10**12), st.floats(), WORDS, NAMES, st.text(max_size=12))
FIELDS = sorted(
    {name for kind in KINDS.values() for info in kind.spec.model_fields.items() for name in (info[1].alias or info[0],)}
)
KEYS = st.one_of(
    st.sampled_from([*FIELDS, "name", "value", "valueFrom", "component", "enabled", "type", "<<"]), st.text(max_size=6)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
KIND_NAMES = st.sampled_from([*KINDS, "Stack", "Service", "ComponentInfra", "InfraDefaults", "Nope"])
METADATA = st.one_of(st.fixed_dictionaries({"name": NAMES}), VALUES)
SPECS = st.one_of(st.dictionaries(KEYS, VALUES, max_size=5), VALUES)
DOCUMENTS = st.fixed_dictionaries(
    {"apiVersion": st.just("panka.io/v1"), "kind": KIND_NAMES, "metadata": METADATA}, optional={"spec": SPECS}
)
PLACES = st.sampled_from(["services/api/a.yaml", "services/b/b.yaml", "c.yaml", "environments/prod.yaml"])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(PLACES, st.lists(DOCUMENTS, max_size=3), max_size=3))
def test_generated_stacks_never_crash_the_planner(stack: dict[str, list[object]]) -> None:
    files = {path: yaml.safe_dump_all(documents, allow_unicode=True).encode() for path, documents in stack.items()}

    found = examined({"stack.yaml": STACK.encode(), **files}, "prod")

    assert all(one.code in CODES for one in found)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.text(max_size=60), st.text(alphabet="{}[]:-,&*!|>'\"% \n\tab#", max_size=60)))
def test_any_text_is_read_or_told_to_be_broken(text: str) -> None:
    found = examined({"stack.yaml": STACK.encode(), "services/api/a.yaml": text.encode("utf-8", "surrogatepass")})

    assert all(one.code in CODES for one in found)


@dataclass(frozen=True)
class Mutation:
    what: str
    path: str
    lines: range
    """Where the mistake was made, and for what is gone also where it was."""
    files: dict[str, bytes]
    renames: bool
    """Whether something is called otherwise now: that is missed by whoever uses the old name."""

    def told(self, found: tuple[Diagnostic, ...]) -> bool:
        labels = [label for one in found for label in (one.label, *one.secondary) if label is not None]
        if any(self.path in one.summary for one in found if one.label is None):
            return True
        if self.renames and any(one.code in MISSED for one in found):
            return True
        return any(label.span.file == self.path and label.span.line in self.lines for label in labels)


@dataclass(frozen=True)
class Entry:
    """A key and its value in a file, with the line of the key that holds them."""

    key: yaml.Node
    value: yaml.Node
    holder: int


def entries(node: yaml.Node, holder: int) -> Iterator[Entry]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield Entry(key, value, holder)
            yield from entries(value, key.start_mark.line)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from entries(item, holder)


SCALAR_VALUES = ("-1", "99999999999", '""', "~", "x" * 300, "${NOPE}", "${nope.out}", "'a b!'", "no", "0.5", "[]", "{}")


def edited(text: str, entry: Entry, how: str, rng: random.Random) -> tuple[int, int, str]:
    """The stretch that is replaced, and by what."""
    key, value = entry.key, entry.value
    first, last = key.start_mark.index, value.end_mark.index
    written = text[value.start_mark.index : last].rstrip()
    end = max(value.start_mark.index + len(written), key.end_mark.index)
    if how == "delete":
        return first, end, ""
    if how == "rename":
        at = rng.randrange(len(key.value))
        return first, key.end_mark.index, key.value[:at] + rng.choice("xqz_") + key.value[at + 1 :]
    if how == "duplicate":
        flow = "\n" not in text[text.rfind("\n", 0, first) + 1 : first] and text[:first].rstrip()[-1:] in ("{", ",")
        gap = ", " if flow else "\n" + " " * key.start_mark.column
        return end, end, f"{gap}{text[first:end]}"
    if how == "swap":
        new = "[word]" if isinstance(value, yaml.MappingNode) else "{word: true}" if "${" in written else "{word: x}"
        return value.start_mark.index, end, new
    if how == "break" and "${" in written:
        at = written.index("${") + 2 + rng.randrange(3)
        return value.start_mark.index, end, written[:at] + rng.choice(["q", "", "."]) + written[at + 1 :]
    return value.start_mark.index, end, rng.choice(SCALAR_VALUES)


def mutated(files: dict[str, bytes], rng: random.Random) -> Mutation:
    path = rng.choice([one for one in files if one.endswith(".yaml")])
    text = files[path].decode()
    entry = rng.choice([one for root in yaml.compose_all(text) for one in entries(root, root.start_mark.line)])
    how = rng.choice(["delete", "rename", "duplicate", "change", "change", "swap", "break"])
    start, end, new = edited(text, entry, how, rng)
    changed = text[:start] + new + text[end:]
    first = text.count("\n", 0, start) + 1
    lines = [first, *range(first, first + new.count("\n") + 1), entry.key.start_mark.line + 1]
    if how == "delete":
        lines += [entry.holder + 1, first - 1, first + 1]
    what = f"{how} `{entry.key.value}`: {text[start:end]!r} -> {new!r} at {path}:{first}"
    renames = entry.key.value in ("name", "id")
    return Mutation(what, path, range(min(lines), max(lines) + 1), {**files, path: changed.encode()}, renames)


def small_stacks() -> list[dict[str, bytes]]:
    sys.path.insert(0, str(Path(__file__).parent))
    from test_lessons import TENANT, completed

    shown = [completed(lesson.right).files for lesson in (explained(code) for code in sorted(CODES)) if lesson.right]
    return [{name: text.encode() for name, text in files.items()} for files in shown if TENANT not in files]


def strays(number: int, seed: int = 20) -> list[str]:
    """Of so many mutations those that neither compile nor are told where they stand."""
    rng = random.Random(seed)
    big, small = shop(), small_stacks()
    found = []
    for turn in range(number):
        mutation = mutated(big if turn % 5 == 0 else rng.choice(small), rng)
        told = examined(mutation.files)
        if errors(told) and not mutation.told(told):
            found.append(f"{mutation.what}\n     {[f'{one.code} {one.summary}' for one in told][:3]}")
    return found


def test_a_mutation_of_a_valid_stack_is_told_at_its_line_or_compiles() -> None:
    assert strays(MUTATIONS) == []
