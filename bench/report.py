"""`python -m bench.report`: what the samples of a run say, as tables; `--write` brings docs/ up to date."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from penstock.base.errors import PenstockError

from bench.asjson import as_json
from bench.goals import goals
from bench.page import filled
from bench.plots.cost import cost
from bench.plots.ratios import ratios
from bench.plots.timeline import timeline
from bench.samples import RESULTS, load
from bench.sections import sections
from bench.statistics import rows
from bench.tables import as_markdown, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.samples import Results

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = "performance.md"
PLOTS = "performance"
_SHOWN_FIRST = ("machine", "floor", "numbers", "ratios", "better", "goals")
"""On a terminal what matters most comes last: there it is seen."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--results", "path", type=click.Path(path_type=Path), default=RESULTS, help="The samples.")
@click.option(
    *("-o", "--output"),
    type=click.Choice(["table", "json", "markdown"]),
    default="table",
    show_default=True,
    help="How it is printed.",
)
@click.option("--write", is_flag=True, help=f"Write the tables into docs/{PAGE} and the plots beside it.")
@click.option("--docs", type=click.Path(path_type=Path), default=DOCS, help="Where --write writes.")
@click.option("--check", is_flag=True, help="Exit with 1 unless every goal is met.")
def main(path: Path, output: str, docs: Path, *, write: bool, check: bool) -> None:
    """Prints medians, spreads, ratios, goals, and the floor of the machine."""
    try:
        results = load(path)
        click.echo(printed(results, output))
        if write:
            written(results, docs)
    except (PenstockError, OSError) as error:
        click.echo(f"✗ {error}", err=True)
        sys.exit(1)
    if check and (open_or_missed := unmet(results)):
        click.echo(f"✗ not met: {'; '.join(open_or_missed)}", err=True)
        sys.exit(1)


def printed(results: Results, output: str) -> str:
    """The report in that form."""
    if output == "json":
        return as_json(results)
    tables = sections(results)
    form = as_text if output == "table" else as_markdown
    return "\n\n".join(form(table) for name in _SHOWN_FIRST for table in tables[name])


def unmet(results: Results) -> tuple[str, ...]:
    """The goals that are missed, or that these samples leave open."""
    return tuple(goal.text for goal in goals(rows(results.samples), results.samples) if not goal.met)


def plots(results: Results) -> Mapping[str, str]:
    """The plots, by the names of their files."""
    return {
        "cost.svg": cost(results.samples),
        "ratios.svg": ratios(results.samples),
        "timeline.svg": timeline(results.timelines),
    }


def page(text: str, results: Results) -> str:
    """The page with the tables of this run."""
    tables = sections(results)
    return filled(text, {name: "\n\n".join(map(as_markdown, found)) for name, found in tables.items()})


def written(results: Results, docs: Path) -> None:
    """Brings the page and its plots up to date."""
    file = docs / PAGE
    text = page(file.read_text(encoding="utf-8"), results)
    (docs / PLOTS).mkdir(exist_ok=True)
    for name, plot in plots(results).items():
        (docs / PLOTS / name).write_text(plot, encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    click.echo(f"► wrote {file} and {', '.join(plots(results))} beside it", err=True)


if __name__ == "__main__":
    main()
