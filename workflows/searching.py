"""What workflows that are about a stack are found by, in Temporal's Web UI and by its queries."""

from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

with workflow.unsafe.imports_passed_through():
    from panka.planner.owner import Scope
    from panka.workflows.messages import Phase

PHASE = SearchAttributeKey.for_keyword("PankaPhase")
FAILED = SearchAttributeKey.for_int("PankaFailed")
DRIFTED = SearchAttributeKey.for_bool("PankaDrifted")


def attributes(scope: Scope, operation: str, more: SearchAttributePair[Any]) -> TypedSearchAttributes:
    """With which a workflow begins; a server that does not know all of them refuses it."""
    said = {
        "PankaTenant": scope.tenant,
        "PankaStack": scope.stack,
        "PankaEnv": scope.environment,
        "PankaOperation": operation,
    }
    pairs = [SearchAttributePair(SearchAttributeKey.for_keyword(name), value) for name, value in said.items()]
    return TypedSearchAttributes([*pairs, SearchAttributePair(PHASE, Phase.LOCKING), more])
