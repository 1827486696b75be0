"""The names that Panka chooses for resources which a user has written as AWS does, and left without one.

Types that have a provider here are found again by their name, so they need one where AWS would make one up.
"""

from collections.abc import Mapping
from dataclasses import replace

from panka.planner.resource import PhysicalName, Properties

_FORMS: Mapping[str, PhysicalName] = {
    "AWS::ApiGateway::RestApi": PhysicalName("Name", 128),
    "AWS::ApiGatewayV2::Api": PhysicalName("Name", 128),
    "AWS::CloudWatch::Alarm": PhysicalName("AlarmName", 255),
    "AWS::DocDB::DBCluster": PhysicalName("DBClusterIdentifier", 63),
    "AWS::DocDB::DBClusterParameterGroup": PhysicalName("Name", 255),
    "AWS::DocDB::DBInstance": PhysicalName("DBInstanceIdentifier", 63),
    "AWS::DocDB::DBSubnetGroup": PhysicalName("DBSubnetGroupName", 255),
    "AWS::DynamoDB::Table": PhysicalName("TableName", 255),
    "AWS::EC2::SecurityGroup": PhysicalName("GroupName", 255),
    "AWS::ECS::Cluster": PhysicalName("ClusterName", 255),
    "AWS::ECS::Service": PhysicalName("ServiceName", 255),
    "AWS::ECS::TaskDefinition": PhysicalName("Family", 255, stable=True),
    "AWS::ElastiCache::CacheCluster": PhysicalName("ClusterName", 50),
    "AWS::ElastiCache::ReplicationGroup": PhysicalName("ReplicationGroupId", 40),
    "AWS::ElastiCache::SubnetGroup": PhysicalName("CacheSubnetGroupName", 255),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": PhysicalName("Name", 32),
    "AWS::ElasticLoadBalancingV2::TargetGroup": PhysicalName("Name", 32),
    "AWS::Events::Rule": PhysicalName("Name", 64),
    "AWS::IAM::InstanceProfile": PhysicalName("InstanceProfileName", 128),
    "AWS::IAM::ManagedPolicy": PhysicalName("ManagedPolicyName", 128),
    "AWS::IAM::Role": PhysicalName("RoleName", 64),
    "AWS::Lambda::Function": PhysicalName("FunctionName", 64),
    "AWS::Lambda::LayerVersion": PhysicalName("LayerName", 64, stable=True),
    "AWS::Logs::LogGroup": PhysicalName("LogGroupName", 512),
    "AWS::RDS::DBCluster": PhysicalName("DBClusterIdentifier", 63),
    "AWS::RDS::DBClusterParameterGroup": PhysicalName("DBClusterParameterGroupName", 255),
    "AWS::RDS::DBInstance": PhysicalName("DBInstanceIdentifier", 63),
    "AWS::RDS::DBParameterGroup": PhysicalName("DBParameterGroupName", 255),
    "AWS::RDS::DBSubnetGroup": PhysicalName("DBSubnetGroupName", 255),
    "AWS::S3::Bucket": PhysicalName("BucketName", 63),
    "AWS::SNS::Topic": PhysicalName("TopicName", 256),
    "AWS::SQS::Queue": PhysicalName("QueueName", 80),
    "AWS::SSM::Parameter": PhysicalName("Name", 512),
    "AWS::Scheduler::Schedule": PhysicalName("Name", 64),
    "AWS::Scheduler::ScheduleGroup": PhysicalName("Name", 64),
    # Six characters after a hyphen at the end are taken for those that AWS adds to a secret's ARN.
    "AWS::SecretsManager::Secret": PhysicalName("Name", 512, "-value"),
    "AWS::ServiceDiscovery::Service": PhysicalName("Name", 63),
}
_FIRST_IN_FIRST_OUT = {"AWS::SNS::Topic": "FifoTopic", "AWS::SQS::Queue": "FifoQueue"}
"""What makes a name of the type end with `.fifo`."""
_IN_ITS_DOCUMENT = frozenset({"Body", "BodyS3Location"})
"""Properties that hold the description of an API, its name too."""


def chosen_name(type: str, properties: Properties) -> PhysicalName | None:
    """What the resource is called by Panka; None: it has a name, or its type needs none."""
    form = _FORMS.get(type)
    if form is None or form.property in properties or _IN_ITS_DOCUMENT & properties.keys():
        return None
    ordered = properties.get(_FIRST_IN_FIRST_OUT.get(type, "")) in (True, "true")
    return replace(form, suffix=".fifo") if ordered else form
