"""`make bench`, `make bench-full`: Flux's own controllers and penstock, measured in turns on this machine."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import click
from penstock.base.errors import PenstockError

from bench.beside.process import ROOT
from bench.plan import FULL, QUICK
from bench.run import ASIDE, Options, Run
from bench.samples import RESULTS, Fleet


@click.command()
@click.option("--full", is_flag=True, help="Every fleet, and Flux with tuned flags too: hours.")
@click.option("--background", is_flag=True, help="Go on after the terminal is closed, and write to a log.")
@click.option("--fresh", is_flag=True, help="Take samples again that are there.")
@click.option(
    "--fleet", "only", type=click.Choice([one.value for one in Fleet]), multiple=True, help="Only this."
)
@click.option("--rounds", type=click.IntRange(1, 1000), help="So many of each fleet.")
@click.option("--results", type=click.Path(path_type=Path, dir_okay=False), default=RESULTS, help="The file.")
@click.option("--rehearse", is_flag=True, hidden=True, help="Fleets a twentieth as large, into another file.")
def main(
    *,
    full: bool,
    background: bool,
    fresh: bool,
    only: tuple[str, ...],
    rounds: int | None,
    results: Path,
    rehearse: bool,
) -> None:
    """Takes the samples that are missing from the results; `python -m bench.report` tells what they say."""
    if background:
        _in_background()
        return
    if rehearse and results == RESULTS:
        results = ROOT / ASIDE / "rehearsal.json"
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that all processes end
    plan = (FULL if full else QUICK).of((Fleet(name) for name in only), rounds)
    try:
        failed = Run(plan, Options(results, _line, fresh, rehearse)).run()
    except PenstockError as error:
        failed = (error.message,)
    for why in failed:
        click.echo(f"✗ {why}", err=True)
    if not failed:
        click.echo(f"✔ all samples are in {results}: .venv/bin/python -m bench.report")
    sys.exit(1 if failed else 0)


def _line(text: str) -> None:
    click.echo(f"► {text}", err=True)


def _in_background() -> None:
    """The same command without --background, in a session of its own."""
    log = ROOT / ASIDE / "bench.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-m", "bench", *(one for one in sys.argv[1:] if one != "--background")]
    with log.open("ab") as output:
        started = subprocess.Popen(  # noqa: S603 - our own command line once more
            argv,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    click.echo(f"► running as process {started.pid}; started again it goes on where it was: tail -f {log}")


if __name__ == "__main__":
    main()
