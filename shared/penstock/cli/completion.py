"""`penstock completion`: what a shell runs to complete penstock's commands, flags and names of objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.base.errors import Terminal
from penstock.cli.lazy import Entry, LazyGroup

if TYPE_CHECKING:
    from collections.abc import Callable

VARIABLE = "_PENSTOCK_COMPLETE"
"""click's own: with it set, the program answers the shell."""
_SHELLS = {
    "bash": ". <(penstock completion bash)   # in ~/.bashrc; needs bash 4.4 or newer",
    "fish": "penstock completion fish > ~/.config/fish/completions/penstock.fish",
    "powershell": "penstock completion powershell | Out-String | Invoke-Expression   # in $PROFILE",
    "zsh": ". <(penstock completion zsh)   # in ~/.zshrc, after compinit",
}


def _shell(name: str, how: str) -> Callable[[], click.Command]:
    def load() -> click.Command:
        text = f"Print the completion script of {name}.\n\n\b\n  {how}\n\nNames of objects are completed too."
        return click.Command(name, callback=lambda: click.echo(_script(name)), help=text)

    return load


def _script(shell: str) -> str:
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - not needed for --help

    from penstock.cli.main import root  # noqa: PLC0415 - it loads this module

    found = get_completion_class(shell)
    if found is None:
        raise Terminal(f"click knows no completion of {shell}: update it")
    return found(root, {}, "penstock", VARIABLE).source()


command = LazyGroup(
    "completion",
    help="Print the completion script of a shell.\n\n\b\n  . <(penstock completion bash)",
    entries={name: Entry(_shell(name, how), f"Completion for {name}") for name, how in _SHELLS.items()},
)
