"""Every kind of component, one file each. A kind knows no other kind."""

from panka.planner.component import Kind
from panka.planner.kinds.dynamodb import DYNAMODB
from panka.planner.kinds.lambda_ import LAMBDA
from panka.planner.kinds.micro_service import MICRO_SERVICE
from panka.planner.kinds.rds import RDS
from panka.planner.kinds.s3 import S3
from panka.planner.kinds.sns import SNS
from panka.planner.kinds.sqs import SQS

KINDS: tuple[Kind, ...] = (DYNAMODB, LAMBDA, MICRO_SERVICE, RDS, S3, SNS, SQS)
