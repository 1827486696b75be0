"""The register of tenants through its workflows: whoever administers tenants needs Temporal alone."""

import uuid
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from temporalio.client import Client, WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.exceptions import TimeoutError as TemporalTimeout

from panka.cli.exits import Locked, RunFailed, Unreachable
from panka.planner.register import Change
from panka.workflows.tenancy import ASK_TENANTS, CHANGE_TENANT, Answer, Question, Told

T = TypeVar("T")

_PATIENCE = timedelta(minutes=2)
"""How long a worker has for an answer."""


class Tenants:
    """Asks for changes of tenants, and about them."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def change(self, change: Change) -> Told:
        """Makes one change.

        Raises:
            RunFailed: it cannot be made; the message says why.
            Locked: somebody else changes the tenant now.
            Unreachable: no worker has taken it in time. It is made when there is one.
        """
        starting = self._client.start_workflow(
            CHANGE_TENANT,
            change,
            id=f"panka-tenant/{change.name}",
            task_queue=self._task_queue,
            result_type=Told,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            execution_timeout=_PATIENCE,
            static_summary=f"{change.what} tenant {change.name} by {change.by}",
        )
        try:
            handle = await starting
        except WorkflowAlreadyStartedError as error:
            raise Locked(f"Somebody else changes tenant {change.name} now.", "try again in a moment") from error
        return await _told(handle.result())

    async def ask(self, question: Question) -> Answer:
        """What is to be known. Raises RunFailed: nobody knows; Unreachable: no worker has answered in time."""
        return await _told(
            self._client.execute_workflow(
                ASK_TENANTS,
                question,
                id=f"panka-tenants/{question.what}/{uuid.uuid4()}",
                task_queue=self._task_queue,
                result_type=Answer,
                execution_timeout=_PATIENCE,
            )
        )


async def _told(result: Coroutine[Any, Any, T]) -> T:
    try:
        return await result
    except WorkflowFailureError as error:
        if isinstance(error.cause, ApplicationError):
            raise RunFailed(error.cause.message) from error
        if isinstance(error.cause, TemporalTimeout):
            raise Unreachable("No worker has answered.", "panka worker starts one") from error
        raise
