"""How workflow code is run: in the SDK's sandbox, with the pure planner passed through, not loaded for each run."""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

_PURE = (
    "panka.planner", "panka.workflows.ports", "panka.workflows.messages", "panka.workflows.tenancy", "pydantic",
    "pydantic_core", "rustworkx",
)  # fmt: skip


def runner() -> SandboxedWorkflowRunner:
    """The runner that every worker and every replay uses."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PURE))
