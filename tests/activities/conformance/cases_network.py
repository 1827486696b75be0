"""VPCs and what is in them, disks and file systems."""

from tests.activities.conformance.case import GONE, Case, of
from tests.activities.conformance.cases_compute import GROUP

from panka.planner.resource import Properties

RED: list[Properties] = [{"Key": "team", "Value": "red"}]
EVERYONE: Properties = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:ClientMount", "Resource": "*"}
    ],
}

KEEPS_ADDRESS = "It keeps the address of a NAT gateway that was deleted."

VPC = Case("AWS::EC2::VPC", {"CidrBlock": "10.20.0.0/16"}, unique=False)
# What stands in a VPC, for needs that name one as `vpc` first.
SUBNET = Case(
    "AWS::EC2::Subnet",
    {"VpcId": of("vpc", "VpcId"), "CidrBlock": "10.20.1.0/24", "AvailabilityZone": "eu-west-1a"},
    alone=True,
)
INNER_GROUP = Case("AWS::EC2::SecurityGroup", {**GROUP.properties, "VpcId": of("vpc", "VpcId")})
TABLE = Case("AWS::EC2::RouteTable", {"VpcId": of("vpc", "VpcId")}, unique=False)
INTERNET = Case("AWS::EC2::InternetGateway", {}, updates=({"Tags": RED}, {"Tags": []}), unique=False)
ADDRESS = Case("AWS::EC2::EIP", {"Domain": "vpc"}, updates=({"Tags": RED}, {"Tags": []}), unique=False)
ATTACHMENT = Case(
    "AWS::EC2::VPCGatewayAttachment",
    {"VpcId": of("vpc", "VpcId"), "InternetGatewayId": of("internet", "InternetGatewayId")},
    updates=({"InternetGatewayId": of("other", "InternetGatewayId")},),
    needs={"vpc": VPC, "internet": INTERNET, "other": INTERNET},
    tagged=False,
)
NAT = Case("AWS::EC2::NatGateway", {"ConnectivityType": "private", "SubnetId": of("subnet", "SubnetId")}, unique=False)
FILES = Case("AWS::EFS::FileSystem", {"Encrypted": True}, unique=False)
POINT = Case(
    "AWS::EFS::AccessPoint",
    {
        "FileSystemId": of("files", "FileSystemId"),
        "PosixUser": {"Uid": "1000", "Gid": "1000", "SecondaryGids": ["1001"]},
        "RootDirectory": {
            "Path": "/uploads",
            "CreationInfo": {"OwnerUid": "1000", "OwnerGid": "1000", "Permissions": "0755"},
        },
    },
    updates=({"AccessPointTags": RED}, {"AccessPointTags": []}),
    needs={"files": FILES},
    unique=False,
)
DOOR = Case(
    "AWS::EFS::MountTarget",
    {
        "FileSystemId": of("files", "FileSystemId"),
        "SubnetId": of("subnet", "SubnetId"),
        "SecurityGroups": [of("group", "GroupId")],
    },
    updates=({"SecurityGroups": [of("group", "GroupId"), of("other", "GroupId")]},),
    needs={"vpc": VPC, "subnet": SUBNET, "group": INNER_GROUP, "other": INNER_GROUP, "files": FILES},
    tagged=False,
)

CASES: tuple[Case, ...] = (
    Case(
        "AWS::EC2::VPC",
        {**VPC.properties, "InstanceTenancy": "default", "EnableDnsHostnames": True},
        updates=(
            {"EnableDnsSupport": False, "EnableDnsHostnames": False, "Tags": RED},
            {"EnableDnsSupport": GONE, "EnableDnsHostnames": True},
            {"EnableDnsHostnames": GONE, "Tags": []},
        ),
        unique=False,
    ),
    Case(
        "AWS::EC2::Subnet",
        {**SUBNET.properties, "MapPublicIpOnLaunch": True},
        updates=(
            {"PrivateDnsNameOptionsOnLaunch": {"EnableResourceNameDnsARecord": True}, "Tags": RED},
            {"PrivateDnsNameOptionsOnLaunch": GONE, "MapPublicIpOnLaunch": GONE, "Tags": []},
        ),
        needs={"vpc": VPC},
        alone=True,
    ),
    Case(
        "AWS::EC2::Subnet",
        {**SUBNET.properties, "Ipv6CidrBlock": "2001:db8:1234:1a00::/64", "AssignIpv6AddressOnCreation": True},
        updates=(
            {"Ipv6CidrBlock": "2001:db8:1234:1b00::/64"},
            {"Ipv6CidrBlock": GONE, "AssignIpv6AddressOnCreation": GONE},
        ),
        needs={"vpc": VPC},
        skip={"ministack": "It gives subnets no IPv6 addresses."},
        label="ipv6",
        alone=True,
    ),
    INTERNET,
    ATTACHMENT,
    ADDRESS,
    Case(
        "AWS::EC2::NatGateway",
        NAT.properties,
        updates=({"Tags": RED}, {"Tags": []}),
        needs={"vpc": VPC, "subnet": SUBNET},
        unique=False,
        label="private",
    ),
    Case(
        "AWS::EC2::NatGateway",
        {"AllocationId": of("address", "AllocationId"), "SubnetId": of("subnet", "SubnetId")},
        needs={"vpc": VPC, "address": ADDRESS, "subnet": SUBNET},
        unique=False,
        skip={
            "ministack": "It does not tell the address of a NAT gateway.",
            "moto:a_create_converges_whichever_reply_is_lost": KEEPS_ADDRESS,
            "moto:a_delete_converges_whichever_reply_is_lost": KEEPS_ADDRESS,
        },
        alone=True,
    ),
    Case(
        "AWS::EC2::RouteTable",
        TABLE.properties,
        updates=({"Tags": RED}, {"Tags": []}),
        needs={"vpc": VPC},
        unique=False,
    ),
    Case(
        "AWS::EC2::Route",
        {
            "RouteTableId": of("table", "RouteTableId"),
            "DestinationCidrBlock": "10.1.2.3/8",
            "GatewayId": of("internet", "InternetGatewayId"),
        },
        updates=({"GatewayId": GONE, "NatGatewayId": of("nat", "NatGatewayId")},),
        needs={"vpc": VPC, "subnet": SUBNET, "table": TABLE, "internet": INTERNET, "nat": NAT},
        tagged=False,
        unread=frozenset({"DestinationCidrBlock"}),
    ),
    Case(
        "AWS::EC2::SubnetRouteTableAssociation",
        {"RouteTableId": of("table", "RouteTableId"), "SubnetId": of("subnet", "SubnetId")},
        needs={"vpc": VPC, "table": TABLE, "subnet": SUBNET},
        tagged=False,
    ),
    Case(
        "AWS::EC2::VPCEndpoint",
        {
            "VpcId": of("vpc", "VpcId"),
            "ServiceName": "com.amazonaws.eu-west-1.s3",
            "VpcEndpointType": "Gateway",
            "RouteTableIds": [of("table", "RouteTableId")],
        },
        updates=(
            {"RouteTableIds": [of("table", "RouteTableId"), of("other", "RouteTableId")], "Tags": RED},
            {"RouteTableIds": [of("other", "RouteTableId")], "Tags": []},
        ),
        needs={"vpc": VPC, "table": TABLE, "other": TABLE},
        unique=False,
        skip={
            "moto:an_update_converges_whichever_reply_is_lost": "It cannot delete an endpoint that got another table.",
        },
        label="gateway",
    ),
    Case(
        "AWS::EC2::VPCEndpoint",
        {
            "VpcId": of("vpc", "VpcId"),
            "ServiceName": "com.amazonaws.eu-west-1.sqs",
            "VpcEndpointType": "Interface",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"},
                ],
            },
            "PrivateDnsEnabled": True,
            "SubnetIds": [of("subnet", "SubnetId")],
        },
        updates=(
            {
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}],
                }
            },
            {"SubnetIds": GONE},
        ),
        needs={"vpc": VPC, "subnet": SUBNET},
        unique=False,
        skip={"ministack": "It keeps neither policies nor private names of endpoints."},
        label="interface",
    ),
    Case(
        "AWS::EC2::Volume",
        {
            "AvailabilityZone": "eu-west-1a",
            "Encrypted": True,
            "Iops": 4000,
            "Size": 10,
            "VolumeType": "gp3",
        },
        updates=(
            {"Iops": GONE, "Size": 20, "Tags": RED},
            {"Iops": 5000, "VolumeType": "io2"},
            {"Iops": GONE, "VolumeType": "gp2", "Tags": []},
        ),
        unique=False,
    ),
    Case(
        "AWS::EFS::FileSystem",
        {
            "BackupPolicy": {"Status": "ENABLED"},
            "Encrypted": True,
            "LifecyclePolicies": [{"TransitionToIA": "AFTER_30_DAYS"}],
            "PerformanceMode": "generalPurpose",
        },
        updates=(
            {
                "LifecyclePolicies": [
                    {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
                    {"TransitionToIA": "AFTER_7_DAYS"},
                ],
                "FileSystemTags": RED,
            },
            {"LifecyclePolicies": GONE, "FileSystemTags": []},
        ),
        unique=False,
        skip={"ministack": "It forgets the backups that a create asks for."},
    ),
    Case(
        "AWS::EFS::FileSystem",
        {"FileSystemPolicy": EVERYONE, "ProvisionedThroughputInMibps": 10, "ThroughputMode": "provisioned"},
        updates=(
            {
                "BackupPolicy": {"Status": "ENABLED"},
                "FileSystemProtection": {"ReplicationOverwriteProtection": "DISABLED"},
                "ProvisionedThroughputInMibps": 20,
            },
            {"FileSystemPolicy": GONE, "ProvisionedThroughputInMibps": GONE, "ThroughputMode": "elastic"},
            {"BackupPolicy": GONE, "FileSystemProtection": GONE, "ThroughputMode": GONE},
        ),
        unique=False,
        skip={"moto": "It changes neither throughput nor backups nor protection."},
        label="aside",
    ),
    DOOR,
    POINT,
)
