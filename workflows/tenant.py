"""Tenants: a workflow that changes one, and one that tells of them."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from panka.planner.register import Change, Standing, What
    from panka.workflows import tenancy
    from panka.workflows.call import call
    from panka.workflows.ports import REFUSED
    from panka.workflows.story import rfc3339, why
    from panka.workflows.tenancy import ASK_TENANTS, CHANGE_TENANT, Answer, Everybody, Named, Question, Told

_PATIENCE = timedelta(hours=1)
"""How long a store that does not answer is asked again."""


@workflow.defn(name=CHANGE_TENANT)
class TenantWorkflow:
    """Changes one tenant. A change that cannot be made ends as a failed workflow, with the reason."""

    @workflow.run
    async def run(self, change: Change) -> Told:
        change = change.model_copy(update={"at": rfc3339(workflow.now())})
        try:
            return await (self._delete(change) if change.what == "delete" else self._keep(change, change.what))
        except FailureError as error:
            raise ApplicationError(why(error), type=REFUSED, non_retryable=True) from error

    async def _delete(self, change: Change) -> Told:
        """No new run is taken any more, then nothing may be left; else the tenant is as it was."""
        before = await call(tenancy.SHOW, Named(name=change.name), in_all=_PATIENCE)
        if before.standing is not Standing.DELETED:
            await self._keep(change, "close")
            try:
                await call(tenancy.CHECK_EMPTY, Named(name=change.name), in_all=_PATIENCE)
            except FailureError:
                await self._keep(change, "suspend" if before.standing is Standing.SUSPENDED else "activate")
                raise
        return await self._keep(change, "delete")

    async def _keep(self, change: Change, what: What) -> Told:
        asked = change.model_copy(update={"what": what})
        return await call(tenancy.KEEP, asked, summary=f"{what} {change.name}", in_all=_PATIENCE)


@workflow.defn(name=ASK_TENANTS)
class TenantsWorkflow:
    """Tells which tenants there are, what one is, or what it has."""

    @workflow.run
    async def run(self, question: Question) -> Answer:
        try:
            return await self._answer(question)
        except FailureError as error:
            raise ApplicationError(why(error), type=REFUSED, non_retryable=True) from error

    async def _answer(self, question: Question) -> Answer:
        match question.what:
            case "list":
                return Answer(listing=await call(tenancy.LIST, Everybody(), in_all=_PATIENCE))
            case "show":
                return Answer(tenant=await call(tenancy.SHOW, Named(name=question.name), in_all=_PATIENCE))
            case "usage":
                return Answer(usage=await call(tenancy.USAGE, Named(name=question.name), in_all=_PATIENCE))
