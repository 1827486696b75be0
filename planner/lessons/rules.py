"""Lessons on the rules between fields: PK301 to PK314."""

from panka.planner.lessons import Lesson

RULE_LESSONS: dict[str, Lesson] = {
    "PK301": Lesson(
        "The message names a value that would be taken. Panka checks the form before anything is called, because "
        "AWS would refuse the value in the middle of a run.",
        """\
kind: Stack
metadata: {name: shop}
spec:
  provider: {region: europe-west-1}
""",
        """\
kind: Stack
metadata: {name: shop}
spec:
  provider: {region: eu-west-1}
""",
    ),
    "PK302": Lesson(
        "Durations are seconds or `30s`, `5m`, `1h`, `14d`; CPU is `256`, `256m` or, in whole processors, `0.5`; "
        "memory is `512` (MiB), `512Mi` or `1Gi`.",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  visibilityTimeout: 5 minutes
""",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  visibilityTimeout: 5m
""",
    ),
    "PK303": Lesson(
        "Make the queue or topic a FIFO one, which is another resource and replaces it, or leave the field out.",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  contentBasedDeduplication: true
""",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  type: fifo
  contentBasedDeduplication: true
""",
    ),
    "PK304": Lesson(
        "A table is either paid by request, and then has no capacity, or has a capacity for reads and for writes.",
        """\
kind: DynamoDB
metadata: {name: products}
spec:
  hashKey: {name: productId, type: S}
  billingMode: PROVISIONED
  readCapacity: 5
""",
        """\
kind: DynamoDB
metadata: {name: products}
spec:
  hashKey: {name: productId, type: S}
  billingMode: PROVISIONED
  readCapacity: 5
  writeCapacity: 5
""",
    ),
    "PK305": Lesson(
        "A table and its indexes share their attributes, so an attribute that is a key in several places has one type.",
        """\
kind: DynamoDB
metadata: {name: products}
spec:
  hashKey: {name: productId, type: S}
  rangeKey: {name: price, type: N}
  globalSecondaryIndexes:
    - {name: by-price, hashKey: {name: price, type: S}}
""",
        """\
kind: DynamoDB
metadata: {name: products}
spec:
  hashKey: {name: productId, type: S}
  rangeKey: {name: price, type: N}
  globalSecondaryIndexes:
    - {name: by-price, hashKey: {name: price, type: N}}
""",
    ),
    "PK306": Lesson(
        "With `managed: true` RDS makes the password, keeps it in Secrets Manager and rotates it; "
        "`passwordSecret` names a secret that is there. A password itself is never written into a stack.",
        """\
kind: RDS
metadata: {name: main-db}
spec:
  engine: {type: postgres, version: "16"}
  instance: {class: db.t4g.micro}
  database: {name: shop, username: shop}
""",
        """\
kind: RDS
metadata: {name: main-db}
spec:
  engine: {type: postgres, version: "16"}
  instance: {class: db.t4g.micro}
  database: {name: shop, username: shop, managed: true}
""",
    ),
    "PK307": Lesson(
        "Fargate has sizes: up to 16 vCPU, each with a range of memory, at most 120 GiB. Panka rounds up to the "
        "next size and says so in the plan; above the largest there is none.",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  runtime: {cpu: 256, memory: 500Gi}
""",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  runtime: {cpu: 256, memory: 512Mi}
""",
    ),
    "PK308": Lesson(
        "All four switches of the block are on unless the stack says otherwise. To publish files, a CDN or a "
        "website in front of a private bucket is mostly what is wanted.",
        """\
kind: S3
metadata: {name: images}
spec:
  bucket: {acl: public-read}
""",
        """\
kind: S3
metadata: {name: images}
spec:
  bucket: {acl: public-read}
  publicAccessBlock: {blockPublicAcls: false, ignorePublicAcls: false}
""",
    ),
    "PK309": Lesson(
        "Ports, indexes, triggers, subscriptions and their like are told apart by what they name.",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  ports:
    - {name: http, port: 80}
    - {name: status, port: 80}
""",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  ports:
    - {name: http, port: 80}
    - {name: status, port: 8080}
""",
    ),
    "PK310": Lesson(
        "Panka does not choose between the two: keep the one that is meant.",
        """\
kind: Lambda
metadata: {name: mailer}
spec:
  runtime: python3.13
  handler: main.handler
  code: {s3Bucket: builds, s3Key: mailer.zip, imageUri: "111122223333.dkr.ecr.eu-west-1.amazonaws.com/mailer:1"}
""",
        """\
kind: Lambda
metadata: {name: mailer}
spec:
  runtime: python3.13
  handler: main.handler
  code: {s3Bucket: builds, s3Key: mailer.zip}
""",
    ),
    "PK311": Lesson(
        "The field that is there means nothing alone.",
        """\
kind: RDS
metadata: {name: main-db}
spec:
  engine: {type: postgres, version: "16"}
  instance: {class: db.m7g.large, storage: {type: io2, allocatedGB: 100}}
  database: {managed: true}
""",
        """\
kind: RDS
metadata: {name: main-db}
spec:
  engine: {type: postgres, version: "16"}
  instance: {class: db.m7g.large, storage: {type: io2, allocatedGB: 100, iops: 3000}}
  database: {managed: true}
""",
    ),
    "PK312": Lesson(
        "A field that does nothing would look as if it worked, so it is refused. Leave it out, or set what it needs.",
        """\
kind: S3
metadata: {name: images}
spec:
  encryption: {enabled: false}
""",
        """\
kind: S3
metadata: {name: images}
""",
    ),
    "PK313": Lesson(
        "The name is right, but what it names cannot do what is asked of it here; the message says which kinds can.",
        """\
kind: S3
metadata: {name: images}
---
kind: SNS
metadata: {name: events}
spec:
  subscriptions:
    - {component: images}
""",
        """\
kind: SQS
metadata: {name: jobs}
---
kind: SNS
metadata: {name: events}
spec:
  subscriptions:
    - {component: jobs}
""",
    ),
    "PK314": Lesson(
        "The queue would hand out a message again while the function still works on it; AWS refuses such a "
        "trigger. AWS recommends six times the function's timeout.",
        """\
kind: SQS
metadata: {name: jobs}
spec: {visibilityTimeout: 30s}
---
kind: Lambda
metadata: {name: mailer}
spec:
  runtime: python3.13
  handler: main.handler
  code: {s3Bucket: builds, s3Key: mailer.zip}
  timeout: 2m
  triggers:
    - {type: sqs, source: {component: jobs}}
""",
        """\
kind: SQS
metadata: {name: jobs}
spec: {visibilityTimeout: 12m}
---
kind: Lambda
metadata: {name: mailer}
spec:
  runtime: python3.13
  handler: main.handler
  code: {s3Bucket: builds, s3Key: mailer.zip}
  timeout: 2m
  triggers:
    - {type: sqs, source: {component: jobs}}
""",
    ),
}
