"""Lessons on the rules of databases, caches, disks, file systems and Kafka: PK330 to PK336."""

from panka.planner.lessons import Lesson

STORAGE_LESSONS: dict[str, Lesson] = {
    "PK330": Lesson(
        "A replication group is one primary with up to five replicas. Where that is not enough, `mode: cluster` "
        "spreads the keys over up to 500 nodes; its clients must know Redis Cluster.",
        """\
kind: ElastiCacheRedis
metadata: {name: sessions}
spec:
  cluster: {nodeType: cache.t4g.micro, numNodes: 8}
""",
        """\
kind: ElastiCacheRedis
metadata: {name: sessions}
spec:
  cluster: {mode: cluster, nodeType: cache.t4g.micro, numNodes: 8}
""",
    ),
    "PK331": Lesson(
        "MSK puts the same number of brokers into each zone: into as many as the network has subnets, three at "
        "most. Two brokers stand in two zones.",
        """\
kind: Stack
metadata: {name: shop}
spec:
  networking: {vpcId: vpc-0a1b2c3d, subnetIds: {private: [subnet-0a1b2c3d, subnet-1a2b3c4d]}}
---
kind: MSK
metadata: {name: events}
spec:
  brokers: {instanceType: kafka.m7g.large, count: 3}
""",
        """\
kind: Stack
metadata: {name: shop}
spec:
  networking: {vpcId: vpc-0a1b2c3d, subnetIds: {private: [subnet-0a1b2c3d, subnet-1a2b3c4d]}}
---
kind: MSK
metadata: {name: events}
spec:
  brokers: {instanceType: kafka.m7g.large, count: 4}
""",
    ),
    "PK332": Lesson(
        "Clients of MSK show who they are over TLS only, and those of a serverless cluster by their AWS role only.",
        """\
kind: MSK
metadata: {name: events}
spec:
  serverless: true
  authentication: {scram: true}
""",
        """\
kind: MSK
metadata: {name: events}
spec:
  serverless: true
""",
    ),
    "PK333": Lesson(
        "AWS sells operations and throughput in proportion to each other and to the size. The message says what "
        "goes with what is written.",
        """\
kind: EBS
metadata: {name: disk}
spec: {sizeGB: 100, throughput: 1000, availabilityZone: eu-west-1a}
""",
        """\
kind: EBS
metadata: {name: disk}
spec: {sizeGB: 100, throughput: 1000, iops: 4000, availabilityZone: eu-west-1a}
""",
    ),
    "PK334": Lesson(
        "Elastic throughput is for the general performance mode, only files of a file system with it can be "
        "archived, and only after they have moved to the storage for infrequent access.",
        """\
kind: EFS
metadata: {name: files}
spec: {performanceMode: maxIO, throughputMode: elastic}
""",
        """\
kind: EFS
metadata: {name: files}
spec: {throughputMode: elastic}
""",
    ),
    "PK335": Lesson(
        "Databases and Kafka clusters go on when a zone fails, so AWS makes none without subnets in at least two "
        "zones. Name private subnets of two zones; without any, the public ones count.",
        """\
kind: Stack
metadata: {name: shop}
spec:
  networking: {vpcId: vpc-0a1b2c3d, subnetIds: {private: [subnet-0a1b2c3d]}}
---
kind: RDS
metadata: {name: orders}
spec:
  engine: {type: postgres}
  instance: {class: db.t4g.micro}
  database: {managed: true}
""",
        """\
kind: Stack
metadata: {name: shop}
spec:
  networking: {vpcId: vpc-0a1b2c3d, subnetIds: {private: [subnet-0a1b2c3d, subnet-1a2b3c4d]}}
---
kind: RDS
metadata: {name: orders}
spec:
  engine: {type: postgres}
  instance: {class: db.t4g.micro}
  database: {managed: true}
""",
    ),
    "PK336": Lesson(
        "A zone is called after its region, with a letter behind. What a stack makes stands in the stack's own region.",
        """\
kind: EBS
metadata: {name: disk}
spec: {sizeGB: 20, availabilityZone: us-east-1a}
""",
        """\
kind: EBS
metadata: {name: disk}
spec: {sizeGB: 20, availabilityZone: eu-west-1a}
""",
    ),
}
