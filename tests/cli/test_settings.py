"""Where a setting comes from."""

from pathlib import Path

import pytest

from panka.activities.telemetry import Sink
from panka.cli.exits import Misused
from panka.cli.settings import read_settings, read_terminal, seconds


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the user's own file, and a project below it."""
    (tmp_path / ".config" / "panka").mkdir(parents=True)
    (tmp_path / "project" / "deep").mkdir(parents=True)
    return tmp_path


def write(home: Path, *, own: str = "", project: str = "") -> None:
    (home / ".config" / "panka" / "config.toml").write_text(own)
    (home / "project" / "panka.toml").write_text(project)


def read(home: Path, flags: dict[str, str | None] | None = None, **environ: str):
    return read_settings(flags or {}, {"HOME": str(home), "LOGNAME": "ana", **environ}, home / "project" / "deep")


def test_each_source_goes_before_the_next(home: Path) -> None:
    write(
        home,
        own='tenant = "own"\nregion = "own"\nprofile = "own"\ntable = "own"',
        project='tenant = "project"\nregion = "project"\nprofile = "project"',
    )

    settings = read(home, {"tenant": "flag", "region": None}, PANKA_TENANT="variable", PANKA_REGION="variable")

    assert (settings.tenant, settings.region, settings.profile, settings.table) == (
        "flag",
        "variable",
        "project",
        "own",
    )
    assert settings.temporal_address == "127.0.0.1:7233"


def test_every_value_remembers_where_it_comes_from(home: Path) -> None:
    write(home, own='table = "own"', project='profile = "project"')

    origins = read(home, {"tenant": "flag"}, PANKA_ENV="prod").origins

    assert origins["tenant"] == "-t/--tenant"
    assert origins["environment"] == "PANKA_ENV"
    assert origins["profile"] == str(home / "project" / "panka.toml")
    assert origins["table"] == str(home / ".config" / "panka" / "config.toml")
    assert origins["bucket"] == "default"


def test_xdg_config_home_goes_before_the_home(home: Path) -> None:
    write(home, own='table = "home"')
    (home / "xdg" / "panka").mkdir(parents=True)
    (home / "xdg" / "panka" / "config.toml").write_text('table = "xdg"')

    assert read(home, XDG_CONFIG_HOME=str(home / "xdg")).table == "xdg"


def test_an_unknown_key_is_an_error_that_knows_the_right_one(home: Path) -> None:
    write(home, project='tennant = "acme"')

    with pytest.raises(Misused, match="unknown key `tennant`") as refused:
        read(home)

    assert refused.value.help == "did you mean `tenant`?"


def test_broken_toml_is_told_with_its_file(home: Path) -> None:
    write(home, project="tenant = ")

    with pytest.raises(Misused, match=r"panka\.toml cannot be read"):
        read(home)


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("tenant", ("-t/--tenant", "PANKA_TENANT", "`tenant =")),
        ("environment", ("-e/--env", "PANKA_ENV", "`environment =")),
        ("bucket", ("--bucket", "PANKA_BUCKET", "`bucket =")),
    ],
)
def test_a_missing_setting_names_every_way_to_give_it(home: Path, name: str, ways: tuple[str, ...]) -> None:
    with pytest.raises(Misused) as refused:
        read(home).need(name)

    assert all(way in refused.value.help for way in ways)


@pytest.mark.parametrize("wrong", ["Acme", "-acme", "acme-", "a/b", "a" * 64])
def test_a_name_that_could_leave_its_place_is_refused(home: Path, wrong: str) -> None:
    with pytest.raises(Misused, match="is no name"):
        read(home, {"tenant": wrong})


def test_local_stands_in_only_for_what_was_not_chosen(home: Path) -> None:
    settings = read(home, PANKA_LOCAL="1", PANKA_ENV="prod")

    assert (settings.tenant, settings.environment) == ("demo", "prod")
    assert settings.origins["tenant"] == "--local"


def test_stack_variables_come_from_the_environment(home: Path) -> None:
    assert read(home, PANKA_VAR_REPLICAS="3", PANKA_VAR_="x").variables == {"REPLICAS": "3"}


def test_the_user_is_who_is_logged_in_unless_a_workflow_says_who(home: Path) -> None:
    assert read(home, GITHUB_ACTOR="leo").user == "leo"
    assert read(home, GITHUB_ACTOR="leo", PANKA_USER="eva").user == "eva"


@pytest.mark.parametrize(("text", "wanted"), [("90", 90), ("30s", 30), ("5m", 300), ("1.5h", 5400)])
def test_durations_are_seconds_or_carry_a_unit(text: str, wanted: float) -> None:
    assert seconds(text) == wanted


@pytest.mark.parametrize("text", ["", "m", "-1", "5 days", "1m30s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(text)


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"CLICOLOR_FORCE": "0"}, False),
    ],
)
def test_colour_is_for_terminals_unless_it_is_forced_and_never_against_no_color(
    environ: dict[str, str], wanted: bool
) -> None:
    assert read_terminal(environ).colour is wanted


@pytest.mark.parametrize("environ", [{}, {"FORCE_COLOR": "1"}, {"CLICOLOR_FORCE": "1", "TERM": "xterm"}])
def test_what_is_no_terminal_is_never_drawn_in_nor_cut(environ: dict[str, str]) -> None:
    terminal = read_terminal(environ)

    assert not terminal.motion
    assert terminal.columns is None


def test_github_actions_says_that_it_reads_along() -> None:
    terminal = read_terminal({"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "/tmp/summary"})

    assert terminal.annotations
    assert terminal.step_summary == "/tmp/summary"
    assert not read_terminal({}).annotations


def test_telemetry_is_off_unless_it_is_named_and_a_variable_can_turn_it_off_again(home: Path) -> None:
    assert read(home).telemetry == frozenset()

    write(home, project='telemetry = "otlp,prometheus"')

    assert read(home).telemetry == {Sink.OTLP, Sink.PROMETHEUS}
    assert read(home, PANKA_TELEMETRY="off").telemetry == frozenset()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("PANKA_TELEMETRY", "oltp", "`oltp` is neither `off` nor some of otlp, prometheus, console"),
        ("PANKA_LOG_FORMAT", "xml", "`xml` is neither `text` nor `json`"),
        ("PANKA_METRICS_LISTEN", "9464", "`9464` is not a HOST:PORT"),
    ],
)
def test_what_telemetry_cannot_be_is_said(home: Path, variable: str, value: str, said: str) -> None:
    with pytest.raises(Misused, match=said):
        read(home, **{variable: value})
