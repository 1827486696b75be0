"""Clusters of databases, caches and brokers."""

from tests.activities.conformance.case import GONE, NAME, Case, of
from tests.activities.conformance.cases_compute import GROUP, SUBNETS

from panka.planner.resource import Properties


def unfindable(reason: str) -> dict[str, str]:
    """Leaves out what meets a taken name on moto."""
    tests = (
        "two_creates_with_one_token_make_one",
        "what_a_stranger_made_is_refused_and_left_alone",
        "what_was_made_by_hand_is_refused_and_left_alone",
    )
    return {f"moto:{test}": reason for test in tests}


RED = [{"Key": "team", "Value": "red"}]

AURORA = Case(
    "AWS::RDS::DBCluster",
    {
        "DBClusterIdentifier": NAME,
        "Engine": "aurora-postgresql",
        "EngineVersion": "16",
        "DatabaseName": "shop",
        "MasterUsername": "panka",
        "ManageMasterUserPassword": True,
        "Port": 5432,
        "DBSubnetGroupName": of("subnets", "Id"),
        "VpcSecurityGroupIds": [of("group", "GroupId")],
        "BackupRetentionPeriod": 7,
        "PreferredBackupWindow": "02:00-03:00",
        "PreferredMaintenanceWindow": "sun:04:00-sun:05:00",
        "StorageEncrypted": True,
        "CopyTagsToSnapshot": True,
    },
    needs={"subnets": SUBNETS, "group": GROUP},
    updates=(
        {"BackupRetentionPeriod": 3, "PreferredBackupWindow": "05:00-06:00", "DeletionProtection": True},
        {"DeletionProtection": GONE, "CopyTagsToSnapshot": GONE, "Tags": RED},
        {"Port": 5433, "PreferredMaintenanceWindow": "sun:06:00-sun:07:00", "Tags": []},
    ),
    skip=unfindable("It refuses the second cluster of a name with the words for a snapshot."),
)
CLUSTER_PARAMETERS = Case(
    "AWS::RDS::DBClusterParameterGroup",
    {
        "DBClusterParameterGroupName": NAME,
        "Description": "For tests",
        "Family": "aurora-postgresql16",
        "Parameters": {"rds.force_ssl": "1"},
    },
    updates=({"Parameters": {"rds.force_ssl": "0"}, "Tags": RED}, {"Tags": []}),
)
DOCUMENT_SUBNETS = Case("AWS::DocDB::DBSubnetGroup", SUBNETS.properties, updates=SUBNETS.updates)
DOCUMENT_PARAMETERS = Case(
    "AWS::DocDB::DBClusterParameterGroup",
    {"Name": NAME, "Description": "For tests", "Family": "docdb5.0", "Parameters": {"tls": "enabled"}},
    updates=({"Parameters": {"tls": "disabled", "ttl_monitor": "enabled"}, "Tags": RED}, {"Tags": []}),
    endpoints=("ministack",),
)
DOCUMENTS = Case(
    "AWS::DocDB::DBCluster",
    {
        "DBClusterIdentifier": NAME,
        "EngineVersion": "5.0.0",
        "MasterUsername": "panka",
        "Port": 27_017,
        "DBSubnetGroupName": of("subnets", "DBSubnetGroupName"),
        "VpcSecurityGroupIds": [of("group", "GroupId")],
        "BackupRetentionPeriod": 7,
        "StorageEncrypted": True,
        "CopyTagsToSnapshot": True,
    },
    needs={"subnets": DOCUMENT_SUBNETS, "group": GROUP},
    updates=(
        {"BackupRetentionPeriod": 3, "PreferredBackupWindow": "05:00-06:00", "DeletionProtection": True},
        {"DeletionProtection": GONE, "CopyTagsToSnapshot": GONE, "Tags": RED},
        {"Port": 27_018, "PreferredMaintenanceWindow": "sun:06:00-sun:07:00", "Tags": []},
    ),
    endpoints=("ministack",),
)

CACHE_SUBNETS = Case(
    "AWS::ElastiCache::SubnetGroup",
    {"CacheSubnetGroupName": NAME, "Description": "For tests", "SubnetIds": of("@network", "TwoSubnets")},
    updates=(
        {"Description": "For more tests", "Tags": RED},
        {"SubnetIds": of("@network", "Subnets"), "Tags": []},
    ),
    endpoints=("ministack",),
)

REDIS: Properties = {
    "ReplicationGroupId": NAME,
    "ReplicationGroupDescription": "For tests",
    "Engine": "redis",
    "EngineVersion": "7.1",
    "CacheNodeType": "cache.t4g.micro",
    "AutomaticFailoverEnabled": True,
}
SETTINGS = Case(
    "AWS::MSK::Configuration",
    {"Name": NAME, "ServerProperties": "auto.create.topics.enable=true\n", "Description": "For tests"},
    updates=(
        {"ServerProperties": "auto.create.topics.enable=false\nlog.retention.hours=24\n"},
        {"Description": "For more tests"},
        {"Description": GONE},
    ),
    tagged=False,
    endpoints=("fake_msk",),
)
KAFKA: Properties = {
    "ClusterName": NAME,
    "KafkaVersion": "3.8.x",
    "NumberOfBrokerNodes": 2,
    "BrokerNodeGroupInfo": {
        "InstanceType": "kafka.m7g.large",
        "ClientSubnets": of("@network", "TwoSubnets"),
        "SecurityGroups": ["sg-1"],
        "StorageInfo": {"EBSStorageInfo": {"VolumeSize": 100}},
    },
    "ClientAuthentication": {
        "Sasl": {"Iam": {"Enabled": True}, "Scram": {"Enabled": True}},
        "Unauthenticated": {"Enabled": False},
    },
    "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS", "InCluster": True}},
}
BROKERS = Case("AWS::MSK::Cluster", KAFKA, endpoints=("fake_msk",))


def revision(number: int) -> Properties:
    return {"Arn": of("settings", "Arn"), "Revision": number}


def secrets(*names: str) -> list[str]:
    return [f"arn:aws:secretsmanager:eu-west-1:000000000000:secret:AmazonMSK_{name}" for name in names]


CASES: tuple[Case, ...] = (
    CLUSTER_PARAMETERS,
    Case(
        "AWS::RDS::DBClusterParameterGroup",
        CLUSTER_PARAMETERS.properties,
        updates=({"Parameters": {"log_statement": "all"}},),
        skip={"moto": "It does not reset the parameters of clusters."},
        label="reset",
    ),
    AURORA,
    Case(
        "AWS::RDS::DBCluster",
        {
            "DBClusterIdentifier": NAME,
            "Engine": "aurora-postgresql",
            "MasterUsername": "panka",
            "DBClusterParameterGroupName": of("parameters", "DBClusterParameterGroupName"),
            "ServerlessV2ScalingConfiguration": {"MinCapacity": 0.5, "MaxCapacity": 4},
            "EnableHttpEndpoint": True,
            "EnableIAMDatabaseAuthentication": True,
        },
        needs={"parameters": CLUSTER_PARAMETERS},
        updates=(
            {"ServerlessV2ScalingConfiguration": {"MinCapacity": 1, "MaxCapacity": 8}, "EnableHttpEndpoint": GONE},
            {"EnableHttpEndpoint": True, "EnableIAMDatabaseAuthentication": GONE},
        ),
        endpoints=("ministack",),
        label="serverless",
    ),
    Case(
        "AWS::RDS::DBInstance",
        {
            "DBInstanceIdentifier": NAME,
            "DBInstanceClass": "db.t4g.medium",
            "Engine": "aurora-postgresql",
            "DBClusterIdentifier": of("cluster", "DBClusterIdentifier"),
            "AutoMinorVersionUpgrade": True,
            "PubliclyAccessible": False,
            "PromotionTier": 1,
        },
        needs={"cluster": AURORA},
        updates=({"DBInstanceClass": "db.r6g.large", "Tags": RED}, {"Tags": []}),
        label="member",
    ),
    DOCUMENT_SUBNETS,
    DOCUMENT_PARAMETERS,
    DOCUMENTS,
    Case(
        "AWS::DocDB::DBInstance",
        {
            "DBInstanceIdentifier": NAME,
            "DBInstanceClass": "db.t4g.medium",
            "DBClusterIdentifier": of("cluster", "DBClusterIdentifier"),
        },
        needs={"cluster": DOCUMENTS},
        updates=(
            {"DBInstanceClass": "db.r6g.large", "PreferredMaintenanceWindow": "sun:06:00-sun:07:00", "Tags": RED},
            {"Tags": []},
        ),
        endpoints=("ministack",),
    ),
    CACHE_SUBNETS,
    Case(
        "AWS::ElastiCache::ParameterGroup",
        {
            "CacheParameterGroupFamily": "redis7",
            "Description": "For tests",
            "Properties": {"maxmemory-policy": "allkeys-lru", "timeout": "60"},
        },
        updates=(
            {"Properties": {"maxmemory-policy": "noeviction", "databases": "4"}, "Tags": RED},
            {"Properties": GONE, "Tags": []},
        ),
        unique=False,
        endpoints=("ministack",),
    ),
    Case(
        "AWS::ElastiCache::ReplicationGroup",
        {
            **REDIS,
            "NumCacheClusters": 2,
            "MultiAZEnabled": True,
            "Port": 6379,
            "CacheSubnetGroupName": of("subnets", "CacheSubnetGroupName"),
            "SecurityGroupIds": [of("group", "GroupId")],
            "AtRestEncryptionEnabled": True,
            "TransitEncryptionEnabled": True,
        },
        needs={"subnets": CACHE_SUBNETS, "group": GROUP},
        updates=(
            {"ReplicationGroupDescription": "For more tests", "SnapshotRetentionLimit": 3, "Tags": RED},
            {"NumCacheClusters": 3, "SnapshotWindow": "06:00-07:00", "Tags": []},
            {"NumCacheClusters": 1, "AutomaticFailoverEnabled": False, "MultiAZEnabled": GONE},
            {"CacheNodeType": "cache.t4g.small", "SnapshotRetentionLimit": GONE},
        ),
        endpoints=("ministack",),
    ),
    Case(
        "AWS::ElastiCache::ReplicationGroup",
        {
            **REDIS,
            "NumNodeGroups": 3,
            "ReplicasPerNodeGroup": 1,
            "CacheParameterGroupName": "default.redis7.cluster.on",
        },
        updates=({"ReplicasPerNodeGroup": 2}, {"ReplicasPerNodeGroup": 1}),
        endpoints=("ministack",),
        label="shards",
    ),
    Case(
        "AWS::ElastiCache::CacheCluster",
        {
            "ClusterName": NAME,
            "Engine": "memcached",
            "CacheNodeType": "cache.t4g.micro",
            "NumCacheNodes": 2,
            "AZMode": "single-az",
            "CacheSubnetGroupName": of("subnets", "CacheSubnetGroupName"),
        },
        needs={"subnets": CACHE_SUBNETS},
        updates=(
            {"NumCacheNodes": 3, "PreferredMaintenanceWindow": "sun:06:00-sun:07:00", "Tags": RED},
            {"NumCacheNodes": 1, "Tags": []},
        ),
        endpoints=("ministack",),
    ),
    SETTINGS,
    Case(
        "AWS::MSK::Cluster",
        KAFKA,
        updates=(
            {"NumberOfBrokerNodes": 4, "Tags": {"team": "red"}},
            {
                "BrokerNodeGroupInfo": {
                    **KAFKA["BrokerNodeGroupInfo"],
                    "InstanceType": "kafka.m7g.xlarge",
                    "ConnectivityInfo": {"PublicAccess": {"Type": "SERVICE_PROVIDED_EIPS"}},
                },
                "Tags": {},
            },
        ),
        endpoints=("fake_msk",),
    ),
    Case(
        "AWS::MSK::Cluster",
        {
            **KAFKA,
            "ConfigurationInfo": revision(1),
            "EnhancedMonitoring": "PER_BROKER",
            "LoggingInfo": {"BrokerLogs": {"CloudWatchLogs": {"Enabled": True, "LogGroup": "/kafka"}}},
        },
        needs={"settings": SETTINGS},
        updates=(
            {"KafkaVersion": "3.9.x"},
            {
                "EnhancedMonitoring": GONE,
                "LoggingInfo": {"BrokerLogs": {"S3": {"Enabled": True, "Bucket": "logs"}}},
                "OpenMonitoring": {"Prometheus": {"JmxExporter": {"EnabledInBroker": True}}},
            },
            {
                "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
                "LoggingInfo": GONE,
                "OpenMonitoring": GONE,
            },
        ),
        endpoints=("fake_msk",),
        label="settings",
    ),
    Case(
        "AWS::MSK::ServerlessCluster",
        {
            "ClusterName": NAME,
            "VpcConfigs": [{"SubnetIds": of("@network", "TwoSubnets"), "SecurityGroups": ["sg-1"]}],
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        },
        updates=({"Tags": {"team": "red"}}, {"Tags": {}}),
        endpoints=("fake_msk",),
    ),
    Case(
        "AWS::MSK::BatchScramSecret",
        {"ClusterArn": of("cluster", "Arn"), "SecretArnList": secrets("one", "two")},
        needs={"cluster": BROKERS},
        updates=({"SecretArnList": secrets("two", "three")},),
        tagged=False,
        endpoints=("fake_msk",),
    ),
)
