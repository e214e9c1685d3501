"""`penstock up`: the main job on this machine, or on a cluster of your own."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from penstock.cli.flags import flagged

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")
FOLDER = Path(".penstock")


def say(line: str) -> None:
    """A line for the person, at once."""
    click.echo(line)
    sys.stdout.flush()


def place_and_cluster(function: F) -> F:
    """The flags that `up` and `down` share."""
    folder = click.Path(path_type=Path)
    options = (
        click.option(
            "--dir", "folder", type=folder, default=FOLDER, show_default=True, help="Where all of it lies."
        ),
        click.option(
            "--kubeconfig",
            default="",
            metavar="FILE",
            help="A cluster of yours: for `up` in place of a fresh one, for `down` of the one it was.",
        ),
        click.option("--context", default="", metavar="NAME", help="The context of that kubeconfig."),
    )
    return flagged(function, options)


@click.command("up")
@place_and_cluster
@click.option("--once", is_flag=True, help="End after the first round; the exit code says whether it worked.")
@click.option("--yes", is_flag=True, help="Do not ask before writing to your own cluster.")
@click.option(
    "--workloads", is_flag=True, help="Also controllers, scheduler and a node: Deployments become ready."
)
def command(folder: Path, kubeconfig: str, context: str, *, once: bool, yes: bool, workloads: bool) -> None:
    """Start a control plane, the functions, a bucket and a Git server; push a commit and follow it.

    The environment's KUBECONFIG is not looked at: only --kubeconfig reaches a cluster of yours.
    """
    from penstock.runtime.up.main import Options, up  # noqa: PLC0415 - not needed for --help

    options = Options(folder, kubeconfig, context, once=once, yes=yes, workloads=workloads)
    up(options, os.environ, say, ask)


def ask(question: str) -> bool:
    """The person's answer; no without a terminal."""
    if not sys.stdin.isatty():
        return False
    return click.confirm(question, default=False)
