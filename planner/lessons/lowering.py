"""Lessons on what is found while components become resources: PK351 and what follows."""

from panka.planner.lessons import Lesson

LOWERING_LESSONS: dict[str, Lesson] = {
    "PK351": Lesson(
        "Parts are the names behind the colon in a plan with `--detail`: `main`, `dead-letter`, `role` and so on. "
        "The message lists those of the component.",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  overrides:
    queue: {DelaySeconds: 5}
""",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  overrides:
    main: {DelaySeconds: 5}
""",
    ),
    "PK352": Lesson(
        "A path consists of CloudFormation's property names and of positions in lists, with points between. It "
        "can add properties to a mapping, but neither to a number or text nor to a list that is too short.",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  visibilityTimeout: 30
  overrides:
    main: {VisibilityTimeout.Seconds: 5}
""",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  overrides:
    main: {VisibilityTimeout: 5}
""",
    ),
    "PK353": Lesson(
        "A path is looked for beside the file that names it, then in the stack's root. Hidden files and what lies "
        "outside of the stack's folder are not found.",
        """\
# services/api/mailer.yaml
kind: Lambda
metadata: {name: mailer}
spec:
  runtime: python3.13
  handler: main.handler
  code: {zipFile: mailr}
# services/api/mailer/main.py
""",
        """\
# services/api/mailer.yaml
kind: Lambda
metadata: {name: mailer}
spec:
  runtime: python3.13
  handler: main.handler
  code: {zipFile: mailer}
# services/api/mailer/main.py
""",
    ),
    "PK354": Lesson(
        "Panka finds its resources again by those tags, and AWS keeps its own prefix for itself. Labels become "
        "tags too, so the same holds for them.",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  tags: {"panka:owner": mail-team}
""",
        """\
kind: SQS
metadata: {name: jobs}
spec:
  tags: {owner: mail-team}
""",
    ),
    "PK355": Lesson(
        "The ECS cluster and the like belong to the whole stack and are made once, so all must agree.",
    ),
    "PK356": Lesson(
        "Plan, state and the console of AWS show variables to everybody who may look there, and so does version "
        "control. What is kept in Secrets Manager a container gets when it starts, under `secrets`; a function reads "
        "it by its ARN. It is a warning, as the value may be harmless: then another name of the variable ends it.",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  environment:
    - {name: DB_PASSWORD, value: hunter2}
""",
        """\
kind: Secret
metadata: {name: db-password}
spec:
  generate: {}
---
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  secrets:
    - {name: DB_PASSWORD, secretRef: "${db-password.arn}"}
""",
    ),
    "PK357": Lesson(
        "Leave the name out, and Panka gives each its own; or write another one. Overlays of several environments that "
        "live in one account may meet in the same way, which only AWS can tell.",
        """\
kind: S3
metadata: {name: images}
spec:
  bucket: {name: shop-pictures}
---
kind: S3
metadata: {name: photos}
spec:
  bucket: {name: shop-pictures}
""",
        """\
kind: S3
metadata: {name: images}
spec:
  bucket: {name: shop-pictures}
---
kind: S3
metadata: {name: photos}
""",
    ),
    "PK361": Lesson(
        "A component that was renamed leaves its old name in `from`; one that Panka is to forget has left the stack. "
        "The blocks may stay after the run: what has moved or gone already is passed over.",
        """\
kind: Stack
metadata: {name: shop}
spec:
  removed: [jobs]
---
kind: SQS
metadata: {name: jobs}
""",
        """\
kind: Stack
metadata: {name: shop}
spec:
  moved:
    - {from: tasks, to: jobs}
  removed: [legacy]
---
kind: SQS
metadata: {name: jobs}
""",
    ),
    "PK362": Lesson(
        "One thing in AWS has one address, so that no two components change or delete it. A resource that is already "
        "the stack's is given another address with a `moved` block.",
    ),
    "PK363": Lesson(
        "It happens with `--target` and `--exclude`: a resource goes, and the change that would end the reference to "
        "it is not in the plan. Take both in, or leave both out.",
    ),
    "PK364": Lesson(
        "Before a plan is shown, AWS is asked for what is to be imported, in the account and region of the stack. An "
        "identifier is what Panka itself records for the type: a queue's URL, a bucket's name, a topic's ARN.",
    ),
    "PK365": Lesson(
        "An import never makes anew: what exists stays, and the plan shows what of it would change. Write what cannot "
        "change in place as it is in AWS; a name goes into the component's own field or its `overrides`.",
    ),
    "PK366": Lesson(
        "Panka makes common types by itself and all others through Cloud Control, which needs handlers of AWS to "
        "create, read and delete a type; some old types have none. Often a newer type does the same. What has to be "
        "the old one is made by other means, and the stack is told its name or address.",
        """\
kind: Resource
metadata: {name: access}
spec:
  type: AWS::RDS::DBSecurityGroup
  properties:
    GroupDescription: Who may reach the database.
    DBSecurityGroupIngress: [{CIDRIP: 10.0.0.0/16}]
""",
        """\
kind: Resource
metadata: {name: access}
spec:
  type: AWS::EC2::SecurityGroup
  properties:
    GroupDescription: Who may reach the database.
    SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 5432, ToPort: 5432, CidrIp: 10.0.0.0/16}]
""",
    ),
    "PK367": Lesson(
        "Whoever writes `${stack:other.component.output}` is on record as its consumer, with the place. The output, "
        "its component and its stack stay until the last consumer has been applied without it. `panka output --all` "
        "shows who uses what.",
    ),
    "PK368": Lesson(
        "A tenant's `policies.protectedEnvironments` keep databases, tables, buckets and file systems from being "
        "deleted and from being replaced, also when their block has left the YAML. A change that replaces one is made "
        "by its side: a new component, the data moved over, then the old one forgotten.",
    ),
    "PK369": Lesson(
        "`preventDestroy` is kept in the record, so that taking the block out of the YAML does not take the protection "
        "away with it. To delete the resource all the same, apply the component once without `preventDestroy`, and "
        "take it out then. `removed` lets Panka forget it and leaves it in AWS.",
    ),
}
