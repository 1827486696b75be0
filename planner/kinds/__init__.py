"""Every kind of component, one file each. A kind knows no other kind."""

from panka.planner.component import Kind
from panka.planner.kinds.alb import ALB
from panka.planner.kinds.api_gateway import API_GATEWAY
from panka.planner.kinds.cloud_front import CLOUD_FRONT
from panka.planner.kinds.cron_job import CRON_JOB
from panka.planner.kinds.document_db import DOCUMENT_DB
from panka.planner.kinds.dynamodb import DYNAMODB
from panka.planner.kinds.ebs import EBS
from panka.planner.kinds.efs import EFS
from panka.planner.kinds.elasticache_memcached import ELASTICACHE_MEMCACHED
from panka.planner.kinds.elasticache_redis import ELASTICACHE_REDIS
from panka.planner.kinds.event_bridge import EVENT_BRIDGE
from panka.planner.kinds.lambda_ import LAMBDA
from panka.planner.kinds.micro_service import MICRO_SERVICE
from panka.planner.kinds.msk import KAFKA, MSK
from panka.planner.kinds.nlb import NLB
from panka.planner.kinds.rds import RDS
from panka.planner.kinds.resource import RESOURCE
from panka.planner.kinds.s3 import S3
from panka.planner.kinds.secret import SECRET
from panka.planner.kinds.sns import SNS
from panka.planner.kinds.sqs import SQS
from panka.planner.kinds.worker import WORKER

KINDS: tuple[Kind, ...] = (
    ALB,
    API_GATEWAY,
    CLOUD_FRONT,
    CRON_JOB,
    DOCUMENT_DB,
    DYNAMODB,
    EBS,
    EFS,
    ELASTICACHE_MEMCACHED,
    ELASTICACHE_REDIS,
    EVENT_BRIDGE,
    KAFKA,
    LAMBDA,
    MICRO_SERVICE,
    MSK,
    NLB,
    RDS,
    RESOURCE,
    S3,
    SECRET,
    SNS,
    SQS,
    WORKER,
)
