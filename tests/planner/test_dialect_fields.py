"""Every field that the stack language promises is one that its kind takes, and one that does something."""

import re
from pathlib import Path

import pytest

from panka.planner.authoring.reference import SURROUNDINGS, fields_of
from panka.planner.core import Metadata
from panka.planner.kinds import KINDS

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "kinds"
EVERYWHERE = """dependsOn tags lifecycle.retain lifecycle.snapshot lifecycle.preventDestroy
        lifecycle.createBeforeDestroy
    lifecycle.ignoreChanges lifecycle.timeouts.create lifecycle.timeouts.update lifecycle.timeouts.delete overrides"""
CONTAINER = """image.repository image.tag image.pullPolicy runtime.platform runtime.cpu runtime.memory
        runtime.launchType
    runtime.networkMode environment.name environment.value environment.valueFrom.component environment.valueFrom.output
    secrets.name secrets.secretRef secrets.envVar configs.mountPath configs.files command args container.command
    container.args volumes.name volumes.mountPath volumes.type volumes.source volumes.readOnly"""
TIMINGS = "initialDelaySeconds periodSeconds timeoutSeconds failureThreshold"
PROBE = f"http.path http.port http.scheme tcp.port exec.command {TIMINGS}"
HEALTH = " ".join(
    [
        *(f"healthCheck.{one}" for one in f"path port protocol {TIMINGS}".split()),
        *(f"healthCheck.{probe}.{one}" for probe in ("readiness", "liveness") for one in PROBE.split()),
    ]
)
SERVICE = f"""{CONTAINER} {HEALTH} replicas autoscaling.enabled autoscaling.minReplicas autoscaling.maxReplicas
    autoscaling.targetCPUUtilization autoscaling.targetCPUPercent autoscaling.targetMemoryPercent
    serviceDiscovery.enabled serviceDiscovery.namespace serviceDiscovery.name"""
KAFKA = """version brokers.instanceType brokers.count brokers.storageGB serverless authentication.iam
        authentication.scram
    authentication.tls encryption.inTransit encryption.kmsKey configuration"""
PROMISED = {
    "MicroService": f"""{SERVICE} ports.name ports.port ports.protocol expose.alb expose.host expose.path
        expose.priority
        loadBalancer.enabled loadBalancer.type loadBalancer.internal loadBalancer.healthCheckPath
        loadBalancer.certificateArn loadBalancer.sslPolicy loadBalancer.allowedCIDRs
        ingress.enabled ingress.hostname ingress.path""",
    "Worker": f"{SERVICE} queue autoscaling.targetQueueDepth",
    "CronJob": f"{CONTAINER} schedule timezone enabled concurrencyPolicy",
    "Lambda": """runtime handler code.s3Bucket code.s3Key code.s3ObjectVersion code.zipFile code.imageUri memory timeout
        environment environment.valueFrom.component environment.valueFrom.output triggers.type triggers.source.component
        triggers.source.arn triggers.batchSize triggers.schedule triggers.http.method triggers.http.path
        triggers.s3.events triggers.s3.prefix triggers.s3.suffix vpc.enabled vpc.subnetIds vpc.securityGroupIds
        reservedConcurrentExecutions roleArn layers architecture""",
    "RDS": """engine.type engine.version engine.parameters engine.parameterGroup instance.class instance.storage.type
        instance.storage.allocatedGB instance.storage.maxAllocatedGB instance.storage.iops instance.multiAZ
        instance.availabilityZones instance.replicas database.name database.username database.passwordSecret.ref
        database.managed database.port backup.enabled backup.retentionDays backup.preferredWindow
        backup.maintenanceWindow maintenance.preferredWindow maintenance.autoMinorVersionUpgrade
        monitoring.enhancedMonitoring monitoring.monitoringInterval deletionProtection""",
    "DocumentDB": """engine.version instance.class instance.count database.username database.passwordSecret.ref
        backup.enabled backup.retentionDays backup.preferredWindow backup.maintenanceWindow deletionProtection""",
    "ElastiCacheRedis": """engine.version cluster.nodeType cluster.numNodes cluster.mode security.atRestEncryption
        security.transitEncryption""",
    "ElastiCacheMemcached": "engine.version cluster.nodeType cluster.numNodes",
    "DynamoDB": """tableName billingMode hashKey.name hashKey.type rangeKey.name rangeKey.type readCapacity
        writeCapacity
        globalSecondaryIndexes.name globalSecondaryIndexes.hashKey.name globalSecondaryIndexes.rangeKey.name
        globalSecondaryIndexes.projection globalSecondaryIndexes.nonKeyAttributes ttl.enabled ttl.attributeName
        encryption.enabled encryption.kmsKey pointInTimeRecovery stream.enabled stream.viewType""",
    "S3": """bucket.name bucket.acl bucket.forceDestroy bucket.tags versioning.enabled encryption.enabled
        encryption.algorithm encryption.kmsKeyId lifecycle.id lifecycle.enabled lifecycle.prefix
        lifecycle.transitions.days lifecycle.transitions.storageClass lifecycle.expiration.days
        lifecycle.noncurrentVersionExpiration.days cors.allowedOrigins cors.allowedMethods cors.allowedHeaders
        cors.exposeHeaders cors.maxAgeSeconds website.enabled website.indexDocument website.errorDocument
        replication.enabled replication.destinationBucket replication.roleArn publicAccessBlock.blockPublicAcls
        publicAccessBlock.blockPublicPolicy publicAccessBlock.ignorePublicAcls
        publicAccessBlock.restrictPublicBuckets""",
    "EFS": """performanceMode throughputMode provisionedThroughput encryption lifecyclePolicy accessPoints.path
        accessPoints.uid accessPoints.gid backup""",
    "EBS": "sizeGB type iops throughput availabilityZone encryption snapshotId",
    "SQS": """type messageRetentionPeriod visibilityTimeout maxMessageSize receiveWaitTime delaySeconds
        deadLetterQueue.enabled deadLetterQueue.maxReceiveCount contentBasedDeduplication deduplicationScope
        fifoThroughputLimit encryption.enabled encryption.kmsKey""",
    "SNS": """displayName fifoTopic contentBasedDeduplication encryption deliveryPolicy subscriptions.protocol
        subscriptions.endpoint subscriptions.component subscriptions.filterPolicy subscriptions.rawMessageDelivery""",
    "EventBridge": """bus.name bus.default rules.name rules.pattern rules.schedule rules.enabled rules.targets.component
        rules.targets.arn rules.targets.input rules.targets.deadLetterQueue""",
    "MSK": KAFKA,
    "Kafka": KAFKA,
    "ALB": """internal listeners.port listeners.protocol listeners.certificateArn listeners.sslPolicy
        listeners.redirectTo targets.component targets.port targets.host targets.path targets.priority idleTimeout
        allowedCIDRs accessLogs.bucket""",
    "NLB": """internal listeners.port listeners.protocol listeners.target.component listeners.target.port crossZone""",
    "CloudFront": """origins.id origins.component origins.domainName origins.path defaultBehavior.origin
        defaultBehavior.viewerProtocolPolicy defaultBehavior.cachePolicy defaultBehavior.compress behaviors.path
        behaviors.origin behaviors.viewerProtocolPolicy behaviors.cachePolicy behaviors.compress aliases certificateArn
        priceClass defaultRootObject waf""",
    "APIGateway": """type routes.method routes.path routes.target.component cors stage authorizer.jwt throttling
        domain.name domain.certificateArn""",
    "Secret": "name generate.length generate.excludeCharacters description rotationDays",
    "Resource": "type properties",
}
RULE = "port fromPort toPort protocol cidrBlocks sourceComponent description"
INFRA = """resources.cpu resources.memory scaling.replicas scaling.autoscaling scaling.minReplicas scaling.maxReplicas
    networking.loadBalancer networking.ingress storage.volumes"""
OF_SURROUNDINGS = {
    "Stack": " ".join(
        [
            "provider.name provider.region provider.accountId provider.profile provider.endpointUrl variables",
            "description",
            "networking.vpcId networking.subnetIds.public networking.subnetIds.private networking.securityGroup.id",
            *(f"networking.securityGroup.{way}.{one}" for way in ("ingress", "egress") for one in RULE.split()),
            "onFailure protect outputs tags moved.from moved.to removed import.to import.id",
        ]
    ),
    "Service": "variables description dependsOn",
    "ComponentInfra": INFRA,
    "InfraDefaults": INFRA,
    "TenantConfig": """displayName email aws.accountId aws.region aws.assumeRoleArn aws.externalId
        networking.vpc.cidrBlock networking.vpc.enableDNSHostnames networking.vpc.enableDNSSupport
        networking.subnets.public.cidrBlock networking.subnets.public.availabilityZone
        networking.subnets.private.cidrBlock networking.natGateway.enabled networking.natGateway.type
        networking.internetGateway.enabled networking.defaultSecurityGroup.allowInternalTraffic
        networking.defaultSecurityGroup.ingress networking.defaultSecurityGroup.egress networking.vpcId
        networking.subnetIds networking.securityGroupId limits.maxStacks limits.maxServicesPerStack
        limits.maxResourcesPerService limits.maxConcurrentRuns defaultTags allowedResources environments regions
        policies.requireApproval policies.driftCheck policies.protectedEnvironments weight""",
}
WITHOUT_EFFECT = {
    "image.pullPolicy": "ECS always pulls; the plan has a note",
    "concurrencyPolicy": "EventBridge Scheduler starts every run: other values are refused",
    "DocumentDB.backup.enabled": "there are always backups: `false` is refused",
    "S3.encryption.enabled": "every object is encrypted: `false` is refused",
    "Resource.properties": "each type has its own",
    "variables": "what is made of them has",
    "dependsOn": "it orders the run",
    "overrides": "each part has its own",
}
"""Fields of which no change is to be derived, and why."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_takes_every_field_that_is_promised(kind: str) -> None:
    known = {one.path for field in fields_of(KINDS[kind].spec) for one in field.all()}

    assert set(f"{PROMISED[kind]} {EVERYWHERE}".split()) - known == set()


@pytest.mark.parametrize("kind", SURROUNDINGS)
def test_what_surrounds_components_takes_every_field_that_is_promised(kind: str) -> None:
    known = {one.path for field in fields_of(SURROUNDINGS[kind]) for one in field.all()}

    assert set(OF_SURROUNDINGS[kind].split()) - known == set()
    promised = {"name", "description", "labels", "annotations", "tenant", "stack", "service", "environment"}
    assert promised == set(Metadata.model_fields)


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_of_every_field_does_something_that_its_page_tells(kind: str) -> None:
    rows = re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", (PAGES / f"{kind}.md").read_text(), re.MULTILINE)

    unknown = {path for path, said in rows if said.startswith("is not derived here")}

    assert rows
    assert {path for path in unknown if not {path, f"{kind}.{path}"} & WITHOUT_EFFECT.keys()} == set()
