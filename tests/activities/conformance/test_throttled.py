"""The contract of providers where AWS throttles, in each of the protocols that its services speak.

Nothing of it may reach whoever calls a provider: throttled calls are waited out, and nothing is made twice.
"""

from dataclasses import replace

from tests.activities.conformance.case import Case
from tests.activities.conformance.cases_compute import CASES as COMPUTE
from tests.activities.conformance.cases_storage import CASES as STORAGE
from tests.activities.conformance.suite import Conformance

TYPES = (
    "AWS::EC2::SecurityGroup",  # EC2's own
    "AWS::IAM::Role",  # query
    "AWS::Lambda::Function",  # REST with JSON
    "AWS::S3::Bucket",  # REST with XML
    "AWS::SQS::Queue",  # JSON
)


def throttled(type: str) -> Case:
    case = next(case for case in (*STORAGE, *COMPUTE) if case.type == type and not case.label)
    return replace(case, endpoints=("throttling",), label="throttled")


class TestThrottled(Conformance):
    cases = tuple(throttled(type) for type in TYPES)
    # A throttled call counts as sent, so it cannot be ordered which one's reply is lost.
    test_a_create_converges_whichever_reply_is_lost = None
    test_an_update_converges_whichever_reply_is_lost = None
    test_a_delete_converges_whichever_reply_is_lost = None
    # These only look, or look more than they change; a call takes ten times as long here.
    test_what_is_absent_is_neither_found_nor_read = None
    test_what_is_made_carries_every_tag_of_its_owner = None
    test_what_a_stranger_made_is_refused_and_left_alone = None
    test_what_was_made_by_hand_is_refused_and_left_alone = None
    test_an_update_to_the_same_changes_nothing = None
    test_two_generations_are_kept_apart = None
