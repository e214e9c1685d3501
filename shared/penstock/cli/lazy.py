"""Groups whose commands are imported when they are looked up, so that `--help` stays quick."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from penstock.cli.fluxflags import behind, without_booleans

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from click.shell_completion import CompletionItem

COMMANDS = "Commands"


@dataclass(frozen=True)
class Entry:
    """A command of a group: how it is got, and the one line that the group's help says of it.

    `aliases` work and are not listed; `hidden` works and is not listed either. `section` is its heading.
    """

    load: Callable[[], click.Command]
    line: str = ""
    aliases: tuple[str, ...] = ()
    hidden: bool = False
    section: str = COMMANDS


class LazyGroup(click.Group):
    """A group of entries; none is loaded before somebody calls it."""

    def __init__(self, *args: Any, entries: Mapping[str, Entry] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries = dict(entries or {})
        self._names = {
            given: name for name, entry in self.entries.items() for given in (*entry.aliases, name)
        }

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """What flux takes in front of a noun is for the command behind it."""
        return super().parse_args(ctx, behind(args))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names that are shown, in their order."""
        del ctx
        return [name for name, entry in self.entries.items() if not entry.hidden]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name or alias, loaded now; None if there is none."""
        del ctx
        name = self._names.get(cmd_name)
        return None if name is None else self.entries[name].load()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command under its own name, whatever alias was typed."""
        command = self.get_command(ctx, args[0])
        if command is not None:
            return self._names[args[0]], command, without_booleans(command, args[1:])
        if ctx.resilient_parsing or args[0].startswith("-"):
            return super().resolve_command(ctx, args)
        raise click.exceptions.NoSuchCommand(args[0], possibilities=self.list_commands(ctx), ctx=ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The shown names with their lines, under the headings in the order of their first entries."""
        shown = [(name, self.entries[name]) for name in self.list_commands(ctx)]
        for section in dict.fromkeys(entry.section for _, entry in shown):
            with formatter.section(section):
                formatter.write_dl([(name, entry.line) for name, entry in shown if entry.section == section])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The shown names, without loading what they name; then options."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - shells ask for it only

        names = (name for name in self.list_commands(ctx) if name.startswith(incomplete))
        found = [CompletionItem(name, help=self.entries[name].line) for name in names]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def module(name: str, attribute: str = "command") -> Callable[[], click.Command]:
    """What loads the command that a module has under that name."""

    def load() -> click.Command:
        found = getattr(importlib.import_module(name), attribute)
        if not isinstance(found, click.Command):
            raise TypeError(f"{name}.{attribute} is no click command")
        return found

    return load
