"""How tests and replays run workflow code: in the SDK's sandbox, with the pure planner passed through.

Workers of the product run it without: the sandbox costs more than all else that a run asks of a worker. What it would
refuse is refused by the tests.
"""

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

_PURE = ("panka.planner", "panka.workflows.ports", "panka.workflows.messages", "pydantic", "pydantic_core", "rustworkx")


def runner() -> SandboxedWorkflowRunner:
    """The runner of every test and every replay."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*_PURE))
