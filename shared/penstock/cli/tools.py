"""`penstock tools build`: the Go programs, built into the user's cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.base.errors import Terminal
from penstock.tools import gotools
from penstock.tools.gobuild import ensure_all

if TYPE_CHECKING:
    from penstock.tools.gotool import GoTool


@click.group()
def command() -> None:
    """Build the Go programs that penstock uses, into the user's cache."""


@command.command()
@click.option("--workloads", is_flag=True, help="Also what makes Deployments ready, and kubectl.")
@click.option("--emulators", is_flag=True, help="Also what stands in for a cloud in tests.")
@click.option("--forge", is_flag=True, help="Also the Git forge (Gitea) that tests push to.")
@click.argument("names", nargs=-1)
def build(*, workloads: bool, emulators: bool, forge: bool, names: tuple[str, ...]) -> None:
    """Build NAMES, or what `make up` needs; prints where each program is."""
    wanted = names or _default(workloads=workloads, emulators=emulators, forge=forge)
    programs = ensure_all([_tool(name) for name in wanted])
    for path in programs.values():
        click.echo(path)


def _default(*, workloads: bool, emulators: bool, forge: bool) -> tuple[str, ...]:
    more = (*gotools.WORKLOADS, gotools.KUBECTL) if workloads else ()
    tests = (*(gotools.EMULATORS if emulators else ()), *([gotools.GITEA] if forge else []))
    return (*gotools.CONTROL_PLANE, *more, gotools.UPSTREAM, *tests)


def _tool(name: str) -> GoTool:
    try:
        return gotools.tool(name)
    except KeyError:
        raise Terminal(f"there is no tool {name}; there are {', '.join(gotools.NAMES)}") from None
