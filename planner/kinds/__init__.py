"""Every kind of component, one file each. A kind knows no other kind."""

from collections.abc import Iterator, Mapping
from importlib import import_module

from panka.planner.component import Kind


class Kinds(Mapping[str, Kind]):
    """Kinds by their names. A kind's file is loaded when the kind is first asked for: a stack pays for what it has."""

    def __init__(self, places: Mapping[str, str]) -> None:
        """`places` says of each name the file and the kind in it: `sqs.SQS`."""
        self._places = places
        self._loaded: dict[str, Kind] = {}

    def __getitem__(self, name: str) -> Kind:
        if name not in self._loaded:
            file, _, constant = self._places[name].partition(".")
            self._loaded[name] = getattr(import_module(f"{__name__}.{file}"), constant)
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places


KINDS = Kinds(
    {
        "ALB": "alb.ALB",
        "APIGateway": "api_gateway.API_GATEWAY",
        "CloudFront": "cloud_front.CLOUD_FRONT",
        "CronJob": "cron_job.CRON_JOB",
        "DocumentDB": "document_db.DOCUMENT_DB",
        "DynamoDB": "dynamodb.DYNAMODB",
        "EBS": "ebs.EBS",
        "EFS": "efs.EFS",
        "ElastiCacheMemcached": "elasticache_memcached.ELASTICACHE_MEMCACHED",
        "ElastiCacheRedis": "elasticache_redis.ELASTICACHE_REDIS",
        "EventBridge": "event_bridge.EVENT_BRIDGE",
        "Kafka": "msk.KAFKA",
        "Lambda": "lambda_.LAMBDA",
        "MicroService": "micro_service.MICRO_SERVICE",
        "MSK": "msk.MSK",
        "NLB": "nlb.NLB",
        "RDS": "rds.RDS",
        "Resource": "resource.RESOURCE",
        "S3": "s3.S3",
        "Secret": "secret.SECRET",
        "SNS": "sns.SNS",
        "SQS": "sqs.SQS",
        "Worker": "worker.WORKER",
    }
)
