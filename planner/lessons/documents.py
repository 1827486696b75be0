"""Lessons on files, documents and the stack's frame: PK001 to PK009."""

from panka.planner.lessons import Lesson

DOCUMENT_LESSONS: dict[str, Lesson] = {
    "PK001": Lesson(
        "Most often a bracket or a quote stays open, a list item is indented otherwise than the items before it, "
        "or a tab stands where YAML wants spaces. The parser stops where it can no longer go on, which may be a "
        "line below the cause. Names that are missing elsewhere are not told until the file can be read, as they "
        "may stand in it.",
        """\
kind: SQS
metadata: {name: jobs
spec:
  visibilityTimeout: 30
""",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  visibilityTimeout: 30
""",
    ),
    "PK002": Lesson(
        "A file in another encoding (Latin-1, UTF-16) is not guessed at: save it as UTF-8. Files that are no "
        "documents, such as code and configuration that a stack deploys, may hold any bytes.",
    ),
    "PK003": Lesson(
        "Keep one of the two, or move the fields of the second below the first. Both places are shown.",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  visibilityTimeout: 30
  delaySeconds: 5
  visibilityTimeout: 60
""",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  visibilityTimeout: 60
  delaySeconds: 5
""",
    ),
    "PK004": Lesson(
        "Tags of other tools (`!Ref`, `!Sub`, `!!python/…`) mean nothing here. What CloudFormation writes as "
        "`!GetAtt` is `${component.output}`; variables are `${NAME}`.",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  visibilityTimeout: !Ref Timeout
""",
        """\
kind: Service
metadata: {name: api}
spec:
  variables: {TIMEOUT: "30"}
---
kind: SQS
metadata: {name: jobs}
spec:
  visibilityTimeout: ${TIMEOUT}
""",
    ),
    "PK005": Lesson(
        "A list or a single word at the top of a document is most often a file that is no document and lies in a "
        "folder where documents stand. Files for a component belong in a folder below its service, such as "
        "`config/`.",
        """\
- kind: SQS
  metadata: {name: jobs}
""",
        """\
kind: SQS
metadata: {name: jobs}
""",
    ),
    "PK006": Lesson(
        "Most often the command was run in another folder than the stack's. In a folder the Stack stands in "
        "`stack.yaml`; a stack of one file begins with it. `panka init` writes one.",
        """\
# stack.yaml
kind: SQS
metadata: {name: jobs}
""",
        """\
# stack.yaml
kind: Stack
metadata: {name: shop}
---
kind: SQS
metadata: {name: jobs}
""",
    ),
    "PK007": Lesson(
        "Stacks are deployed, locked and recorded one by one, so each has its own folder or file. What differs "
        "between environments is an overlay in `environments/`, not a second Stack.",
        """\
# stack.yaml
kind: Stack
metadata: {name: shop}
---
kind: Stack
metadata: {name: shop-prod}
""",
        """\
# stack.yaml
kind: Stack
metadata: {name: shop}
# environments/prod.yaml
kind: Stack
metadata: {name: shop}
spec: {variables: {REPLICAS: "3"}}
""",
    ),
    "PK008": Lesson(
        "The environment may be a new one that needs no overlay, so this is a warning; more often its name is "
        "misspelt, and then the stack would be deployed with the values of no environment.",
        """\
# stack.yaml
kind: Stack
metadata: {name: shop, environment: prdo}
# environments/prod.yaml
kind: Stack
metadata: {name: shop}
spec: {variables: {REPLICAS: "3"}}
""",
        """\
# stack.yaml
kind: Stack
metadata: {name: shop, environment: prod}
# environments/prod.yaml
kind: Stack
metadata: {name: shop}
spec: {variables: {REPLICAS: "3"}}
""",
    ),
    "PK009": Lesson(
        "The document that it would change was renamed or removed, or one of the two is misspelt. A component "
        "that exists in one environment only cannot be declared by an overlay.",
        """\
# services/api/jobs.yaml
kind: SQS
metadata: {name: jobs}
# stack.yaml
kind: Stack
metadata: {name: shop, environment: prod}
# environments/prod.yaml
kind: SQS
metadata: {name: job}
spec: {delaySeconds: 5}
""",
        """\
# services/api/jobs.yaml
kind: SQS
metadata: {name: jobs}
# stack.yaml
kind: Stack
metadata: {name: shop, environment: prod}
# environments/prod.yaml
kind: SQS
metadata: {name: jobs}
spec: {delaySeconds: 5}
""",
    ),
}
