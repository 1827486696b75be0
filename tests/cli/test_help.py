"""What `--help` owes whoever reads it."""

from collections.abc import Iterator

import click
import pytest

from panka.cli.main import COMMANDS, panka


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Each command that can be typed, with its words; of a group those inside it."""

    def below(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        if isinstance(command, click.Group):
            context = click.Context(command, info_name=words)
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                yield from below(f"{words} {name}", inner)
        else:
            yield words, command

    for name in COMMANDS:
        command = panka.get_command(click.Context(panka), name)
        assert command is not None
        yield from below(f"panka {name}", command)


EVERY = dict(every_command())


@pytest.mark.parametrize("words", EVERY)
def test_the_help_of_a_command_has_an_example_that_is_the_command(words: str) -> None:
    said = EVERY[words].get_help(click.Context(EVERY[words], info_name=words))

    assert "Example" in said, f"{words} --help has no example."
    example = said.partition("Example")[2].partition("Options:")[0]
    assert f"{words} " in f"{example} ".replace("\n", " \n"), example


@pytest.mark.parametrize("words", EVERY)
def test_every_option_of_a_command_says_what_it_is_for(words: str) -> None:
    options = [one for one in EVERY[words].params if isinstance(one, click.Option)]

    assert [one.opts for one in options if not one.help] == []
