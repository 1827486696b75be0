"""Lessons on the rules of containers, load balancers and schedules: PK320 to PK326."""

from panka.planner.lessons import Lesson

WORKLOAD_LESSONS: dict[str, Lesson] = {
    "PK320": Lesson(
        "A task definition carries the contents of `configs`, and AWS takes no larger one. Put large files into the "
        "image, into a bucket that the container reads, or onto an `efs` volume.",
    ),
    "PK321": Lesson(
        "Fargate gives every task a network interface of its own, which is `awsvpc`. With `bridge` and `host` a task "
        "has its container instance's, and so no address that service discovery could tell.",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  runtime: {platform: fargate, networkMode: host}
""",
        """\
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  runtime: {platform: ec2, networkMode: host}
""",
    ),
    "PK322": Lesson(
        "Name public subnets of the network. A load balancer that only the network itself reaches is `internal: true` "
        "and stands in private ones.",
        """\
kind: Stack
metadata: {name: shop}
spec:
  networking: {vpcId: vpc-0a1b2c3d, subnetIds: {private: [subnet-0a1b2c3d, subnet-1a2b3c4d]}}
---
kind: ALB
metadata: {name: entrance}
""",
        """\
kind: Stack
metadata: {name: shop}
spec:
  networking: {vpcId: vpc-0a1b2c3d, subnetIds: {private: [subnet-0a1b2c3d, subnet-1a2b3c4d]}}
---
kind: ALB
metadata: {name: entrance}
spec: {internal: true}
""",
    ),
    "PK323": Lesson(
        "Every request would be answered with an error. Add the port to the service's `ports`, or to the `listeners` "
        "of the load balancer behind a load balancer, or name one that is there; an ALB speaks to ports of TCP only.",
        """\
kind: ALB
metadata: {name: entrance}
---
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  ports: [{port: 80}]
  expose: {alb: entrance, port: 8080}
""",
        """\
kind: ALB
metadata: {name: entrance}
---
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  ports: [{port: 80}]
  expose: {alb: entrance, port: 80}
""",
    ),
    "PK324": Lesson(
        "A schedule is `rate(5 minutes)`, `cron(0 3 * * ? *)` in AWS's six fields, or a line of cron in five: minute, "
        "hour, day of the month, month, day of the week. Of the two days only one can be given.",
        """\
kind: CronJob
metadata: {name: report}
spec:
  image: {repository: reports, tag: "1.4"}
  schedule: 0 25 * * *
""",
        """\
kind: CronJob
metadata: {name: report}
spec:
  image: {repository: reports, tag: "1.4"}
  schedule: 0 3 * * *
""",
    ),
    "PK325": Lesson(
        "Clients would be sent on to a port that is closed, or in a circle. Redirect to the port of a listener that "
        "has no `redirectTo` itself.",
        """\
kind: ALB
metadata: {name: entrance}
spec:
  listeners:
    - {port: 80, redirectTo: 443}
""",
        """\
kind: ALB
metadata: {name: entrance}
spec:
  listeners:
    - {port: 80, redirectTo: 443}
    - {port: 443, certificateArn: "arn:aws:acm:eu-west-1:111122223333:certificate/1"}
""",
    ),
    "PK326": Lesson(
        "A listener asks its rules one after another, so each has a place of its own. Rules without a `priority` are "
        "spread: those that say more come first.",
        """\
kind: ALB
metadata: {name: entrance}
---
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  ports: [{port: 80}]
  expose: {alb: entrance, priority: 10}
---
kind: MicroService
metadata: {name: search}
spec:
  image: {repository: search, tag: "2.0"}
  ports: [{port: 80}]
  expose: {alb: entrance, path: /search, priority: 10}
""",
        """\
kind: ALB
metadata: {name: entrance}
---
kind: MicroService
metadata: {name: web}
spec:
  image: {repository: nginx, tag: "1.27"}
  ports: [{port: 80}]
  expose: {alb: entrance, priority: 20}
---
kind: MicroService
metadata: {name: search}
spec:
  image: {repository: search, tag: "2.0"}
  ports: [{port: 80}]
  expose: {alb: entrance, path: /search, priority: 10}
""",
    ),
}
