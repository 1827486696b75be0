"""What the checks of a stack's documents share: scopes of variables, names, and where findings go."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from panka.planner.component import Kind
from panka.planner.diagnostics import Findings, Label
from panka.planner.language.connections import Directory
from panka.planner.language.envelopes import Entry
from panka.planner.language.expansion import Expansion, Reference
from panka.planner.language.expressions import Variables
from panka.planner.language.inventory import Inventory
from panka.planner.language.reading import Data
from panka.planner.language.violations import M, check
from panka.planner.tagging import mistakes


@dataclass(eq=False, slots=True)
class Review:
    inventory: Inventory
    kinds: Mapping[str, Kind]
    variables: Variables
    findings: Findings
    directory: Directory = field(init=False)
    _labels: dict[Entry, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.directory = Directory(self.inventory, self.kinds)

    def expansion(self, entry: Entry) -> Expansion:
        """A walk through the entry's values in the scope of its service, and of a component in its own."""
        own = written_variables(entry) if entry.kind in self.kinds else {}
        variables = self.variables.within(entry.service, own) if own else self.variables
        return Expansion(entry.layers, variables, entry.service, self.findings)

    def checked(self, model: type[M], data: Data, entry: Entry, walk: Expansion) -> M | None:
        """The data as the model. What follows from a finding of the walk is not told again."""
        found = Findings()
        checked = check(model, data, entry.subject(), found)
        self.findings.extend(one for one in found.all() if one.label is None or one.label.span not in walk.broken)
        return checked

    def too_early(self, references: Iterable[Reference], entry: Entry, where: str) -> None:
        """Tells of outputs where only values may stand that are known before the run."""
        for one in references:
            label = Label(one.output_span(entry.layers), "known only after apply")
            self.findings.add("PK207", f"{where} of {entry.title} cannot hold an output", label)

    def labels(self, entry: Entry) -> dict[str, str]:
        """The entry's labels with variables put in."""
        if entry not in self._labels:
            self._labels[entry] = self._read_labels(entry) if entry.metadata.labels else {}
        return self._labels[entry]

    def _read_labels(self, entry: Entry) -> dict[str, str]:
        path = ("metadata", "labels")
        walk = self.expansion(entry)
        labels: dict[str, str] = walk.values(entry.metadata.labels, path)
        self.too_early(walk.references, entry, "a label")
        for key, code, sentence in mistakes(labels):
            self.findings.add(code, sentence, Label(entry.layers.span((*path, key), key=True), "becomes a tag"))
        return labels


def written_variables(entry: Entry | None) -> dict[str, str]:
    """The `variables` of a document as they are written; what is no text is left to the schema."""
    variables = entry.spec.get("variables") if entry else None
    if not isinstance(variables, dict):
        return {}
    return {key: value or "" for key, value in variables.items() if value is None or isinstance(value, str)}


def spec_values(entry: Entry, walk: Expansion) -> dict[str, Data]:
    """The spec with variables put in, except in its `variables`: what those hold belongs to whoever uses them."""
    spec = dict(entry.spec)
    own = spec.pop("variables", None)
    values: dict[str, Data] = walk.values(spec, ("spec",))
    return values if own is None else {**values, "variables": own}
