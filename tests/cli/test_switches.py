"""Flags that are on or off, in the forms of Go's command lines."""

from __future__ import annotations

import click
import pytest
from penstock.cli.switches import SwitchCommand


@click.command("do", cls=SwitchCommand)
@click.argument("names", nargs=-1)
@click.option("--prune", is_flag=True)
@click.option("--wait/--no-wait", default=None)
@click.option("--path", default="./")
def do(names: tuple[str, ...], path: str, *, prune: bool, wait: bool | None) -> tuple[object, ...]:
    """Do."""
    return prune, wait, path, names


def _given(*args: str) -> object:
    return do.main(list(args), "do", standalone_mode=False)


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        ((), (False, None, "./", ())),
        (("--prune", "a"), (True, None, "./", ("a",))),
        (("--prune=true", "--wait=true"), (True, True, "./", ())),
        (("--prune=false", "--wait=false"), (False, False, "./", ())),
        (("--prune=1", "--wait=F", "--path=true"), (True, False, "true", ())),
        (("--no-wait",), (False, False, "./", ())),
        (("--", "--prune=true"), (False, None, "./", ("--prune=true",))),
    ],
)
def test_a_truth_value_may_follow_an_equals_sign(args: tuple[str, ...], wanted: object) -> None:
    assert _given(*args) == wanted


@pytest.mark.parametrize("arg", ["--prune=yes", "--wait=", "--prune=2"])
def test_any_other_value_is_wrong_usage(arg: str) -> None:
    with pytest.raises(click.BadParameter, match="is neither true nor false"):
        _given(arg)
