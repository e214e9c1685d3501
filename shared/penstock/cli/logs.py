"""`penstock logs`: what runs did, and what the functions logged."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

import click

from penstock.base.errors import SettingsError
from penstock.cli.kube import Duration, Kube, kube_flags
from penstock.cli.printing import warning
from penstock.plans.loglines import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from penstock.plans.loglines import Filter, Line
    from penstock.runtime.wiring import Wiring

_LONGEST = 1024 * 1024
"""Of a line of a file, in characters: what is longer is none of ours."""
_PERIOD_S = 2.0
"""Between two looks with --follow."""


@click.command("logs")
@click.option("--level", type=click.Choice(LEVELS), default=None, help="Only lines of that level.")
@click.option("--kind", default="", help="Only about objects of that kind, such as Kustomization.")
@click.option("--name", default="", help="Only about the object of that name.")
@click.option(
    "--since", type=Duration(), default=None, metavar="DURATION", help="Only newer ones: 5s, 2m, 3h."
)
@click.option("--since-time", default="", metavar="TIME", help="Only those since then (RFC 3339).")
@click.option("--tail", type=click.IntRange(-1), default=-1, help="Only the last so many; -1 shows all.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("--flux-namespace", default="", hidden=True)
@click.option(
    "--file",
    "files",
    multiple=True,
    metavar="FILE",
    help="A log of functions or of `serve` in JSON, - for stdin; in place of run records.",
)
@kube_flags(everywhere=True)
def command(kube: Kube, tail: int, files: tuple[str, ...], *, follow: bool, **given: Any) -> None:
    """Show what became of Flux objects, a line for each run, as `flux logs` shows the controllers' logs.

    There are no controllers whose pods have logs: the lines are made of the run records in the bucket of
    `serve` (PENSTOCK_BUCKET), of runs that changed something, failed, were held back or moved to another
    revision. What the functions log themselves is where the platform keeps it: --file reads that (one JSON
    object per line, as the functions write it or as Cloud Logging hands it out).

    \b
      penstock logs -A --since 1h --level error
      penstock logs --kind Kustomization --name apps -f
      gcloud logging read … --format json | jq -c '.[]' | penstock logs -A --file -
    """
    from penstock.plans.loglines import Filter  # noqa: PLC0415 - not needed for --help

    since, since_time = given["since"], given["since_time"]
    if given["flux_namespace"]:
        warning("--flux-namespace: there are no pods of controllers to look for; run records are read")
    if since is not None and since_time:
        raise click.UsageError("only one of --since and --since-time may be used")
    with kube.wiring() as wiring:
        oldest = _oldest(wiring.clock.now(), since, since_time)
        wanted = Filter(given["level"] or "", given["kind"], given["name"], kube.where or "", oldest)
        if files:
            _from_files(wiring, files, wanted, tail, follow=follow)
        else:
            _from_runs(wiring, kube, wanted, tail, follow=follow)


def _from_runs(wiring: Wiring, kube: Kube, wanted: Filter, tail: int, *, follow: bool) -> None:
    from penstock.plans.logbook import MOST, RunLog  # noqa: PLC0415 - not needed for --help

    if wiring.settings.bucket is None:
        raise SettingsError(
            "PENSTOCK_BUCKET is missing: run records are in the bucket of `serve`; or name a log with --file"
        )
    log = RunLog(wiring.cluster, wiring.runs)
    _print(wiring, log.read(wanted, kube.where, MOST), tail)
    while follow:
        time.sleep(_PERIOD_S)
        _print(wiring, log.read(wanted, kube.where, MOST), -1)


def _from_files(wiring: Wiring, files: tuple[str, ...], wanted: Filter, tail: int, *, follow: bool) -> None:
    """All files at once, and then what is added to them; stdin is followed by itself."""
    with contextlib.ExitStack() as stack:
        opened = [
            stack.enter_context(click.open_file(name, encoding="utf-8", errors="replace")) for name in files
        ]
        if follow and "-" in files:
            for line in _taken(opened[files.index("-")], wanted):
                _print(wiring, [line], -1)
            return
        _print(wiring, [line for file in opened for line in _first(file, wanted)], tail)
        while follow:
            time.sleep(_PERIOD_S)
            _print(wiring, [line for file in opened for line in _taken(file, wanted)], -1)


def _first(file: IO[str], wanted: Filter) -> Iterator[Line]:
    """What is taken of a file so far; it is said if there is no line in it that functions would write."""
    from penstock.plans.loglines import parsed  # noqa: PLC0415 - not needed for --help

    lines = parsed(iter(partial(file.readline, _LONGEST), ""))
    first = next(lines, None)
    if first is None:
        warning(
            f"{file.name}: no line of it is a JSON object as functions log it; with "
            "PENSTOCK_LOG_FORMAT=json they do so on a terminal, too"
        )
        return
    yield from (line for line in chain((first,), lines) if wanted.takes(line))


def _taken(file: IO[str], wanted: Filter) -> Iterator[Line]:
    from penstock.plans.loglines import parsed  # noqa: PLC0415 - not needed for --help

    return (line for line in parsed(iter(partial(file.readline, _LONGEST), "")) if wanted.takes(line))


def _print(wiring: Wiring, lines: Iterable[Line], tail: int) -> None:
    from penstock.plans.loglines import newest, shown  # noqa: PLC0415 - not needed for --help

    for line in newest(lines, tail):
        click.echo(wiring.masker.mask(shown(line)))


def _oldest(now: datetime, since: float | None, since_time: str) -> datetime | None:
    from penstock.base.clock import parse_rfc3339  # noqa: PLC0415 - not needed for --help

    if since is not None:
        return now - timedelta(seconds=since)
    if not since_time:
        return None
    try:
        return parse_rfc3339(since_time)
    except ValueError:
        raise click.UsageError(f"--since-time: {since_time} is not a valid (RFC3339) time") from None
