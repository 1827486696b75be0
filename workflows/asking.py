"""Where a run waits for people: for the approval of its plan, for a word on what failed, for the next level."""

from collections.abc import Callable
from datetime import timedelta
from enum import Enum
from typing import TypeVar

from pydantic import JsonValue, ValidationError
from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from panka.planner.owner import Scope
    from panka.planner.plan import PlanRef
    from panka.planner.resource import Model
    from panka.workflows.messages import ABORT, APPROVE, RETRY, SKIP, Approval, Decision, EventKind
    from panka.workflows.passes import Pass
    from panka.workflows.story import Story

M = TypeVar("M", bound=Model)


class Question(Enum):
    """What a run wants to know."""

    PLAN = "whether the plan may be carried out"
    LEVEL = "whether the next level may start"
    FAILURE = "what to do about what failed"


class Asking:
    """The part of a run that listens to people.

    Every answer comes as an update, which is checked before it is taken and refused with the reason, or as a signal of
    the same name from the Web UI, which cannot be answered: one that does not fit is passed over. People may have
    typed either by hand, so it is any JSON until it has been understood: a signal must never break the run.
    """

    def __init__(self, scope: Scope, plan: PlanRef) -> None:
        self.story = Story(scope, plan)
        self.question: Question | None = None
        self.approval: Approval | None = None
        self.aborted: Decision | None = None
        self.skipped: set[str] = set()
        """Keys of failed steps without which the run is to go on."""
        self.said: list[str] = []
        self.failing: Pass | None = None
        """The pass about whose failures people may decide."""
        self.on_retry: Callable[[str], None] = lambda _key: None
        self._plan = plan.id

    @workflow.update(name=APPROVE, description="Approve of the plan, or of the next level.")
    def approve(self, said: JsonValue = None) -> None:
        self._take_approval(self._approval(said))

    @approve.validator
    def can_approve(self, said: JsonValue = None) -> None:
        self._approval(said)

    @workflow.update(name=RETRY, description="Try failed steps again.")
    def retry(self, said: JsonValue = None) -> None:
        self._take_retry(self._decision(said))

    @retry.validator
    def can_retry(self, said: JsonValue = None) -> None:
        self._decision(said)

    @workflow.update(name=SKIP, description="Go on without failed steps and what waits for them.")
    def skip(self, said: JsonValue = None) -> None:
        self._take_skip(self._decision(said))

    @skip.validator
    def can_skip(self, said: JsonValue = None) -> None:
        self._decision(said)

    @workflow.update(name=ABORT, description="End the run: take back what it did, or keep it.")
    def abort(self, said: JsonValue = None) -> None:
        self._take_abort(self._decision(said))

    @abort.validator
    def can_abort(self, said: JsonValue = None) -> None:
        self._decision(said)

    @workflow.signal(name=APPROVE, description="Approve of the plan, or of the next level.")
    def approve_by_signal(self, said: JsonValue = None) -> None:
        self._hear(APPROVE, lambda: self._take_approval(self._approval(said)))

    @workflow.signal(name=RETRY, description="Try failed steps again.")
    def retry_by_signal(self, said: JsonValue = None) -> None:
        self._hear(RETRY, lambda: self._take_retry(self._decision(said)))

    @workflow.signal(name=SKIP, description="Go on without failed steps and what waits for them.")
    def skip_by_signal(self, said: JsonValue = None) -> None:
        self._hear(SKIP, lambda: self._take_skip(self._decision(said)))

    @workflow.signal(name=ABORT, description="End the run: take back what it did, or keep it.")
    def abort_by_signal(self, said: JsonValue = None) -> None:
        self._hear(ABORT, lambda: self._take_abort(self._decision(said)))

    async def ask(self, question: Question, answered: Callable[[], bool], patience: float) -> bool:
        """Waits until the question is answered; False: nobody did in so many seconds."""
        self.question = question
        try:
            await workflow.wait_condition(
                answered, timeout=timedelta(seconds=patience), timeout_summary=f"a person to say {question.value}"
            )
        except TimeoutError:
            return False
        finally:
            self.question = None
        return True

    def _approval(self, said: JsonValue) -> Approval:
        """Raises ApplicationError when it is none, or when nobody waits for it."""
        answer = understood(Approval, said)
        if self.question not in (Question.PLAN, Question.LEVEL):
            raise ApplicationError("The run waits for no approval.")
        if answer.plan not in ("", self._plan):
            raise ApplicationError(f"The run is about plan {self._plan}, not {answer.plan}.")
        return answer

    def _decision(self, said: JsonValue) -> Decision:
        """Raises ApplicationError when it is none, or is about something else than what has failed."""
        decision = understood(Decision, said)
        if self.failing is None or not self.failing.failed:
            raise ApplicationError(
                "The run waits for no decision: nothing has failed, or it does not pause on failures."
            )
        if unknown := sorted(set(decision.keys) - self.failing.failed):
            failed = ", ".join(sorted(self.failing.failed))
            raise ApplicationError(f"{', '.join(unknown)} has not failed. What has: {failed}.")
        return decision

    def _hear(self, name: str, take: Callable[[], None]) -> None:
        try:
            take()
        except ApplicationError as error:
            workflow.logger.warning("The signal `%s` was passed over: %s", name, error.message)
            self.story.pass_over(f"The signal `{name}` was passed over: {error.message}")

    def _take_approval(self, answer: Approval) -> None:
        self._note(answer.by, "approved" if answer.approved else "rejected", answer.comment)
        self.approval = answer

    def _take_retry(self, decision: Decision) -> None:
        for key in self._meant(decision):
            self._note(decision.by, RETRY, key)
            self.on_retry(key)
            if self.failing is not None:
                self.failing.retry(key)

    def _take_skip(self, decision: Decision) -> None:
        for key in self._meant(decision):
            self._note(decision.by, SKIP, key)
            self.skipped.add(key)
            if self.failing is not None:
                self.failing.give_up(key)

    def _take_abort(self, decision: Decision) -> None:
        self._note(decision.by, ABORT, "and keep what is done" if decision.keep else "")
        self.aborted = decision

    def _meant(self, decision: Decision) -> list[str]:
        failed = self.failing.failed if self.failing is not None else set()
        return sorted(decision.keys or failed)

    def _note(self, by: str, what: str, about: str) -> None:
        text = f"{what} {about}".rstrip()
        self.said.append(f"{by}: {text}")
        self.story.tell(EventKind.SAID, by, text)


def understood(shape: type[M], said: JsonValue) -> M:
    """What somebody said, in its shape. Raises ApplicationError, naming every mistake and what may be said."""
    try:
        return shape.model_validate({} if said is None else said)
    except ValidationError as error:
        mistakes = ", ".join(f"{'.'.join(map(str, one['loc'])) or 'the data'} ({one['msg']})" for one in error.errors())
        names = ", ".join(f"`{name}`" for name in shape.model_fields)
        raise ApplicationError(f"The data does not fit: {mistakes}. It is a JSON object with any of {names}.") from None
