"""How tests run and replay workflow code: in the SDK's sandbox, which refuses what is not deterministic.

Workers do without it: it doubles what a step costs them. The pure planner is passed through, not loaded for each run.
"""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

_PURE = (
    "panka.planner", "panka.workflows.ports", "panka.workflows.messages", "panka.workflows.tenancy", "pydantic",
    "pydantic_core", "rustworkx",
)  # fmt: skip


def runner() -> SandboxedWorkflowRunner:
    """The runner of every worker and every replay in the tests."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PURE))
