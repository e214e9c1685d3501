"""`make soak [SEED=…] [MINUTES=…]`: random commits, kills and deliveries on a control plane of its own."""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import click
from penstock.tools.controlplane.plane import ControlPlane
from penstock.tools.gitserver import GitServer

from tests.fixtures_flux import install_crds
from tests.fixtures_git import clone
from tests.soak.story import KEEP_COUNT, Soak
from tests.soak.world import SoakWorld
from tests.support.kube import Kube

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMESPACE = "soak"
_TOLD_EVERY_S = 15
_MOST_ARCHIVES = KEEP_COUNT + 10
"""Those that are kept, and those of the last seconds."""


@click.command()
@click.option("--seed", type=int, default=None, help="The story to tell again; a new one if not given.")
@click.option("--minutes", type=float, default=5.0, show_default=True, help="How long things go wrong.")
@click.option("--servers", type=int, default=2, show_default=True, help="Processes on one bucket and queue.")
def main(seed: int | None, minutes: float, servers: int) -> None:
    """Lets things go wrong for a while, and looks whether all is as the last commit has it."""
    seed = secrets.randbelow(10**9) if seed is None else seed
    click.echo(f"► seed {seed}, {minutes:g} minutes, {servers} processes")
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as place,
        ControlPlane.start(Path(place) / "control-plane") as plane,
        GitServer(Path(place) / "git") as git,
        Kube(plane) as kube,
    ):
        install_crds(plane.kubeconfig)
        kube.post("/api/v1/namespaces", {"metadata": {"name": _NAMESPACE}})
        world = SoakWorld(kube, _NAMESPACE, clone(git, "soak/fleet", Path(place) / "copy"))
        folder = Path(place) / "penstock"
        folder.mkdir()
        soak = Soak(world, Random(seed), folder, plane.kubeconfig, click.echo, servers)
        verdict = soak.run(_until(time.monotonic() + minutes * 60, soak))
    for name, number in sorted(soak.tally.items()):
        click.echo(f"  {name:32} {number:>8}")
    bounded = soak.tally["archives"] <= _MOST_ARCHIVES
    good = verdict.good and bounded and not soak.tally["leaks"]
    click.echo(f"{'✔' if good else '✗'} seed {seed}: {verdict}; {soak.tally['archives']} archives are kept")
    sys.exit(0 if good else 1)


def _until(end: float, soak: Soak) -> Callable[[int], bool]:
    """Goes on until the time is up; says now and then how it goes."""
    told = [time.monotonic()]

    def goes_on(number: int) -> bool:
        now = time.monotonic()
        if now - told[0] > _TOLD_EVERY_S:
            told[0] = now
            click.echo(f"  {max(0, end - now):.0f} s left: {number} commits, {soak.tally['kills']} kills")
        return now < end

    return goes_on


if __name__ == "__main__":
    main()
