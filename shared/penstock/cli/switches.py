"""Flags that are on or off, as Go's command lines take them too: `--prune`, `--prune=true`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ON = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_OFF = frozenset({"0", "f", "F", "false", "FALSE", "False"})
"""Go's strconv.ParseBool."""


class SwitchCommand(click.Command):
    """A command whose flags may be given a truth value after an equals sign."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, once `--prune=true` is `--prune`, and `--prune=false` what switches it off."""
        return super().parse_args(ctx, list(_plain(self, ctx, args)))


def _plain(command: click.Command, ctx: click.Context, args: Sequence[str]) -> Iterator[str]:
    switches = {
        name: option
        for option in command.get_params(ctx)
        if isinstance(option, click.Option) and option.is_flag and not option.count
        for name in option.opts
        if name.startswith("--")
    }
    given = iter(args)
    for arg in given:
        if arg == "--":
            yield arg
            break
        name, equals, value = arg.partition("=")
        if not equals or name not in switches:
            yield arg
        elif value in _ON:
            yield name
        elif value in _OFF:
            # Without a word that switches it off, it is off unless it is given.
            yield from switches[name].secondary_opts[:1]
        else:
            raise click.BadParameter(f"{value[:64]!r} is neither true nor false", ctx, switches[name])
    yield from given
