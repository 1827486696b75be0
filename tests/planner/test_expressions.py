"""What `${…}` means, and how variables are put in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panka.planner.language.expressions import (
    Circular,
    Foreign,
    Malformed,
    Output,
    Unresolved,
    Variable,
    Variables,
    expand,
    literal,
    outputs,
    parse,
    unescape,
)
from panka.planner.language.reading import Plain

SCOPES = Variables(
    given={"G": "given", "BOTH": "given", "RAW": "${SECRET}"},
    services={"api": {"S": "of-api", "BOTH": "api", "DEEP": "${S}-${T}"}, "web": {"S": "of-web"}},
    stack={"T": "of-stack", "S": "of-stack", "BOTH": "stack", "N": Plain("1.10"), "URL": "${db.endpoint}/x"},
    fallback={"F": "fallback", "T": "never"},
)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", ("",)),
        ("plain $x {y}", ("plain $x {y}",)),
        ("${NAME}", (Variable("NAME", "", None, "${NAME}"),)),
        ("a${NAME:-b}c", ("a", Variable("NAME", "", "b", "${NAME:-b}"), "c")),
        ("${NAME:-}", (Variable("NAME", "", "", "${NAME:-}"),)),
        ("${A:-${B:-c}}", (Variable("A", "", "${B:-c}", "${A:-${B:-c}}"),)),
        ("${api.NAME}", (Variable("NAME", "api", None, "${api.NAME}"),)),
        ("${db.endpoint}", (Output("db", "endpoint", "${db.endpoint}"),)),
        ("${api/db.port}/x", (Output("api/db", "port", "${api/db.port}"), "/x")),
        ("${stack:other.db.port}", (Foreign("other", "db", "port", "${stack:other.db.port}"),)),
        ("$${NAME}", ("$${NAME}",)),
        ("a$${x}${y.z}", ("a$${x}", Output("y", "z", "${y.z}"))),
    ],
)
def test_a_text_is_read_into_its_pieces(text: str, pieces: tuple[object, ...]) -> None:
    assert parse(text) == pieces


@pytest.mark.parametrize("text", ["${", "a ${NAME", "${}", "${a b}", "${db.}", "${.x}", "${db.endpoint:-x}", "${Db.x}"])
def test_what_is_no_expression_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse(text)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${G}", "given"),
        ("${BOTH}", "given"),
        ("${S}", "of-api"),
        ("${T}", "of-stack"),
        ("${F}", "fallback"),
        ("${web.S}", "of-web"),
        ("${DEEP}", "of-api-of-stack"),
        ("${api.DEEP}", "of-api-of-stack"),
        ("${X:-d-${S}}", "d-of-api"),
        ("${URL}", "${db.endpoint}/x"),
        ("$${S}", "$${S}"),
        ("${RAW}", "$${SECRET}"),
    ],
)
def test_scopes_are_asked_from_the_nearest_and_given_variables_win(text: str, expanded: str) -> None:
    assert expand(text, SCOPES, "api") == expanded


def test_a_text_that_is_one_variable_keeps_how_it_was_written() -> None:
    assert isinstance(expand("${N}", SCOPES, ""), Plain)
    assert not isinstance(expand("v${N}", SCOPES, ""), Plain)


def test_an_unresolved_variable_names_what_is_known() -> None:
    with pytest.raises(Unresolved) as caught:
        expand("x ${NOPE}", Variables(stack={"NOPA": "1"}), "")

    assert caught.value.variable.source == "${NOPE}"
    assert caught.value.known == ("NOPA",)


def test_variables_that_lead_to_each_other_are_a_circle() -> None:
    with pytest.raises(Circular) as caught:
        expand("${A}", Variables(stack={"A": "${B}", "B": "x${A}"}), "")

    assert caught.value.names == ("A", "B", "A")


def test_variables_of_the_same_name_in_two_services_are_no_circle() -> None:
    scopes = Variables(services={"api": {"A": "${web.A}"}, "web": {"A": "1"}})

    assert expand("${A}", scopes, "api") == "1"


@given(st.text(alphabet="ab${}.:-$/ A"))
def test_every_text_is_read_or_refused_and_loses_nothing(text: str) -> None:
    try:
        pieces = parse(text)
    except Malformed:
        return

    assert "".join(piece if isinstance(piece, str) else piece.source for piece in pieces) == text


@given(st.text(alphabet="ab${}.A"))
def test_an_escaped_text_refers_to_nothing_and_comes_back(text: str) -> None:
    escaped = literal(text.replace("$$", "$"))

    assert outputs(escaped) == ()
    assert unescape(escaped) == text.replace("$$", "$")
