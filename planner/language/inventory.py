"""What documents a stack has: each in its place, each name once, overlays laid on."""

import posixpath
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from panka.planner.core import Metadata
from panka.planner.diagnostics import Findings, Label, Severity, did_you_mean
from panka.planner.language.documents import Source, SourceFile, parse
from panka.planner.language.envelopes import Entry, Layer, environments, layer_of, open_envelope
from panka.planner.language.overlays import overlay
from panka.planner.language.violations import Subject, check


@dataclass(eq=False, slots=True)
class Inventory:
    """Entries by name, in the order of their names."""

    stack: Entry | None = None
    environment: str | None = None
    services: dict[str, Entry] = field(default_factory=dict)
    components: dict[str, Entry] = field(default_factory=dict)
    infra: dict[str, Entry] = field(default_factory=dict)
    defaults: list[Entry] = field(default_factory=list)
    """Those of the whole stack before those of a service."""
    files: dict[str, SourceFile] = field(default_factory=dict)
    """By the name that places carry."""
    complete: bool = True
    """False: some documents could not be read, so that a name that is missing may stand in one of them."""

    def service_names(self) -> set[str]:
        return {*self.services, *(entry.service for entry in self.components.values() if entry.service)}


def take_inventory(source: Source, environment: str | None, kinds: Collection[str], findings: Findings) -> Inventory:
    """Reads every document of a stack for one environment (None: the one that the Stack names)."""
    return _Taking(source, kinds, findings).run(environment)


def _called(root: str) -> str:
    return "this folder" if root in ("", ".") else f"`{root}`"


class _Taking:
    def __init__(self, source: Source, kinds: Collection[str], findings: Findings) -> None:
        self.source = source
        self.paths = sorted(source.paths())
        self.kinds = kinds
        self.findings = findings
        self.taken = Inventory()

    def run(self, environment: str | None) -> Inventory:
        taken = self.taken
        base = list(self._entries("base", None))
        self._stack([entry for entry in base if entry.kind == "Stack"])
        taken.environment = environment or (taken.stack.metadata.environment if taken.stack else None)
        for entry in base:
            self._place(entry)
        overlays = list(self._entries("overlay", taken.environment))
        self._known_environment(overlays)
        for entry in overlays:
            self._lay(entry)
        self._services_have_components()
        for names in (taken.services, taken.components, taken.infra):
            in_order = sorted(names.items())
            names.clear()
            names.update(in_order)
        taken.defaults.sort(key=lambda entry: (entry.service != "", entry.name))
        return taken

    def _entries(self, layer: Layer, environment: str | None) -> Iterator[Entry]:
        for path in self.paths:
            if layer_of(path, environment) == layer and (file := self._file(path)) is not None:
                self.taken.files[file.name] = file
                yield from self._documents(file)

    def _documents(self, file: SourceFile) -> Iterator[Entry]:
        found = Findings()
        for document in parse(file, found):
            entry = open_envelope(document, self.kinds, found)
            if entry is not None:
                yield entry
        if found.all():
            self.taken.complete = False
            self.findings.extend(found.all())

    def _file(self, path: str) -> SourceFile | None:
        root = self.source.root
        single = len(self.paths) == 1 and posixpath.basename(root) == path
        name = root if single else posixpath.normpath(posixpath.join(root, path))
        try:
            return SourceFile(path, name, self.source.read(path).decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            self.findings.add("PK002", f"{name} is not text in UTF-8: byte {error.start} is out of place")
        except OSError as error:
            self.findings.add("PK002", f"{name} cannot be read: {error.strerror or error}")
        self.taken.complete = False
        return None

    def _stack(self, stacks: list[Entry]) -> None:
        if stacks:
            self.taken.stack = stacks[0]
            for other in stacks[1:]:
                first = (stacks[0].name_label("first Stack"),)
                self.findings.add("PK007", "a stack has one Stack", other.name_label("another one"), secondary=first)
        elif self.taken.complete:
            help = "a document of `apiVersion: core.panka.io/v1`, `kind: Stack` names it (panka init writes one)"
            self.findings.add("PK006", f"{_called(self.source.root)} holds no document of kind Stack", help=help)

    def _place(self, entry: Entry) -> None:
        self._agrees(entry)
        match entry.kind:
            case "Stack":
                return
            case "Service":
                self._once(self.taken.services, entry)
            case "ComponentInfra":
                self._once(self.taken.infra, entry)
            case "InfraDefaults":
                self.taken.defaults.append(entry)
            case _:
                self._once(self.taken.components, entry)

    def _once(self, names: dict[str, Entry], entry: Entry) -> None:
        first = names.setdefault(entry.name, entry)
        if first is not entry:
            self.findings.add(
                "PK108",
                f"{entry.title} has the name of another {'component' if entry.kind in self.kinds else entry.kind}",
                entry.name_label("taken"),
                secondary=(first.name_label(f"first used by this {first.kind}"),),
            )

    def _agrees(self, entry: Entry) -> None:
        stack = self.taken.stack
        said = entry.metadata
        expected = {
            "stack": (said.stack, stack.name if stack else None),
            "tenant": (said.tenant, stack.metadata.tenant if stack else None),
            "environment": (said.environment, self.taken.environment if entry is not stack else None),
        }
        for name, (claim, truth) in expected.items():
            if claim is not None and truth is not None and claim != truth:
                label = Label(entry.layers.span(("metadata", name)), f"the stack's {name} is `{truth}`")
                self.findings.add("PK110", f"{entry.title} says {name} `{claim}`", label)

    def _known_environment(self, overlays: list[Entry]) -> None:
        name, known = self.taken.environment, environments(self.paths)
        if name is not None and known and not overlays and name not in known:
            self.findings.add(
                "PK008",
                f"there is no overlay for the environment `{name}`",
                notes=(f"environments with overlays: {', '.join(known)}",),
                help=did_you_mean(name, known),
                severity=Severity.WARNING,
            )

    def _lay(self, over: Entry) -> None:
        self._agrees(over)
        base = self._base_of(over)
        if base is None and over.kind in ("ComponentInfra", "InfraDefaults"):
            self._place(over)
        elif base is None:
            self._lays_on_nothing(over)
        else:
            base.layers = overlay(base.layers, over.layers)
            subject = Subject(base.kind, base.title, base.layers, prefix=("metadata",))
            base.metadata = check(Metadata, base.layers.data["metadata"], subject, self.findings) or base.metadata

    def _base_of(self, over: Entry) -> Entry | None:
        taken = self.taken
        match over.kind:
            case "Stack":
                found = taken.stack
            case "Service":
                found = taken.services.get(over.name)
            case "ComponentInfra":
                found = taken.infra.get(over.name)
            case "InfraDefaults":
                found = next((entry for entry in taken.defaults if entry.name == over.name), None)
            case _:
                found = taken.components.get(over.name)
        return found if found is not None and (found.kind, found.name) == (over.kind, over.name) else None

    def _lays_on_nothing(self, over: Entry) -> None:
        if not self.taken.complete:
            return
        other = self.taken.stack if over.kind == "Stack" else self.taken.components.get(over.name)
        names = [entry.name for entry in (*self.taken.components.values(), *self.taken.services.values())]
        names += [self.taken.stack.name] if over.kind == "Stack" and self.taken.stack else []
        self.findings.add(
            "PK009",
            f"the stack has no {over.title} that this overlay could change",
            over.name_label(f"is of kind {other.kind}" if other and other.kind != over.kind else "no such document"),
            secondary=() if other is None else (other.name_label("declared here"),),
            help="" if other is not None else did_you_mean(over.name, names),
        )

    def _services_have_components(self) -> None:
        inhabited = {entry.service for entry in self.taken.components.values()}
        for service in self.taken.services.values():
            if service.name not in inhabited and self.taken.complete:
                self.findings.add("PK111", f"{service.title} has no components", service.name_label("nobody's service"))
