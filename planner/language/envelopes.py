"""The frame of a document (apiVersion, kind, metadata, spec) and where in a stack's folder documents stand."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal, TypeAlias

from pydantic import Field

from panka.planner.component import Spec
from panka.planner.core import Metadata
from panka.planner.diagnostics import Findings, Label, closest, did_you_mean
from panka.planner.language.documents import Document
from panka.planner.language.overlays import Layered
from panka.planner.language.reading import Data
from panka.planner.language.violations import Subject, check
from panka.planner.owner import NAME

CORE_KINDS = ("Stack", "Service", "ComponentInfra", "InfraDefaults")
_APIS = {
    "Stack": "core",
    "Service": "core",
    "ComponentInfra": "infra",
    "InfraDefaults": "infra",
    "TenantConfig": "admin",
}
_FRAME = {"apiVersion", "metadata", "spec"}
_ANY_API = "panka.io/v1"
_NAME = re.compile(NAME)

Layer: TypeAlias = Literal["base", "overlay"]


class Envelope(Spec):
    """Every document's fields."""

    api_version: str
    kind: str
    metadata: Metadata
    spec: dict[str, Any] = Field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Entry:
    """A document whose frame is right, and what was laid over it."""

    kind: str
    name: str
    service: str
    """Empty outside any service."""
    metadata: Metadata
    layers: Layered

    @property
    def title(self) -> str:
        return f"{self.kind} `{self.name}`"

    @property
    def spec(self) -> dict[str, Data]:
        return self.layers.data.get("spec") or {}

    def subject(self) -> Subject:
        return Subject(self.kind, self.title, self.layers)

    def name_label(self, text: str) -> Label:
        return Label(self.layers.document.span(("metadata", "name")), text)


def layer_of(path: str, environment: str | None) -> Layer | None:
    """What the documents of a file are for; None: it holds none, or those of another environment.

    Documents stand in YAML files of the root, of `services/` and its folders, and at any depth of a service's
    `components/`. Every other file belongs to what the stack deploys.
    """
    parts = PurePosixPath(path).parts
    if not path.endswith((".yaml", ".yml")):
        return None
    match parts:
        case (_,) | ("services", _) | ("services", _, _):
            return "base"
        case ("services", _, "components", *_):
            return "base"
        case ("environments", *inside):
            own = environment is not None and (inside[0] == environment or _is_overlay_file(inside, environment))
            return "overlay" if own else None
    return None


def _is_overlay_file(inside: list[str], environment: str) -> bool:
    return len(inside) == 1 and PurePosixPath(inside[0]).stem == environment


def environments(paths: Collection[str]) -> list[str]:
    """The environments that have overlays."""
    parts = (PurePosixPath(path).parts for path in paths if path.endswith((".yaml", ".yml")))
    return sorted(
        {PurePosixPath(one[1]).stem if len(one) == 2 else one[1] for one in parts if one[0] == "environments"}
    )


def service_of(path: str) -> str:
    """The service whose folder a file is in; empty for none."""
    parts = path.split("/", 2)
    return parts[1] if len(parts) > 2 and parts[0] == "services" else ""


def open_envelope(document: Document, kinds: Collection[str], findings: Findings) -> Entry | None:
    """The document's entry; None, and findings, when its frame is wrong."""
    kind = _kind(document, kinds, findings)
    if kind is None:
        return None
    data = _without_nulls(document.data)
    layers = Layered(document, data)
    name = data["metadata"].get("name") if isinstance(data.get("metadata"), dict) else None
    title = f"{kind} `{name}`" if isinstance(name, str) else kind
    envelope = check(Envelope, data, Subject(kind, title, layers, prefix=()), findings)
    if envelope is None:
        return None
    right = [_api_is_right(document, envelope, findings), _names_are_right(document, envelope, findings)]
    if not all(right):
        return None
    service = _service(document, envelope, findings)
    return None if service is None else Entry(kind, envelope.metadata.name, service, envelope.metadata, layers)


def _without_nulls(data: dict[str, Data]) -> dict[str, Data]:
    # A spec of one's own, however empty: what is laid over it is not the document's.
    kept = {"spec": {}, **{key: value for key, value in data.items() if value is not None}}
    if isinstance(kept.get("metadata"), dict):
        kept["metadata"] = {key: value for key, value in kept["metadata"].items() if value is not None}
    return kept


def _kind(document: Document, kinds: Collection[str], findings: Findings) -> str | None:
    kind = document.data.get("kind")
    if not isinstance(kind, str):
        _no_kind(document, findings)
        return None
    if kind in CORE_KINDS or kind in kinds:
        return kind
    label = Label(document.span(("kind",)), "unknown kind")
    if kind == "TenantConfig":
        own = Label(label.span, "given to `panka tenant`")
        findings.add("PK114", "a TenantConfig is no part of a stack", own, help="panka tenant --help")
        return None
    known = [*CORE_KINDS, *sorted(kinds)]
    findings.add(
        "PK102", f"unknown kind `{kind}`", label, notes=(f"kinds: {', '.join(known)}",), help=did_you_mean(kind, known)
    )
    return None


def api_versions(kind: str) -> tuple[str, ...]:
    """What a document of the kind may say as its `apiVersion`, the usual one first."""
    return f"{_APIS.get(kind, 'components')}.panka.io/v1", _ANY_API


def _no_kind(document: Document, findings: Findings) -> None:
    misspelt = None if "kind" in document.data else closest("kind", document.data.keys() - _FRAME)
    if misspelt:
        label = Label(document.span((misspelt,), key=True), "not a field of a document")
        findings.add("PK101", f"unknown field `{misspelt}`", label, help="did you mean `kind`?")
    else:
        label = Label(document.span(("kind",) if "kind" in document.data else ()), "no kind")
        findings.add("PK103", "the document needs the field `kind`", label)


def _api_is_right(document: Document, envelope: Envelope, findings: Findings) -> bool:
    accepted = api_versions(envelope.kind)
    if envelope.api_version in accepted:
        return True
    wanted = accepted[0]
    label = Label(document.span(("apiVersion",)), f"must be {wanted}")
    findings.add("PK113", f"apiVersion `{envelope.api_version}` does not hold the kind {envelope.kind}", label)
    return False


def _names_are_right(document: Document, envelope: Envelope, findings: Findings) -> bool:
    right = True
    for field in ("name", "tenant", "stack", "service", "environment"):
        name = getattr(envelope.metadata, field)
        if name is not None and not _NAME.fullmatch(name):
            right = False
            meant = valid_name(name)
            findings.add(
                "PK109",
                f"`{name}` cannot be a {field}" if field != "name" else f"`{name}` cannot be a name",
                Label(document.span(("metadata", field)), "small letters, digits and `-`, a letter first"),
                help=f"`{meant}` can" if meant else "",
            )
    return right


def valid_name(text: str) -> str:
    """The name closest to a text; empty when nothing of it can stay."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).lstrip("-0123456789")[:63].rstrip("-")


def _service(document: Document, envelope: Envelope, findings: Findings) -> str | None:
    """The service of a component, or the own name of a Service; None when folder and metadata disagree."""
    folder = service_of(document.file.path)
    is_service = envelope.kind == "Service"
    claims = {"name": envelope.metadata.name} if is_service else {}
    if envelope.metadata.service is not None:
        claims["service"] = envelope.metadata.service
    expected = folder or (envelope.metadata.name if is_service else envelope.metadata.service or "")
    for field, claim in claims.items():
        if claim != expected:
            where = f"the folder says `{expected}`" if folder else f"the name says `{expected}`"
            label = Label(document.span(("metadata", field)), where)
            findings.add("PK110", f"{envelope.kind} `{envelope.metadata.name}` says service `{claim}`", label)
            return None
    return expected
