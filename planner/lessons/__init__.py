"""What `panka explain PK203` and the page of diagnostics teach of each code: the mistake, and how it is mended."""

from dataclasses import dataclass
from typing import NamedTuple

from panka.planner.diagnostics import CODES


class Lesson(NamedTuple):
    """A paragraph on a mistake, with YAML that shows it and YAML that does not.

    The YAML leaves out what every stack has: `apiVersion`, and the Stack where the lesson is not about it. A comment
    that is a path (`# environments/prod.yaml`) begins a file.
    """

    text: str
    wrong: str = ""
    right: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """Everything that is said of one code."""

    code: str
    title: str
    text: str
    wrong: str
    right: str


def explained(code: str) -> Explained:
    """What there is to say of a code. Raises `KeyError` for one that no diagnostic carries."""
    from panka.planner.lessons.documents import DOCUMENT_LESSONS  # noqa: PLC0415  # only who asks pays for the texts
    from panka.planner.lessons.fields import FIELD_LESSONS  # noqa: PLC0415  # as above
    from panka.planner.lessons.lowering import LOWERING_LESSONS  # noqa: PLC0415  # as above
    from panka.planner.lessons.references import REFERENCE_LESSONS  # noqa: PLC0415  # as above
    from panka.planner.lessons.rules import RULE_LESSONS  # noqa: PLC0415  # as above
    from panka.planner.lessons.services import SERVICE_LESSONS  # noqa: PLC0415  # as above
    from panka.planner.lessons.storage import STORAGE_LESSONS  # noqa: PLC0415  # as above
    from panka.planner.lessons.workloads import WORKLOAD_LESSONS  # noqa: PLC0415  # as above

    title, sentence = CODES[code]
    families = (
        DOCUMENT_LESSONS,
        FIELD_LESSONS,
        REFERENCE_LESSONS,
        RULE_LESSONS,
        WORKLOAD_LESSONS,
        STORAGE_LESSONS,
        SERVICE_LESSONS,
        LOWERING_LESSONS,
    )
    lesson = next((family[code] for family in families if code in family), Lesson(""))
    return Explained(code, title, f"{sentence} {lesson.text}".strip(), lesson.wrong, lesson.right)
