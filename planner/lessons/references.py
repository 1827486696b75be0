"""Lessons on references, variables and cycles: PK201 to PK209."""

from panka.planner.lessons import Lesson

REFERENCE_LESSONS: dict[str, Lesson] = {
    "PK201": Lesson(
        "Outputs depend on the kind; `panka explain RDS` lists them. Some are there only when a field asks for "
        "them, such as the URL of a dead-letter queue.",
        """\
kind: SQS
metadata: {name: jobs}
---
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  environment:
    - {name: QUEUE, value: "${jobs.queueUri}"}
""",
        """\
kind: SQS
metadata: {name: jobs}
---
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  environment:
    - {name: QUEUE, value: "${jobs.queueUrl}"}
""",
    ),
    "PK202": Lesson(
        "A component is referred to by `name` or `service/name`, from anywhere in the stack. When a file could "
        "not be read, missing names are not told, as they may stand in it.",
        """\
kind: SQS
metadata: {name: jobs}
---
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  dependsOn: [job]
""",
        """\
kind: SQS
metadata: {name: jobs}
---
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  dependsOn: [jobs]
""",
    ),
    "PK203": Lesson(
        "`${component.output}`, `valueFrom`, fields that name a component, and `dependsOn` all make one wait for "
        "the other. The message shows the smallest circle with the place of every edge: take the edge away that "
        "matters least. Two services that call each other can use a name that is known beforehand instead of an "
        "output.",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  environment:
    - {name: LEDGER, value: "${ledger.serviceName}"}
---
kind: MicroService
metadata: {name: ledger}
spec:
  image: {repository: ledger, tag: "2"}
  dependsOn: [web]
""",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  environment:
    - {name: LEDGER, value: "${ledger.serviceName}"}
---
kind: MicroService
metadata: {name: ledger}
spec:
  image: {repository: ledger, tag: "2"}
""",
    ),
    "PK204": Lesson(
        "A component that is sent to must let the sender in by a policy of its own. Queues and functions can; a "
        "database cannot.",
    ),
    "PK205": Lesson(
        "A variable is looked for in that order, and the first scope that has it wins. `${NAME:-default}` needs "
        "no scope. A text that shall keep its `${…}` is written `$${…}`.",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  visibilityTimeout: ${TIMEOUT}
""",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  visibilityTimeout: ${TIMEOUT:-30}
""",
    ),
    "PK206": Lesson(
        "There are `${NAME}`, `${NAME:-default}`, `${service.NAME}` and `${component.output}`, and nothing is "
        "computed inside. Text of a shell that shall reach the component is escaped.",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  command: [sh, -c, "echo ${1+x}"]
""",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  command: [sh, -c, "echo $${1+x}"]
""",
    ),
    "PK207": Lesson(
        "Numbers, choices, names and tags decide what is made, so the plan must know them. Texts that are handed "
        "to a component, such as its environment, may hold outputs.",
        """\
kind: SQS
metadata: {name: jobs}
---
kind: SQS
metadata: {name: mails}
spec:
  visibilityTimeout: ${jobs.queueName}
""",
        """\
kind: SQS
metadata: {name: jobs}
---
kind: SQS
metadata: {name: mails}
spec:
  visibilityTimeout: 30
""",
    ),
    "PK208": Lesson(
        "Outputs of a stack are what its `outputs` named when it was last applied. Apply that stack, or mend the name.",
    ),
    "PK209": Lesson(
        "The message names the variables in the order of the circle. A service's variable of the same name hides "
        "the stack's, so it cannot be made of it.",
        """\
kind: Service
metadata: {name: api}
spec:
  variables: {HOST: "${DOMAIN}", DOMAIN: "${HOST}"}
---
kind: SNS
metadata: {name: events}
spec: {displayName: "${HOST}"}
""",
        """\
kind: Service
metadata: {name: api}
spec:
  variables: {HOST: "api.${DOMAIN}", DOMAIN: shop.example}
---
kind: SNS
metadata: {name: events}
spec: {displayName: "${HOST}"}
""",
    ),
}
