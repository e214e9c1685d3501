"""`penstock down`: takes away what `penstock up` brought."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from penstock.cli.up import place_and_cluster, say

if TYPE_CHECKING:
    from pathlib import Path


@click.command("down")
@place_and_cluster
def command(folder: Path, kubeconfig: str, context: str) -> None:
    """End a running `penstock up`; remove its objects, CRDs and namespaces from your cluster, and its folder.

    What somebody else made, or what was there before, stays.
    """
    from penstock.runtime.up.main import down  # noqa: PLC0415 - not needed for --help

    down(folder, kubeconfig, context, os.environ, say)
