"""Reports as text: what is in them, what never is, and that the same is always said in the same bytes."""

import re
import time
from html import unescape
from xml.etree import ElementTree as ET

import pytest

from panka.planner.history import Failure
from panka.planner.plan import Action, Change
from panka.planner.record import Span
from panka.planner.render.boxes import MOST_DRAWN
from panka.planner.render.fate import Fate, Known
from panka.planner.render.filling import of_plan, of_run, of_stack
from panka.planner.render.html import html
from panka.planner.render.picture import Node, Picture
from panka.planner.render.sheet import Sheet
from panka.planner.render.svg import svg
from plugins.sheets import DENIED, HARM, PLAN, RAN, harmful, plan, step

STACK = Picture((Node("jobs", "api/jobs", "SQS", 0, ()), Node("server", "api/server", "Lambda", 1, ("jobs",))), ())
SHEETS = {"plan": of_plan(PLAN, ["a note"]), "run": of_run(PLAN, RAN), "stack": of_stack("shop", STACK)}


def text(page: str) -> str:
    """What a page says, without its style and script, a line for each piece."""
    body = page[page.index("<main>") : page.index("</main>")]
    lines = unescape(re.sub(r"<[^>]*>", "\n", body)).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def rows(page: str) -> list[list[str]]:
    """The cells of the table of steps."""
    table = page[page.index('<section class="steps">') : page.index("</tbody>")]
    found = re.findall(r'<tr data-i="\d+".*?</tr>', table)
    return [[re.sub(r"<[^>]*>", "", cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in found]


def large(steps: int) -> Sheet:
    """A component of four resources each."""
    made = tuple(
        step(
            f"c{one // 4}:p{one % 4}", Action.CREATE, weight=16 - 4 * (one % 4),
            depends_on=(f"c{one // 4}:p{one % 4 - 1}",) if one % 4 else (),
        )
        for one in range(steps)
    )  # fmt: skip
    return of_plan(plan(made))


@pytest.mark.parametrize("name", SHEETS)
def test_the_same_is_always_said_in_the_same_bytes(name: str) -> None:
    again = {"plan": of_plan(PLAN, ["a note"]), "run": of_run(PLAN, RAN), "stack": of_stack("shop", STACK)}[name]

    assert html(SHEETS[name]) == html(again)
    assert svg(SHEETS[name]) == svg(again)


@pytest.mark.parametrize("name", SHEETS)
def test_a_page_is_one_file_that_knows_no_address(name: str) -> None:
    page = html(SHEETS[name])

    assert not re.findall(r"https?:|//\w|@import|url\(", page.replace("data:,", ""))
    assert not re.findall(r'(?:src|href)="(?!data:,)', page)


def test_a_plan_says_where_it_is_about_and_what_it_does() -> None:
    said = text(html(SHEETS["plan"]))

    for word in ("acme/", "shop", "prod", "111122223333", "eu-west-1", "p-8d21c0", "state #42", "3f2c1a9"):
        assert word in said.splitlines(), word
    assert "Plan p-8d21c0: 1 create, 1 update, 1 replace, 1 destroy   (5 resources to change, 9 unchanged)" in said
    assert "note: a note" in said


def test_changes_are_told_property_by_property_in_the_words_of_a_plan() -> None:
    said = text(html(SHEETS["plan"]))

    assert "REPLACE: Scheme cannot change in place" in said
    assert 'Scheme\n"internal" -> "internet-facing"\nforces replacement' in said
    assert "Cache\n+ ${cache:main.Endpoint}   (known after apply)" in said
    assert "cluster.nodeType\ncache.t3.small" in said


def test_dangerous_changes_are_last() -> None:
    page = html(SHEETS["plan"])

    order = re.findall(r'<details class="change (\w+)"', page)

    assert order == ["create", "update", "replace", "delete"]


def test_steps_of_a_plan_are_at_work_as_long_as_such_steps_are() -> None:
    steps = rows(html(SHEETS["plan"]))

    assert [(cells[1], *cells[4:6]) for cells in steps] == [
        ("api/cache:group", "+0.0s", "5.0s"),
        ("api/cache", "+5.0s", "4m05s"),
        ("api/server", "+4m10s", "40s"),
        ("web/front", "+4m50s", "1m00s"),
        ("api/legacy", "+5m50s", "5.0s"),
        ("web/front@1", "+5m50s", "5.0s"),
    ]


def test_a_run_tells_of_each_step_when_it_was_at_work_how_often_it_was_tried_and_why_it_failed() -> None:
    page = html(SHEETS["run"])

    steps = {cells[1]: cells for cells in rows(page)}

    assert steps["api/cache"][3:7] == ["create taken back", "+3.0s", "4m10s", "3"]
    assert steps["api/server"][3:7] == ["update failed", "+4m13s", "3.0s", "1"]
    assert steps["web/front"][3:7] == ["replace skipped", "", "", ""]
    assert f"api/server\n{DENIED}\napi/app.yaml:31:1" in text(page)


def test_a_run_says_who_when_and_how_it_ended() -> None:
    said = text(html(SHEETS["run"])).splitlines()

    for word in ("Run #43", "rolled back", "ana", "leo", "2026-11-26T05:36:02Z", "5m18s", "#42 to #43"):
        assert word in said, word
    assert "leo: retry server:main" in said
    assert "6 steps: 1 failed, 3 skipped, 2 taken back" in said


def test_the_bold_line_of_a_run_is_what_it_waited_for() -> None:
    slow = Span(began=0, ended=90)
    made = plan(
        (
            step("a:main", Action.CREATE, weight=900),
            step("b:main", Action.CREATE, weight=1),
            step("c:main", Action.CREATE, depends_on=("a:main", "b:main"), level=1, weight=1),
        )
    )
    known = {"a:main": Span(began=0, ended=1), "b:main": slow, "c:main": Span(began=90, ended=91)}
    ended = {"started": "1970-01-01T00:00:00Z", "finished": "1970-01-01T00:01:31Z", "result": "succeeded"}
    ran = RAN.model_copy(update={**ended, "steps": tuple((key, 1) for key in known), "spans": known, "failures": ()})

    assert of_plan(made).critical == ("a:main", "c:main")
    assert of_run(made, ran).critical == ("b:main", "c:main")


def test_what_failed_and_is_no_step_is_told() -> None:
    lost = Failure(key="lock", place="", message="Somebody took the lock over.")
    ran = RAN.model_copy(update={"result": "failed", "failures": (lost,)})

    assert "lock\nSomebody took the lock over." in text(html(of_run(PLAN, ran)))


def test_no_secret_is_shown() -> None:
    said = step(
        "db:main", Action.CREATE, "AWS::RDS::DBInstance",
        properties={
            "MasterUserPassword": "hunter2",
            "Variables": {"API_TOKEN": "hunter2", "LOG_LEVEL": "debug"},
            "Environment": [{"Name": "DB_PASSWORD", "Value": "hunter2"}, {"Name": "URL", "Value": "postgres://u:hunter2@h/d"}],
            "Secret": "{{resolve:secretsmanager:acme/db}}",
        },
    )  # fmt: skip
    token = Change(path="Auth.AuthToken", before="hunter2", after="hunter3")
    changed = step("q:main", Action.UPDATE, properties={}, changes=(token,))

    page = html(of_plan(plan((said, changed)))) + html(SHEETS["plan"]) + html(SHEETS["run"])

    assert "hunter" not in page
    assert page.count("(not shown)") >= 6
    assert "debug" in page
    assert "{{resolve:secretsmanager:acme/db}}" in page


@pytest.mark.parametrize("make", [lambda made, _: of_plan(made, [HARM]), of_run], ids=["plan", "run"])
def test_whatever_is_said_is_text_and_never_a_part_of_the_page(make: object) -> None:
    sheet = make(*harmful())  # type: ignore[operator]  # both are functions

    page = html(sheet)

    assert page.count("<script") == 1
    assert "<img" not in page
    assert page.count("&lt;script&gt;") > 10
    assert not re.search(r'="[^"]*<', page)


def test_a_picture_alone_is_well_formed_whatever_is_said() -> None:
    nodes = (Node(HARM, HARM, HARM, 0, ()), Node("b", "b\x00\x1b[31m", "SQS", 1, (HARM,)))

    drawing = ET.fromstring(svg(of_stack(HARM, Picture(nodes, (HARM, "b")))))  # our own

    space = "{http://www.w3.org/2000/svg}"
    assert len(drawing.findall(f"{space}g")) == 2
    assert drawing.find(f".//{space}script") is None
    assert [one.get("class") for one in drawing.findall(f"{space}path")] == ["line critical"]


def test_each_step_has_a_box_with_its_action_and_what_it_needs() -> None:
    page = html(SHEETS["plan"])

    boxes = re.findall(r'<g class="node ([^"]*)" data-i="(\d)" data-needs="([\d ]*)"', page)

    assert boxes == [
        ("create critical", "0", ""),
        ("create critical", "1", "0"),
        ("update critical", "2", "1"),
        ("replace critical", "3", "2"),
        ("delete", "4", ""),
        ("delete", "5", ""),
    ]
    assert re.findall(r'<text class="level"[^>]*>([^<]*)', page) == [
        *("Level 1", "Level 2", "Level 3", "Level 4", "Cleanup 1"),
    ]


def test_of_too_many_steps_each_component_has_a_box() -> None:
    sheet = large(MOST_DRAWN + 2)

    page = html(sheet)

    assert len(sheet.boxes) == MOST_DRAWN // 4 + 1
    assert page.count('<g class="node') == len(sheet.boxes)
    assert "Each box is a component" in page
    assert sheet.boxes[0].span == Span(began=0, ended=16)


def test_a_component_is_as_its_worst_step() -> None:
    made = plan(tuple(step(f"c{one // 4}:p{one % 4}", Action.CREATE) for one in range(MOST_DRAWN + 4)))
    spans = {one.key: Span(began=5, ended=6) for one in made.forward}
    failure = Failure(key="c7:p2", place="", message=DENIED, span=Span(began=6, ended=9, tries=4))
    done = tuple((key, 1) for key in spans if key != "c7:p2")
    ran = RAN.model_copy(update={"result": "failed", "steps": done, "spans": spans, "failures": (failure,)})

    boxes = {box.node.id: box for box in of_run(made, ran).boxes}

    assert boxes["c7"].known == Known(Fate.FAILED, DENIED, None, failure.span)
    assert boxes["c7"].span == Span(began=5, ended=9, tries=4)
    assert boxes["c8"].known == Known(Fate.DONE, "", 1, spans["c8:p0"])


def test_of_more_boxes_than_anybody_can_look_at_nothing_is_drawn() -> None:
    made = plan(tuple(step(f"c{one}:main", Action.CREATE) for one in range(MOST_DRAWN + 1)))

    page = html(of_plan(made))

    assert "<g " not in page
    assert "2001 boxes are too many to draw." in page


def test_a_page_of_a_thousand_components_takes_about_a_second() -> None:
    sheet = large(4_000)

    began = time.process_time()
    page = html(sheet)

    assert len(sheet.boxes) == 1_000
    assert time.process_time() - began < 6  # it takes 0.3 where nothing else goes on
    assert len(page) < 4_000_000


def test_an_empty_plan_is_a_page_too() -> None:
    said = text(html(of_plan(plan((), unchanged=3))))

    assert "Nothing changes: 3 resources are as the stack says." in said
    assert "What waits for what" not in said
