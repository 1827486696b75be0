"""Patches from what AWS tells to what is wanted, and the paths that they are made of."""

from typing import Any

import pytest

from panka.activities.providers.json_patch import Patch, patch
from panka.activities.providers.paths import MISSING, at, laid_at, without
from panka.activities.untold import recalled, with_untold
from panka.planner.resource import Properties
from panka.planner.resource_types import TypeFacts


def known(**paths: str) -> TypeFacts:
    said: dict[str, Any] = {name: frozenset(text.split()) for name, text in paths.items()}
    empty = dict.fromkeys(
        ("required", "create_only", "conditional_create_only", "read_only", "write_only"), frozenset()
    )
    return TypeFacts(
        type="AWS::X::Y", **{**empty, **said}, primary_identifier=("Name",), tagging=None, handlers=frozenset()
    )


def add(path: str, value: object) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def put(path: str, value: object) -> dict[str, Any]:
    return {"op": "replace", "path": path, "value": value}


def remove(path: str) -> dict[str, Any]:
    return {"op": "remove", "path": path}


@pytest.mark.parametrize(
    ("live", "wanted", "expected"),
    [
        ({"A": 1}, {"A": 2}, [put("/A", 2)]),
        ({"A": 1}, {"A": 1, "B": 2}, [add("/B", 2)]),
        ({"A": 1, "B": 2}, {"A": 1}, [remove("/B")]),
        ({"A": {"B": 1, "C": 2}}, {"A": {"B": 1, "C": 3, "D": 4}}, [put("/A/C", 3), add("/A/D", 4)]),
        ({"A": {"B": 1, "C": 2}}, {"A": {"B": 1}}, [remove("/A/C")]),
        ({"L": [{"B": 1}, {"B": 2}]}, {"L": [{"B": 1}, {"B": 3}]}, [put("/L", [{"B": 1}, {"B": 3}])]),
        ({"L": [1, 2]}, {"L": [2, 1]}, [put("/L", [2, 1])]),
        ({"M": {"a/b": "x"}}, {"M": {"a/b": "y", "c~d": "z"}}, [put("/M/a~1b", "y"), add("/M/c~0d", "z")]),
        ({"A": True}, {"A": False}, [put("/A", False)]),
        ({"A": {"B": 1}}, {"A": "text"}, [put("/A", "text")]),
    ],
)
def test_a_patch_says_just_what_differs(live: Properties, wanted: Properties, expected: Patch) -> None:
    assert patch(known(), live, wanted) == expected


@pytest.mark.parametrize(
    ("live", "wanted"),
    [
        ({"A": {"B": 1}}, {"A": {"B": 1}}),
        ({"A": {"B": 1, "C": [], "D": False}}, {"A": {"B": 1}}),  # AWS tells defaults
        ({}, {"A": False, "B": [], "C": {"D": None}}),  # AWS leaves out what is empty
        ({"Size": "100", "Open": "true"}, {"Size": 100, "Open": True}),
        ({"P": '{"b": 1, "a": [2]}'}, {"P": {"a": [2], "b": 1}}),
        ({"P": '{"b":1}'}, {"P": '{ "b": 1 }'}),
        (
            {"Tags": [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}]},
            {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]},
        ),
    ],
)
def test_what_says_the_same_needs_no_patch(live: Properties, wanted: Properties) -> None:
    assert patch(known(), live, wanted) == []


def test_what_is_fixed_or_read_only_is_in_no_patch() -> None:
    type = known(create_only="Name Net.Zone", read_only="Arn Net.Id")
    live = {"Name": "A", "Arn": "arn:1", "Net": {"Zone": "a", "Id": "i", "Size": 1}}

    assert patch(type, live, {"Name": "a", "Net": {"Zone": "b", "Size": 2}}) == [put("/Net/Size", 2)]


SECRET = known(write_only="Password Login.Password Rules.*.Key", create_only="Login.Name")


@pytest.mark.parametrize(
    ("live", "wanted", "expected"),
    [
        ({"A": 1}, {"A": 2, "Password": "p"}, [put("/A", 2), add("/Password", "p")]),
        ({"A": 1, "Password": "p"}, {"A": 1, "Password": "p"}, []),
        ({"A": 1, "Password": "p"}, {"A": 2, "Password": "p"}, [put("/A", 2), add("/Password", "p")]),
        ({"A": 1, "Password": "p"}, {"A": 1, "Password": "q"}, [add("/Password", "q")]),
        ({"A": 1}, {"A": 1, "Password": "p"}, [add("/Password", "p")]),
        ({"A": 1}, {"A": 1}, []),
        (
            {"Login": {"Reset": True}},
            {"Login": {"Reset": True, "Password": "p"}},
            [add("/Login/Password", "p")],
        ),
        ({}, {"Login": {"Password": "p", "Name": "fixed"}}, [add("/Login", {"Password": "p"})]),
        (
            {},
            {"Login": {"Password": "p", "Reset": True}},
            [add("/Login", {"Reset": True}), add("/Login/Password", "p")],
        ),
        (
            {"Rules": [{"On": 1}]},
            {"Rules": [{"On": 2, "Key": "k"}]},
            [add("/Rules", [{"On": 2, "Key": "k"}])],
        ),
    ],
)
def test_what_aws_never_tells_is_in_every_patch_and_causes_one_only_when_it_changes(
    live: Properties, wanted: Properties, expected: Patch
) -> None:
    assert patch(SECRET, live, wanted) == expected


def test_paths_lead_into_mappings_and_lists() -> None:
    value = {"A": {"B": 1, "C": 2}, "L": [{"X": 1, "Y": 2}, {"X": 3}], "M": {"k": {"X": 1}}}

    assert (at(value, "A.B"), at(value, "A.Z"), at(value, "L.X")) == (1, MISSING, MISSING)
    assert without(value, {"A.B", "L.*.X", "M.*.X"}) == {"A": {"C": 2}, "L": [{"Y": 2}, {}]}
    assert without(value, {"A.B", "A.C"}) == {"L": value["L"], "M": value["M"]}
    assert without(value, {"L.X"})["L"] == [{"Y": 2}, {}]
    assert laid_at(value, "A.Z.Q", 5)["A"] == {"B": 1, "C": 2, "Z": {"Q": 5}}
    assert value["A"] == {"B": 1, "C": 2}


TYPE = "AWS::IAM::User"
BEFORE = {"UserName": "ann", "LoginProfile": {"Password": "{{resolve:secretsmanager:a}}"}}


def test_what_is_wanted_as_it_was_recorded_is_known_although_aws_never_tells_it() -> None:
    live = {"UserName": "ann", "LoginProfile": {"PasswordResetRequired": True}}
    after = {**BEFORE, "Path": "/x/"}
    wanted = {**after, "LoginProfile": {"Password": "the secret"}}

    found = recalled(TYPE, live, BEFORE, after, wanted)

    assert found["LoginProfile"] == {"PasswordResetRequired": True, "Password": "the secret"}


def test_what_is_wanted_otherwise_than_it_was_recorded_is_not_known() -> None:
    after = {"UserName": "ann", "LoginProfile": {"Password": "{{resolve:secretsmanager:b}}"}}

    assert recalled(TYPE, {"UserName": "ann"}, BEFORE, after, after) == {"UserName": "ann"}


def test_what_was_on_record_can_be_restored_although_aws_never_tells_it() -> None:
    assert with_untold(TYPE, {"UserName": "ann"}, BEFORE) == BEFORE
