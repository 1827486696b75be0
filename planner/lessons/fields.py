"""Lessons on single fields, names and places: PK101 to PK114."""

from panka.planner.lessons import Lesson

FIELD_LESSONS: dict[str, Lesson] = {
    "PK101": Lesson(
        "Panka passes over no field, as a field that is passed over looks as if it worked. Field names are "
        "camelCase and depend on the kind; `panka explain SQS` lists them.",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  visibilityTimout: 300
""",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  visibilityTimeout: 300
""",
    ),
    "PK102": Lesson(
        "Kinds are written as in the reference, capitals included. A type of AWS that has no kind of its own is "
        "reached by the kind that takes CloudFormation's types, where there is one.",
        """\
kind: SQSQueue
metadata: {name: jobs}
""",
        """\
kind: SQS
metadata: {name: jobs}
""",
    ),
    "PK103": Lesson(
        "`panka explain` shows what the field takes. A field that is written with nothing behind it, or with "
        "`null`, counts as not given.",
        """\
kind: DynamoDB
metadata: {name: products}
spec:
  ttl: {attributeName: expires}
""",
        """\
kind: DynamoDB
metadata: {name: products}
spec:
  hashKey: {name: productId, type: S}
  ttl: {attributeName: expires}
""",
    ),
    "PK104": Lesson(
        "The words are spelled exactly so, capitals included.",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  type: FIFO
""",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  type: fifo
""",
    ),
    "PK105": Lesson(
        "The limits are those of AWS, which would refuse the value in the middle of a run.",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  deadLetterQueue: {maxReceiveCount: 5000}
""",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  deadLetterQueue: {maxReceiveCount: 50}
""",
    ),
    "PK106": Lesson(
        "A number or a boolean may be written in quotes, so variables can hold them; a word cannot stand for a "
        "number, nor one value for a list.",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  replicas: two
""",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  replicas: 2
""",
    ),
    "PK107": Lesson(
        "The message says which form or length is taken.",
        """\
kind: S3
metadata: {name: images}
spec:
  cors: {allowedOrigins: [], allowedMethods: [GET]}
""",
        """\
kind: S3
metadata: {name: images}
spec:
  cors: {allowedOrigins: ["https://shop.example"], allowedMethods: [GET]}
""",
    ),
    "PK108": Lesson(
        "Components are told apart by their names alone, in references, in tags and in the record, so two "
        "services cannot have a component of the same name either.",
        """\
# services/api/queue.yaml
kind: SQS
metadata: {name: jobs}
# services/mail/queue.yaml
kind: SQS
metadata: {name: jobs}
""",
        """\
# services/api/queue.yaml
kind: SQS
metadata: {name: api-jobs}
# services/mail/queue.yaml
kind: SQS
metadata: {name: mail-jobs}
""",
    ),
    "PK109": Lesson(
        "Names become parts of the names of AWS resources, which are stricter than YAML. The help offers the "
        "closest name that is taken.",
        """\
kind: SQS
metadata: {name: Mail_Jobs}
""",
        """\
kind: SQS
metadata: {name: mail-jobs}
""",
    ),
    "PK110": Lesson(
        "In a folder `metadata.stack` and `metadata.service` may be left out, as the place says them. When they "
        "are written they must agree, or a document that was moved would keep on saying where it once stood.",
        """\
# services/api/queue.yaml
kind: SQS
metadata: {name: jobs, service: mail}
""",
        """\
# services/api/queue.yaml
kind: SQS
metadata: {name: jobs}
""",
    ),
    "PK111": Lesson(
        "Its components were moved or removed, or name the service otherwise. Remove the document, or mend the name.",
        """\
# services/mail/service.yaml
kind: Service
metadata: {name: mail}
""",
        """\
# services/mail/service.yaml
kind: Service
metadata: {name: mail}
---
kind: SQS
metadata: {name: jobs}
""",
    ),
    "PK112": Lesson(
        "What ComponentInfra says is laid over the spec of the component of the same name, so the kind must have "
        "the field. InfraDefaults is for many kinds at once, and passes over those that lack it.",
        """\
kind: SQS
metadata: {name: jobs}
---
kind: ComponentInfra
metadata: {name: jobs}
spec:
  scaling: {replicas: 3}
""",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
---
kind: ComponentInfra
metadata: {name: web}
spec:
  scaling: {replicas: 3}
""",
    ),
    "PK113": Lesson(
        "Stack and Service are of `core.panka.io/v1`, components of `components.panka.io/v1`, ComponentInfra and "
        "InfraDefaults of `infra.panka.io/v1`. `panka.io/v1` holds every kind.",
        """\
apiVersion: core.panka.io/v1
kind: SQS
metadata: {name: jobs}
""",
        """\
apiVersion: components.panka.io/v1
kind: SQS
metadata: {name: jobs}
""",
    ),
    "PK114": Lesson(
        "A tenant holds many stacks and is set up by whoever runs Panka. A stack only names it.",
        """\
kind: TenantConfig
metadata: {name: acme}
""",
        """\
# stack.yaml
kind: Stack
metadata: {name: shop, tenant: acme}
""",
    ),
}
