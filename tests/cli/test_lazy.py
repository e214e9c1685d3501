from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest
from click.shell_completion import ShellComplete
from penstock.cli.lazy import Entry, LazyGroup, module

if TYPE_CHECKING:
    from collections.abc import Callable


def _group(loaded: list[str]) -> LazyGroup:
    def entry(name: str, line: str, *aliases: str, hidden: bool = False, section: str = "Fruit") -> Entry:
        def load() -> click.Command:
            loaded.append(name)

            @click.command(name)
            def command() -> str:
                return str(click.get_current_context().info_name)

            return command

        return Entry(load, line, aliases, hidden, section)

    entries = {
        "apples": entry("apples", "Round ones", "apple", "ap"),
        "carrots": entry("carrots", "Long ones", section="Roots"),
        "pears": entry("pears", "Others"),
        "stones": entry("stones", "Not to eat", hidden=True),
    }
    return LazyGroup("shop", entries=entries)


def test_help_has_the_shown_entries_under_their_headings_and_loads_none() -> None:
    loaded: list[str] = []
    group = _group(loaded)
    lines = group.get_help(click.Context(group, info_name="shop")).splitlines()
    assert lines[lines.index("Fruit:") :] == [
        "Fruit:",
        "  apples  Round ones",
        "  pears   Others",
        "",
        "Roots:",
        "  carrots  Long ones",
    ]
    assert loaded == []


@pytest.mark.parametrize(("typed", "name"), [("apples", "apples"), ("ap", "apples"), ("stones", "stones")])
def test_a_name_or_an_alias_loads_its_command_only(typed: str, name: str) -> None:
    loaded: list[str] = []
    assert _group(loaded).main([typed], "shop", standalone_mode=False) == name
    assert loaded == [name]


def test_an_unknown_name_is_refused_with_what_is_like_it() -> None:
    with pytest.raises(click.exceptions.NoSuchCommand) as raised:
        _group([]).main(["aples"], "shop", standalone_mode=False)
    assert "apples" in raised.value.format_message()
    with pytest.raises(click.NoSuchOption):
        _group([]).main(["--aples"], "shop", standalone_mode=False)


def test_completion_loads_nothing_before_a_whole_name_stands_there() -> None:
    loaded: list[str] = []
    shell = ShellComplete(_group(loaded), {}, "shop", "_SHOP_COMPLETE")
    assert [(item.value, item.help) for item in shell.get_completions([], "p")] == [("pears", "Others")]
    assert [item.value for item in shell.get_completions([], "")] == ["apples", "carrots", "pears"]
    assert [item.value for item in shell.get_completions([], "--")] == ["--help"]
    assert loaded == []
    assert [item.value for item in shell.get_completions(["ap"], "--")] == ["--help"]
    assert loaded == ["apples"]


def test_a_module_gives_its_command() -> None:
    assert module("penstock.cli.approve")().name == "approve"
    load: Callable[[], click.Command] = module("penstock.cli.approve", "confirm")
    with pytest.raises(TypeError, match="no click command"):
        load()
