"""`penstock down`: takes away what `penstock up` brought."""

from __future__ import annotations

import os
from pathlib import Path

import click

from penstock.cli.up import FOLDER, say


@click.command("down")
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    default=FOLDER,
    show_default=True,
    help="The folder that `penstock up` was given.",
)
@click.option(
    "--kubeconfig", default="", metavar="FILE", help="The cluster; the one `up` was given, if empty."
)
@click.option("--context", default="", metavar="NAME", help="The context of that kubeconfig.")
def command(folder: Path, kubeconfig: str, context: str) -> None:
    """End a running `penstock up`; remove its objects, CRDs and namespaces from your cluster, and its folder.

    What somebody else made, or what was there before, stays.
    """
    from penstock.runtime.up.main import down  # noqa: PLC0415 - not needed for --help

    down(folder, kubeconfig, context, os.environ, say)
