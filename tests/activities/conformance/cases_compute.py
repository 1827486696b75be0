"""Roles, logs, functions, security groups, tasks and databases."""

from tests.activities.conformance.case import GONE, NAME, Case, of
from tests.activities.conformance.cases_storage import QUEUE
from tests.activities.conformance.packed import HELLO, HELLO_AGAIN

from panka.planner.resource import Properties


def trusts(*services: str) -> Properties:
    principal = {"Service": services[0] if len(services) == 1 else list(services)}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def lets(*actions: str) -> Properties:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def asset(sha256: str) -> Properties:
    return {"ZipFile": {"Panka::Asset": sha256}}


LAMBDA_LOGS = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
LAMBDA_VPC = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"

BLANKS = "It takes a parameter that is set to nothing for one that is not there."

ROLE = Case("AWS::IAM::Role", {"RoleName": NAME, "AssumeRolePolicyDocument": trusts("lambda.amazonaws.com")})
TASK_ROLE = Case(
    "AWS::IAM::Role",
    {"RoleName": NAME, "AssumeRolePolicyDocument": trusts("ecs-tasks.amazonaws.com")},
)
FUNCTION = Case(
    "AWS::Lambda::Function",
    {
        "FunctionName": NAME,
        "Role": of("role", "Arn"),
        "Runtime": "python3.12",
        "Handler": "hello.handle",
        "Code": asset(HELLO),
    },
    needs={"role": ROLE},
)
GROUP = Case(
    "AWS::EC2::SecurityGroup", {"GroupName": NAME, "GroupDescription": "For tests", "VpcId": of("@network", "Vpc")}
)
CLUSTER = Case("AWS::ECS::Cluster", {"ClusterName": NAME})
TASK = Case(
    "AWS::ECS::TaskDefinition",
    {
        "Family": NAME,
        "Cpu": "256",
        "Memory": "512",
        "NetworkMode": "awsvpc",
        "RequiresCompatibilities": ["FARGATE"],
        "ExecutionRoleArn": of("role", "Arn"),
        "ContainerDefinitions": [
            {
                "Name": "web",
                "Image": "web:1",
                "Essential": True,
                "PortMappings": [{"ContainerPort": 80, "Protocol": "tcp"}],
                "Environment": [{"Name": "A", "Value": "1"}, {"Name": "lower", "Value": "2"}],
                "DockerLabels": {"com.example.Label": "kept"},
                "LogConfiguration": {
                    "LogDriver": "awslogs",
                    "Options": {"awslogs-group": "/web", "awslogs-region": "eu-west-1"},
                },
            }
        ],
    },
    needs={
        "role": Case(
            "AWS::IAM::Role", {"RoleName": NAME, "AssumeRolePolicyDocument": trusts("ecs-tasks.amazonaws.com")}
        )
    },
    updates=({"Tags": [{"Key": "team", "Value": "red"}]}, {"Tags": []}),
)
SUBNETS = Case(
    "AWS::RDS::DBSubnetGroup",
    {"DBSubnetGroupName": NAME, "DBSubnetGroupDescription": "For tests", "SubnetIds": of("@network", "TwoSubnets")},
    updates=({"Tags": [{"Key": "team", "Value": "red"}]}, {"Tags": []}),
)
PARAMETERS = Case(
    "AWS::RDS::DBParameterGroup",
    {
        "DBParameterGroupName": NAME,
        "Description": "For tests",
        "Family": "postgres16",
        "Parameters": {"log_statement": "ddl", "max_connections": "100"},
    },
    updates=(
        {"Parameters": {"log_statement": "all", "max_connections": "100"}, "Tags": [{"Key": "team", "Value": "red"}]},
        {"Tags": []},
    ),
)

DATABASE: Properties = {
    "DBInstanceIdentifier": NAME,
    "DBInstanceClass": "db.t4g.micro",
    "Engine": "postgres",
    "EngineVersion": "16.3",
    "AllocatedStorage": "20",
    "StorageType": "gp3",
    "DBName": "shop",
    "MasterUsername": "panka",
    "ManageMasterUserPassword": True,
    "DBSubnetGroupName": of("subnets", "Id"),
    "VPCSecurityGroups": [of("group", "GroupId")],
    "BackupRetentionPeriod": 7,
    "StorageEncrypted": True,
    "CopyTagsToSnapshot": True,
}

CASES: tuple[Case, ...] = (
    Case(
        "AWS::IAM::Role",
        {
            "RoleName": NAME,
            "AssumeRolePolicyDocument": trusts("lambda.amazonaws.com"),
            "Description": "For tests",
            "Path": "/tests/",
            "ManagedPolicyArns": [LAMBDA_LOGS],
        },
        updates=(
            {
                "AssumeRolePolicyDocument": trusts("lambda.amazonaws.com", "ecs-tasks.amazonaws.com"),
                "ManagedPolicyArns": [LAMBDA_VPC],
                "MaxSessionDuration": 7200,
                "PermissionsBoundary": BOUNDARY,
                "Tags": [{"Key": "team", "Value": "red"}],
            },
            {"ManagedPolicyArns": GONE, "PermissionsBoundary": GONE, "Tags": []},
            {"MaxSessionDuration": GONE},
        ),
    ),
    Case(
        "AWS::IAM::Role",
        {**ROLE.properties, "Description": "For tests"},
        updates=({"Description": GONE},),
        skip={"ministack": BLANKS},
        label="undescribed",
    ),
    Case(
        "AWS::IAM::RolePolicy",
        {"RoleName": of("role", "RoleName"), "PolicyName": NAME, "PolicyDocument": lets("s3:GetObject")},
        updates=({"PolicyDocument": lets("s3:GetObject", "s3:PutObject")},),
        needs={"role": ROLE},
        tagged=False,
    ),
    Case(
        "AWS::Logs::LogGroup",
        {"LogGroupName": f"/tests/{NAME}", "RetentionInDays": 30},
        updates=(
            {"RetentionInDays": 7, "Tags": [{"Key": "team", "Value": "red"}]},
            {"RetentionInDays": GONE, "Tags": []},
        ),
    ),
    Case(
        "AWS::Lambda::Function",
        {
            **FUNCTION.properties,
            "Description": "For tests",
            "Environment": {"Variables": {"A": "1", "B": "two"}},
            "MemorySize": 256,
            "Timeout": 10,
            "Architectures": ["arm64"],
            "ReservedConcurrentExecutions": 2,
        },
        updates=(
            {"Code": asset(HELLO_AGAIN), "Timeout": 20, "Environment": {"Variables": {"A": "3"}}},
            {"Environment": GONE, "Description": GONE, "Tags": [{"Key": "team", "Value": "red"}]},
            {"ReservedConcurrentExecutions": GONE, "Timeout": GONE, "Tags": []},
        ),
        needs={"role": ROLE},
    ),
    Case(
        "AWS::Lambda::Function",
        {**FUNCTION.properties, "TracingConfig": {"Mode": "Active"}},
        updates=(
            {"TracingConfig": GONE, "DeadLetterConfig": {"TargetArn": of("queue", "Arn")}},
            {
                "DeadLetterConfig": GONE,
                "VpcConfig": {"SubnetIds": of("@network", "TwoSubnets"), "SecurityGroupIds": []},
            },
        ),
        needs={"role": ROLE, "queue": QUEUE},
        skip={"moto": "It does not update these blocks."},
        label="blocks",
    ),
    Case(
        "AWS::Lambda::EventSourceMapping",
        {"FunctionName": of("function", "FunctionName"), "EventSourceArn": of("queue", "Arn"), "BatchSize": 5},
        updates=(
            {"BatchSize": 3, "FunctionResponseTypes": ["ReportBatchItemFailures"]},
            {"Enabled": False, "Tags": [{"Key": "team", "Value": "red"}]},
            {"Enabled": GONE, "Tags": []},
        ),
        needs={"queue": QUEUE, "function": FUNCTION},
        alone=True,
    ),
    Case(
        "AWS::Lambda::Permission",
        {
            "FunctionName": of("function", "FunctionName"),
            "Action": "lambda:InvokeFunction",
            "Principal": "sqs.amazonaws.com",
            "SourceArn": of("queue", "Arn"),
            "SourceAccount": of("@cloud", "Account"),
        },
        needs={"queue": QUEUE, "function": FUNCTION},
        tagged=False,
        unique=False,
    ),
    Case(
        "AWS::EC2::SecurityGroup",
        {
            **GROUP.properties,
            "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "10.0.0.0/8"}],
        },
        updates=(
            {
                "SecurityGroupIngress": [
                    {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "10.0.0.0/8", "Description": "web"},
                    {
                        "IpProtocol": "udp",
                        "FromPort": 53,
                        "ToPort": 53,
                        "SourceSecurityGroupId": of("other", "GroupId"),
                    },
                ],
                "Tags": [{"Key": "team", "Value": "red"}],
            },
            {"SecurityGroupEgress": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}]},
            {"SecurityGroupIngress": GONE, "SecurityGroupEgress": GONE, "Tags": []},
        ),
        needs={"other": GROUP},
    ),
    Case(
        "AWS::EC2::SecurityGroup",
        {
            **GROUP.properties,
            "SecurityGroupEgress": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}],
        },
        label="egress",
    ),
    Case(
        "AWS::EC2::SecurityGroupIngress",
        {
            "GroupId": of("group", "GroupId"),
            "IpProtocol": "tcp",
            "FromPort": 5432,
            "ToPort": 5432,
            "SourceSecurityGroupId": of("peer", "GroupId"),
        },
        needs={"group": GROUP, "peer": GROUP},
        tagged=False,
        label="peer",
    ),
    Case(
        "AWS::EC2::SecurityGroupIngress",
        {
            "GroupId": of("group", "GroupId"),
            "IpProtocol": "tcp",
            "FromPort": 80,
            "ToPort": 80,
            "CidrIp": "10.0.0.0/8",
            "Description": "from the office",
        },
        updates=({"Description": "from both offices"},),
        needs={"group": GROUP},
        tagged=False,
    ),
    Case(
        "AWS::EC2::SecurityGroupIngress",
        {"GroupId": of("group", "GroupId"), "IpProtocol": "-1", "CidrIp": "10.0.0.0/8", "Description": "all"},
        updates=({"Description": GONE},),
        needs={"group": GROUP},
        tagged=False,
        skip={"ministack": BLANKS},
        label="undescribed",
    ),
    Case(
        "AWS::EC2::SecurityGroupEgress",
        {
            "GroupId": of("group", "GroupId"),
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "CidrIp": "10.0.0.0/8",
        },
        updates=({"Description": "to the office"},),
        needs={"group": GROUP},
        tagged=False,
    ),
    Case(
        "AWS::ECS::Cluster",
        {"ClusterName": NAME, "ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}]},
        updates=(
            {"ClusterSettings": [{"Name": "containerInsights", "Value": "disabled"}]},
            {
                "CapacityProviders": ["FARGATE", "FARGATE_SPOT"],
                "DefaultCapacityProviderStrategy": [{"CapacityProvider": "FARGATE", "Weight": 1}],
                "Tags": [{"Key": "team", "Value": "red"}],
            },
            {"Tags": []},
        ),
    ),
    TASK,
    Case(
        "AWS::ECS::Service",
        {
            "ServiceName": NAME,
            "Cluster": of("cluster", "Arn"),
            "TaskDefinition": of("first", "TaskDefinitionArn"),
            "DesiredCount": 2,
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {
                "AwsvpcConfiguration": {
                    "AssignPublicIp": "ENABLED",
                    "SecurityGroups": [of("group", "GroupId")],
                    "Subnets": of("@network", "TwoSubnets"),
                }
            },
        },
        updates=(
            {"TaskDefinition": of("second", "TaskDefinitionArn"), "Tags": [{"Key": "team", "Value": "red"}]},
            {"DesiredCount": 2, "Tags": []},
        ),
        needs={"cluster": CLUSTER, "first": TASK, "second": TASK, "group": GROUP},
    ),
    SUBNETS,
    Case(
        "AWS::RDS::DBSubnetGroup",
        SUBNETS.properties,
        updates=({"DBSubnetGroupDescription": "For more tests"}, {"SubnetIds": of("@network", "Subnets")}),
        skip={"moto": "It loses a subnet group that is modified."},
        label="modified",
    ),
    PARAMETERS,
    Case(
        "AWS::RDS::DBInstance",
        DATABASE,
        needs={"subnets": SUBNETS, "group": GROUP},
        skip={"ministack": "It keeps managed passwords of clusters only."},
        label="managed-password",
    ),
    Case(
        "AWS::RDS::DBInstance",
        {name: value for name, value in DATABASE.items() if name != "ManageMasterUserPassword"},
        updates=(
            {"DBInstanceClass": "db.t4g.small", "BackupRetentionPeriod": 3, "MultiAZ": True},
            {"AllocatedStorage": "30", "MultiAZ": GONE, "Tags": [{"Key": "team", "Value": "red"}]},
            {"Tags": []},
        ),
        needs={"subnets": SUBNETS, "group": GROUP},
    ),
)
