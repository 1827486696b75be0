"""Who makes a type: the provider of its own, else Cloud Control."""

from temporalio.exceptions import ApplicationError

from panka.activities.aws.session import Cloud
from panka.activities.cloud_control import CloudControlProvider
from panka.activities.providers import PROVIDERS
from panka.activities.providers.provider import Provider
from panka.planner.resource_types import facts
from panka.workflows.ports import REFUSED


def provider_of(type: str, cloud: Cloud) -> Provider:
    """The provider of a CloudFormation type, bound to a cloud.

    Raises:
        ApplicationError: nobody makes the type, and no repetition will mend that.
    """
    if type in PROVIDERS:
        return PROVIDERS[type](cloud)
    known = facts(type)
    if known is None or not known.can_be_made:
        raise ApplicationError(f"This worker has no provider for {type}.", type=REFUSED, non_retryable=True)
    return CloudControlProvider(known, cloud)
