"""What a failed run could take back, and how well."""

import pytest

from panka.planner.plan import Action, Change, Step, Undo
from panka.planner.undoing import undo_of


def step(type: str, action: Action, *paths: str, before: int | None = 1, delete_first: bool = False) -> Step:
    changes = tuple(Change(path=path, before=before, after=2) for path in paths)
    return Step(
        key="a:main",
        address="a:main",
        type=type,
        action=action,
        generation=1,
        kind="Kind",
        changes=changes,
        delete_first=delete_first,
    )


@pytest.mark.parametrize(
    ("one", "undo", "why"),
    [
        (step("AWS::SQS::Queue", Action.CREATE), Undo.EXACT, ""),
        (step("AWS::SQS::Queue", Action.UPDATE, "VisibilityTimeout"), Undo.EXACT, ""),
        (step("AWS::DynamoDB::Table", Action.REPLACE, "KeySchema.0.AttributeName"), Undo.EXACT, ""),
        (
            step("AWS::DynamoDB::Table", Action.REPLACE, "KeySchema", delete_first=True),
            Undo.IMPOSSIBLE,
            "its old resource is deleted before the new one is made",
        ),
        (
            step("AWS::RDS::DBInstance", Action.UPDATE, "AllocatedStorage", "MultiAZ"),
            Undo.IMPOSSIBLE,
            "AWS does not change AllocatedStorage back",
        ),
        (
            step("AWS::RDS::DBInstance", Action.UPDATE, "MasterUserPassword"),
            Undo.LOSSY,
            "AWS does not tell MasterUserPassword: what is on record is set again",
        ),
        (
            step("AWS::S3::Bucket", Action.UPDATE, "VersioningConfiguration", before=None),
            Undo.LOSSY,
            "versioning can only be suspended",
        ),
        (step("AWS::S3::Bucket", Action.UPDATE, "VersioningConfiguration.Status"), Undo.EXACT, ""),
    ],
    ids=lambda value: f"{value.type}-{value.action}" if isinstance(value, Step) else None,
)
def test_the_undoing_of_a_step_is_known_before_it_runs(one: Step, undo: Undo, why: str) -> None:
    assert undo_of(one) == (undo, why)
