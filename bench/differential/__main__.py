"""`make differential [FLEETS='…'] [SEED=…] [EXAMPLES=…]`: the same repositories through Flux and penstock."""

from __future__ import annotations

import secrets
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import click
from penstock.tools.progress import spent, to_stderr

from bench.beside.process import ROOT
from bench.differential.drive import Drive
from bench.differential.fleets.all import chosen
from bench.differential.meant import RULES
from bench.differential.sides import Sides
from bench.differential.table import not_built, summary, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.differential.drive import Explained
    from bench.differential.story import Fleet

_AT_ONCE = 6


@click.command()
@click.argument("names", nargs=-1)
@click.option("--seed", type=int, default=None, help="Of the generated fleets; a new one if not given.")
@click.option("--examples", type=int, default=5, show_default=True, help="How many fleets are generated.")
@click.option("--keep", is_flag=True, help="Keep the folder with the peers' logs.")
def main(names: tuple[str, ...], seed: int | None, examples: int, keep: bool) -> None:
    """Leads fleets (all, or those named) through both; the exit code is 1 if a difference is unexplained."""
    seed = secrets.randbelow(10**6) if seed is None else seed
    fleets, absent = chosen(names, seed, examples)
    for line in absent:
        to_stderr(line)
    to_stderr(f"seed {seed}: {len(fleets)} fleets through Flux and penstock")
    started = time.monotonic()
    place = Path(tempfile.mkdtemp(prefix="differential-"))
    try:
        with Sides(place, to_stderr) as sides:
            told = _run(fleets, sides)
    finally:
        if not keep:
            shutil.rmtree(place, ignore_errors=True)
    click.echo(table([one for one in told if not one[1]]))
    steps = sum(len(fleet.steps) for fleet in fleets)
    click.echo(summary(told, [rule.id for rule in RULES], steps, len(fleets)))
    left_out = not_built((ROOT / "docs" / "reference.md").read_text())
    click.echo(f"  not compared, as penstock has not built them: {', '.join(left_out)}")
    click.echo(f"  seed {seed}, {spent(time.monotonic() - started)}")
    if keep:
        click.echo(f"  logs are in {place}")
    sys.exit(1 if any(not explained for _, explained in told) else 0)


def _run(fleets: Sequence[Fleet], sides: Sides) -> list[Explained]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(lambda fleet: Drive(fleet, sides).run(to_stderr), fleets)
        return [one for explained in found for one in explained]


if __name__ == "__main__":
    main()
