"""`panka completion`."""

import click
from click.shell_completion import get_completion_class

from panka.cli.exits import Exit
from panka.cli.settings import read_terminal
from panka.cli.views.screen import Screen

VARIABLE = "_PANKA_COMPLETE"
"""The variable through which the shell's script asks."""
_WHERE = {
    "bash": "~/.local/share/bash-completion/completions/panka",
    "zsh": "a file _panka in a folder of $fpath",
    "fish": "~/.config/fish/completions/panka.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(tuple(_WHERE)))
def command(shell: str) -> int:
    """Show the script that makes SHELL complete commands, options, stacks and components.

    Names of stacks and components are those that commands have seen in this folder; nothing is called for them.

    \b
    Examples:
      source <(panka completion bash)
      panka completion zsh > ~/.zfunc/_panka
      panka completion fish > ~/.config/fish/completions/panka.fish
    """
    screen = Screen(read_terminal())
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101  # click knows the three
    root = click.get_current_context().find_root().command
    complete = found(root, {}, "panka", VARIABLE)
    screen.show(complete.source_template % complete.source_vars())
    screen.tell(f"Next: write it into {_WHERE[shell]}")
    return Exit.OK
