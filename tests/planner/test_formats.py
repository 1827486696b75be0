"""Records of every format that was ever written are read, and never by a guess at what a newer one means."""

import json
import re
from pathlib import Path

import pytest

from panka.planner import plan, record, state
from panka.planner.formats import Newer
from panka.planner.plan import Plan
from panka.planner.state import State

RECORDS = Path(__file__).parent / "records"
"""Bodies as they were stored, one of each format: `<what>-<format>.json`. None of them is ever changed."""
STATES = sorted(RECORDS.glob("state-*.json"))
PLANS = sorted(RECORDS.glob("plan-*.json"))


def format_of(place: Path) -> int:
    return int(place.stem.rpartition("-")[2])


@pytest.mark.parametrize("place", STATES, ids=lambda place: place.stem)
def test_a_stored_state_of_every_format_reads_with_all_that_it_holds(place: Path) -> None:
    body = place.read_bytes()

    read = State.read(body)

    assert json.loads(body)["format"] == format_of(place)
    assert read.format == state.FORMAT
    again = json.loads(read.model_dump_json(by_alias=True, exclude_unset=True))
    assert {name: again[name] for name in json.loads(body) if name != "format"} == {
        name: value for name, value in json.loads(body).items() if name != "format"
    }


@pytest.mark.parametrize("place", PLANS, ids=lambda place: place.stem)
def test_a_filed_plan_of_every_format_can_be_carried_out(place: Path) -> None:
    made = Plan.read(place.read_bytes())
    recorded = State.read((RECORDS / f"state-{format_of(place)}.json").read_bytes())

    steps = [one for one in made.forward if not one.needs]
    folded = record.fold(recorded, made, [record.Outcome(key=one.key, id=one.key) for one in steps], [])

    assert made.format == plan.FORMAT
    assert steps
    assert all(folded.resources[one.address].properties for one in steps)


def test_each_format_but_the_present_one_has_a_stored_record_and_an_upgrade() -> None:
    journals = {4}
    for current, upgrades, places, others in (
        (state.FORMAT, state.UPGRADES, STATES, journals),
        (plan.FORMAT, plan.UPGRADES, PLANS, set()),
    ):
        assert sorted(upgrades) == list(range(1, current))
        assert {format_of(place) for place in places} >= set(range(1, current)) - others


@pytest.mark.parametrize("model", [State, Plan])
def test_a_record_of_a_newer_format_is_refused_by_name(model: type[State] | type[Plan]) -> None:
    place = RECORDS / f"{model.__name__.lower()}-1.json"
    body = re.sub(rb'"format":1', b'"format":99', place.read_bytes(), count=1)

    with pytest.raises(Newer, match="of format 99, which a newer version of Panka wrote"):
        model.read(body[:-1] + b',"unheardOf":true}')
