"""`penstock check`: whether all is there that penstock needs, and works; a line for each thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli import printing
from penstock.cli.components import idle_flags
from penstock.cli.kube import Kube, kube_flags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.install.checks import Line

_EXIT_WRONG = 1
_IDLE = {
    "--components": "the Deployments that are there are looked at",
    "--components-extra": "the Deployments that are there are looked at",
    "--poll-interval": "nothing is polled",
}
"""Flags of `flux check` that have nothing to do here, and why."""


@click.command("check")
@click.option("--pre", is_flag=True, help="Only what an installation needs.")
@click.option(
    "--receiver-url", default="", metavar="URL", help="Where the functions are; else PENSTOCK_RECEIVER_URL."
)
@idle_flags(_IDLE)
@kube_flags(timeout="1m")
def command(kube: Kube, receiver_url: str, *, pre: bool) -> int:
    """Check what penstock needs, and whether it works: one line each, with the remedy.

    With --pre: the programs on this machine, the version of the cluster, and your rights to install. Without
    it: the programs, the version, Flux's kinds, Flux's own controllers, the rights of the functions, whether
    they answer, know the webhook's secret and tick, and whether the API server reaches the admission hook.
    What needs a setting of the functions (PENSTOCK_BUCKET, PENSTOCK_WEBHOOK_SECRET) is skipped where that is
    not set here, and says so. Nothing is changed.

    The exit code is 0 if nothing is wrong, else 1.

    \b
    penstock check --pre
    penstock check --receiver-url https://penstock.example.com
    """
    from penstock.runtime import checking  # noqa: PLC0415 - not needed for --help

    with kube.wiring(receiver_url=receiver_url or None) as wiring:
        checked = checking.Checked(wiring, kube.timed(wiring), kube.namespace)
        printing.action("checking prerequisites")
        lines = _told(checking.prerequisites(checked, to_bring=pre))
        if pre:
            return _end(lines, "prerequisites checks passed")
        printing.action("checking the cluster")
        lines += _told(checking.in_cluster(checked))
        printing.action("checking the functions")
        lines += _told(checking.functions(checked))
    return _end(lines, "all checks passed")


def _told(lines: Iterable[Line]) -> list[Line]:
    """The lines, each printed as soon as it is known."""
    found = []
    for line in lines:
        printing.told(line.state, str(line))
        found.append(line)
    return found


def _end(lines: list[Line], passed: str) -> int:
    from penstock.install.checks import State, is_well  # noqa: PLC0415 - not needed for --help

    if not is_well(lines):
        printing.failure("check failed")
        return _EXIT_WRONG
    skipped = sum(line.state is State.SKIPPED for line in lines)
    printing.success(f"{passed}, {skipped} skipped" if skipped else passed)
    return 0
