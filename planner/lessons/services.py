"""Lessons on the rules of APIs, events, foreign resource types and tenants' networks: PK340 to PK350."""

from panka.planner.lessons import Lesson

SERVICE_LESSONS: dict[str, Lesson] = {
    "PK340": Lesson(
        "The name must be one from the list beside it: an `id` of the distribution's `origins`, or one of the tenant's "
        "`environments`.",
        """\
kind: CloudFront
metadata: {name: site}
spec:
  origins: [{id: shop, domainName: shop.example.com}]
  behaviors: [{path: "/img/*", origin: images}]
""",
        """\
kind: CloudFront
metadata: {name: site}
spec:
  origins:
    - {id: shop, domainName: shop.example.com}
    - {id: images, domainName: images.example.com}
  behaviors: [{path: "/img/*", origin: images}]
""",
    ),
    "PK341": Lesson(
        "CloudFront serves from all over the world and keeps its settings in us-east-1, wherever the stack is. Ask ACM "
        "or WAF there for a second certificate or web ACL.",
        """\
kind: CloudFront
metadata: {name: site}
spec:
  origins: [{id: shop, domainName: shop.example.com}]
  aliases: [www.example.com]
  certificateArn: arn:aws:acm:eu-west-1:111122223333:certificate/1
""",
        """\
kind: CloudFront
metadata: {name: site}
spec:
  origins: [{id: shop, domainName: shop.example.com}]
  aliases: [www.example.com]
  certificateArn: arn:aws:acm:us-east-1:111122223333:certificate/1
""",
    ),
    "PK342": Lesson(
        "On a bus of one's own EventBridge knows rules with a `pattern` only. Leave the bus out, or put the rules with "
        "a schedule into a component of their own.",
        """\
kind: SQS
metadata: {name: jobs}
---
kind: EventBridge
metadata: {name: clock}
spec:
  bus: {name: orders}
  rules:
    - {name: nightly, schedule: "cron(0 3 * * ? *)", targets: [{component: jobs}]}
""",
        """\
kind: SQS
metadata: {name: jobs}
---
kind: EventBridge
metadata: {name: clock}
spec:
  rules:
    - {name: nightly, schedule: "cron(0 3 * * ? *)", targets: [{component: jobs}]}
""",
    ),
    "PK343": Lesson(
        "HTTP and REST APIs are two services of AWS that do different things. An HTTP API does what most need; going "
        "over to one makes a new API with another address.",
        """\
kind: Lambda
metadata: {name: catalog}
spec:
  runtime: python3.13
  handler: main.handler
  code: {s3Bucket: builds, s3Key: catalog.zip}
---
kind: APIGateway
metadata: {name: api}
spec:
  type: rest
  routes: [{method: GET, path: /products, target: {component: catalog}}]
  cors: {allowedOrigins: ["https://shop.example", "https://www.shop.example"]}
""",
        """\
kind: Lambda
metadata: {name: catalog}
spec:
  runtime: python3.13
  handler: main.handler
  code: {s3Bucket: builds, s3Key: catalog.zip}
---
kind: APIGateway
metadata: {name: api}
spec:
  type: http
  routes: [{method: GET, path: /products, target: {component: catalog}}]
  cors: {allowedOrigins: ["https://shop.example", "https://www.shop.example"]}
""",
    ),
    "PK344": Lesson(
        "Whom a bucket calls is a setting of the bucket, which belongs to whoever made it. Let the foreign bucket send "
        "its events to EventBridge, and take those that are meant by their `pattern`.",
        """\
kind: Lambda
metadata: {name: thumbnails}
spec:
  runtime: python3.13
  handler: main.handler
  code: {s3Bucket: builds, s3Key: thumbnails.zip}
  triggers:
    - {type: s3, source: {arn: "arn:aws:s3:::uploads"}}
""",
        """\
kind: Lambda
metadata: {name: thumbnails}
spec:
  runtime: python3.13
  handler: main.handler
  code: {s3Bucket: builds, s3Key: thumbnails.zip}
  triggers:
    - {type: eventbridge, pattern: {source: [aws.s3], detail: {bucket: {name: [uploads]}}}}
""",
    ),
    "PK345": Lesson(
        "S3 asks whether it may call a function when it is told to, so the function is made first. Panka sees to it "
        "that the function knows the bucket's name all the same; only `dependsOn` turns the order around.",
        """\
kind: S3
metadata: {name: images}
---
kind: Lambda
metadata: {name: thumbnails}
spec:
  dependsOn: [images]
  runtime: python3.13
  handler: main.handler
  code: {s3Bucket: builds, s3Key: thumbnails.zip}
  triggers:
    - {type: s3, source: {component: images}}
""",
        """\
kind: S3
metadata: {name: images}
---
kind: Lambda
metadata: {name: thumbnails}
spec:
  runtime: python3.13
  handler: main.handler
  code: {s3Bucket: builds, s3Key: thumbnails.zip}
  environment: {BUCKET: "${images.bucketName}"}
  triggers:
    - {type: s3, source: {component: images}}
""",
    ),
    "PK346": Lesson(
        "Types are spelled as CloudFormation spells them: `AWS::`, the service, `::`, the thing. Those of other "
        "publishers, and those that an account has registered for itself, are not known.",
        """\
kind: Resource
metadata: {name: greeting}
spec:
  type: AWS::SSM::Paramter
  properties: {Type: String, Value: hello}
""",
        """\
kind: Resource
metadata: {name: greeting}
spec:
  type: AWS::SSM::Parameter
  properties: {Type: String, Value: hello}
""",
    ),
    "PK347": Lesson(
        "Properties have CloudFormation's own names, with a capital letter first. What only AWS sets, such as an ARN, "
        "is an output of the component: `${greeting.Arn}`.",
        """\
kind: Resource
metadata: {name: greeting}
spec:
  type: AWS::SSM::Parameter
  properties: {Type: String, Value: hello, description: Says hello}
""",
        """\
kind: Resource
metadata: {name: greeting}
spec:
  type: AWS::SSM::Parameter
  properties: {Type: String, Value: hello, Description: Says hello}
""",
    ),
    "PK348": Lesson(
        "AWS makes no such resource without it. All that are missing are told, each by its name.",
        """\
kind: Resource
metadata: {name: greeting}
spec:
  type: AWS::SSM::Parameter
  properties: {Value: hello}
""",
        """\
kind: Resource
metadata: {name: greeting}
spec:
  type: AWS::SSM::Parameter
  properties: {Type: String, Value: hello}
""",
    ),
    "PK349": Lesson(
        "A subnet has a part of its network's addresses for itself alone. The number behind the slash says how large "
        "it is: each one more halves it, and `/24` is 256 addresses. In the rules of a security group a network that "
        "lies in another one with the same ports says nothing new, and EC2 takes no rule twice.",
        """\
# tenant.yaml
kind: TenantConfig
metadata: {name: acme}
spec:
  networking:
    vpc: {cidrBlock: 10.0.0.0/16}
    subnets:
      private:
        - {cidrBlock: 10.0.0.0/20, availabilityZone: eu-west-1a}
        - {cidrBlock: 10.0.8.0/24, availabilityZone: eu-west-1b}
""",
        """\
# tenant.yaml
kind: TenantConfig
metadata: {name: acme}
spec:
  networking:
    vpc: {cidrBlock: 10.0.0.0/16}
    subnets:
      private:
        - {cidrBlock: 10.0.0.0/20, availabilityZone: eu-west-1a}
        - {cidrBlock: 10.0.16.0/20, availabilityZone: eu-west-1b}
""",
    ),
    "PK371": Lesson(
        "Whoever keeps the TenantConfig sets its limits, and can raise them. A stack that has grown too large is two: "
        "what one needs of the other it refers to as `${stack:other.component.output}`.",
        """\
# tenant.yaml
kind: TenantConfig
metadata: {name: acme}
spec:
  limits: {maxServicesPerStack: 1}
# services/api/jobs.yaml
kind: SQS
metadata: {name: jobs}
# services/mail/letters.yaml
kind: SQS
metadata: {name: letters}
""",
        """\
# tenant.yaml
kind: TenantConfig
metadata: {name: acme}
spec:
  limits: {maxServicesPerStack: 2}
# services/api/jobs.yaml
kind: SQS
metadata: {name: jobs}
# services/mail/letters.yaml
kind: SQS
metadata: {name: letters}
""",
    ),
    "PK372": Lesson(
        "Whoever keeps the TenantConfig says what its stacks may hold. `Resource` is a kind too: without it nothing "
        "comes in by another door.",
        """\
# tenant.yaml
kind: TenantConfig
metadata: {name: acme}
spec:
  allowedResources: [SQS, Lambda]
# services/api/orders.yaml
kind: SNS
metadata: {name: orders}
""",
        """\
# tenant.yaml
kind: TenantConfig
metadata: {name: acme}
spec:
  allowedResources: [SQS, Lambda]
# services/api/orders.yaml
kind: SQS
metadata: {name: orders}
""",
    ),
    "PK373": Lesson(
        "It may come from the Stack, or from `--env` and `--region`. Whoever keeps the TenantConfig can add a place.",
        """\
# tenant.yaml
kind: TenantConfig
metadata: {name: acme}
spec:
  environments: [dev, staging]
# services/api/orders.yaml
kind: SQS
metadata: {name: orders}
""",
        """\
# tenant.yaml
kind: TenantConfig
metadata: {name: acme}
spec:
  environments: [dev, staging, prod]
# services/api/orders.yaml
kind: SQS
metadata: {name: orders}
""",
    ),
    "PK350": Lesson(
        "Either Panka makes the tenant's network, from `vpc` and `subnets`, or it takes one that exists, from `vpcId` "
        "and `subnetIds`. A NAT gateway needs a public subnet to stand in, and an internet gateway behind it.",
        """\
# tenant.yaml
kind: TenantConfig
metadata: {name: acme}
spec:
  networking:
    vpcId: vpc-0a1b2c3d
""",
        """\
# tenant.yaml
kind: TenantConfig
metadata: {name: acme}
spec:
  networking:
    vpcId: vpc-0a1b2c3d
    subnetIds: {private: [subnet-0a1b2c3d, subnet-1a2b3c4d]}
""",
    ),
}
