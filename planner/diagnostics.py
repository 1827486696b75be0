"""What is said to a user about a mistake: a code, one sentence, the place, and what to do."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from panka.planner.rules import RULES, TITLES


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one line; line and columns count from 1, `end_column` is the first column behind it."""

    file: str
    line: int
    column: int
    end_column: int


Spot: TypeAlias = Callable[[], Span]
"""A place that is looked up when a message needs it: that reads the file once more."""


@dataclass(frozen=True, slots=True)
class Label:
    """A place and what is said of it."""

    span: Span
    text: str = ""
    secret: bool = False
    """The line holds a secret, so that nobody may quote it."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake. The summary names the thing; label and notes say the rest."""

    code: str
    summary: str
    label: Label | None = None
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str = ""
    severity: Severity = Severity.ERROR

    @property
    def order(self) -> tuple[str, int, int, str, str]:
        """By file and line; what has no place comes first."""
        if self.label is None:
            return ("", 0, 0, self.code, self.summary)
        span = self.label.span
        return (span.file, span.line, span.column, self.code, self.summary)


class Invalid(Exception):
    """The user's stack cannot be used; `diagnostics` says why."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = in_order(diagnostics)
        super().__init__("; ".join(one.summary for one in self.diagnostics))


class Findings:
    """Collects diagnostics while a stack is read."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def add(
        self,
        code: str,
        summary: str,
        label: Label | None = None,
        *,
        secondary: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        help: str = "",
        severity: Severity = Severity.ERROR,
    ) -> None:
        self._found.append(Diagnostic(code, summary, label, secondary, notes, help, severity))

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        self._found.extend(diagnostics)

    def all(self) -> tuple[Diagnostic, ...]:
        """Everything found, sorted by file and line, each once."""
        return in_order(self._found)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sorted by file and line, each once."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=lambda one: one.order))


def label_of(place: str, text: str = "") -> Label | None:
    """The label of a `file:line:column`; None of an empty one."""
    file, line, column = place.rsplit(":", 2) if place.count(":") > 1 else ("", "", "")
    return Label(Span(file, int(line), int(column), int(column) + 1), text) if file else None


def errors(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(one for one in diagnostics if one.severity is Severity.ERROR)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question that names the closest known word; empty when none is close."""
    word = closest(word, known)
    return f"did you mean `{word}`?" if word else ""


def closest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like a word, capitals aside; empty when none is close."""
    candidates = {one.lower(): one for one in sorted(known, reverse=True)}
    close = difflib.get_close_matches(word.lower(), sorted(candidates), n=1, cutoff=0.6)
    return candidates[close[0]] if close else ""


def listed(words: Sequence[str]) -> str:
    """`a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else ""


class Code(NamedTuple):
    title: str
    explanation: str


CODES: dict[str, Code] = {
    "PK001": Code("broken YAML", "The file is not YAML. Everything after the place is left unread."),
    "PK002": Code("unreadable file", "A stack's files are text in UTF-8 that the user may read."),
    "PK003": Code("duplicate key", "A mapping names a key twice. YAML would keep the last one and lose the first."),
    "PK004": Code("tag not allowed", "Values are plain YAML: text, numbers, booleans, null, lists and mappings."),
    "PK005": Code("not a document", "Every document is a mapping of apiVersion, kind, metadata and spec."),
    "PK006": Code("no Stack", "A stack has one document of kind Stack, which names it."),
    "PK007": Code("several Stacks", "A stack has one document of kind Stack."),
    "PK008": Code("environment without overlay", "The stack has overlays, but none for the environment in use."),
    "PK009": Code("overlay of nothing", "An overlay changes a document of the same kind and name."),
    "PK101": Code("unknown field", "A field that nothing reads is a mistake, most often in its spelling."),
    "PK102": Code("unknown kind", "`kind` names a kind that a stack can hold."),
    "PK103": Code("missing field", "The field has no default, so it must be given."),
    "PK104": Code("not one of the choices", "The field takes one of a few words."),
    "PK105": Code("out of range", "The number is below or above what the field takes."),
    "PK106": Code(
        "wrong type", "The field takes text, a number, true or false, a list or a mapping, and was given another."
    ),
    "PK107": Code("value refused", "The value's type is right, but its form or length is not."),
    "PK108": Code("duplicate name", "Names of components are unique in a stack; names of services are, too."),
    "PK109": Code(
        "bad name", "Names are 1 to 63 small letters, digits and `-`; they begin with a letter, end without `-`."
    ),
    "PK110": Code("places disagree", "What metadata says and what folder, stack or options say must be the same."),
    "PK111": Code("service without components", "A Service document describes components; this service has none."),
    "PK112": Code("field without effect", "ComponentInfra sets a field that this kind of component does not have."),
    "PK113": Code("wrong apiVersion", "The apiVersion does not hold the kind."),
    "PK114": Code("not part of a stack", "TenantConfig is given to `panka tenant`, not written in a stack."),
    "PK201": Code("unknown output", "A reference names an output that the component does not have."),
    "PK202": Code("unknown component", "A reference names a component or service that the stack does not have."),
    "PK203": Code("dependency cycle", "Each waits for the next and the last for the first, so none can be made."),
    "PK204": Code("target lets nobody in", "A component sends to another one whose kind cannot be sent to."),
    "PK205": Code("unknown variable", "No scope gives the variable: --var, the service, the stack, PANKA_VAR_…"),
    "PK206": Code("malformed expression", "`${…}` holds a variable or an output; `$${` is a literal `${`."),
    "PK207": Code("value needed before the run", "An output is known only after apply; this field is read before."),
    "PK208": Code("unknown output of another stack", "The record of the other stack does not hold the output."),
    "PK209": Code("variables in a circle", "A variable's value leads back to the variable."),
    "PK351": Code("unknown part", "`overrides` names a part that the component does not become."),
    "PK352": Code("override that does not fit", "The path of an override leads through a value that holds no others."),
    "PK353": Code("file not found", "A path names no file or folder of the stack."),
    "PK354": Code("reserved tag", "Tags that begin with `aws:` or `panka:`, and `managed-by`, are not the user's."),
    "PK355": Code("conflicting demands", "Two components want different things of what they share."),
    "PK356": Code("secret in plain sight", "A variable has what looks like a secret as its value."),
    "PK357": Code("name taken", "Two components would bear one name in AWS, which gives it once."),
    "PK361": Code("block that contradicts the stack", "`moved` and `removed` name what the stack no longer has."),
    "PK362": Code("import of what is on record", "An `import` names what belongs to another resource of the stack."),
    "PK363": Code("delete that breaks a reference", "What is left out of the plan needs what the plan would delete."),
    "PK364": Code("import of what is not there", "An `import` names what AWS does not have."),
    "PK365": Code(
        "import that cannot be taken over",
        "What an `import` names differs from the stack in what cannot change in place, or is another tenant's.",
    ),
    "PK366": Code("type that nobody can make", "Neither Panka nor AWS's Cloud Control API can make the resource type."),
    "PK367": Code("output that others use", "Other stacks have taken in what the plan would take away."),
    "PK368": Code("data in a protected environment", "The tenant lets nothing that holds data go in this environment."),
    "PK369": Code("what must not be destroyed", "The record says that nothing may delete or replace the resource."),
    "PK371": Code("more than the tenant may have", "A tenant's `limits` say how much of a thing one stack may hold."),
    "PK372": Code("kind that the tenant may not have", "A tenant's `allowedResources` name the kinds of its stacks."),
    "PK373": Code(
        "place that the tenant does not have", "A tenant may name the account, environments and regions of its stacks."
    ),
    **{code: Code(TITLES.get(code, "rule between fields"), sentence) for code, sentence in RULES.items()},
}
"""Every code that a diagnostic may carry. Codes are stable: a code never gets another meaning."""
