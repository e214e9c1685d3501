"""The report from made-up samples: what it prints and writes, how it ends; and that docs/ is up to date."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from bench.report import DOCS, PAGE, PLOTS, main, page, plots, printed
from bench.samples import RESULTS, Floor, NoResults, Peer, Results, Step, load, save
from bench.sections import sections
from bench.tables import as_text
from tests.bench.made_up import results, sample

if TYPE_CHECKING:
    from pathlib import Path

_FLOOR = Floor(
    list_s=0.015, list_objects=1000, list_bytes=643000, dry_run_s=0.0017, apply_s=0.0019, fetch_s=0.06,
    times=50, fetches=10,
)  # fmt: skip


def _run(memory: int = 100, **given: object) -> Results:
    return results(
        sample(applied_s=2.0, wall_s=33.0, cpu_s=47.5, peak_rss=268, requests=2900, bytes=5_000_000,
               requests_by_agent={"kustomize-controller dry-run": 1000}),
        sample(flags="tuned", applied_s=7.0, wall_s=32.0),
        sample("penstock", applied_s=0.4, wall_s=0.5, cpu_s=0.6, peak_rss=memory, requests=12, bytes=9000),
        sample("penstock", round=2, applied_s=0.6, wall_s=0.7),
        sample(phase="all-files", wall_s=34.0),
        sample("penstock", phase="all-files", wall_s=5.0),
        sample(fleet="1x1000", wall_s=3.9),
        sample("penstock", fleet="1x1000", wall_s=7.8),
        sample(fleet="1000x2", phase="install", wall_s=600.0, bound=True),
        sample("penstock", fleet="1000x2", phase="install", wall_s=6.1, note="two instances"),
        sample(fleet="chain10", wall_s=166.0),
        sample("penstock", fleet="chain10", unsupported="not yet supported: spec.dependsOn"),
        floor=_FLOOR,
        timelines=(Step(peer=Peer.FLUX, at_s=2.0, what="applied"),),
        **given,
    )  # fmt: skip


def _call(tmp_path: Path, run: Results, *arguments: str) -> Result:
    save(tmp_path / "results.json", run)
    return CliRunner().invoke(main, ["--results", str(tmp_path / "results.json"), *arguments])


def _line(text: str, *starts: str) -> list[str]:
    """The columns of the line that begins with these."""
    lines = [[cell.strip() for cell in line.strip().split("  ") if cell] for line in text.splitlines()]
    return next(line for line in lines if line[: len(starts)] == list(starts))


def test_every_number_is_there_with_its_spread_ratio_and_rounds() -> None:
    text = "\n".join(as_text(table) for table in sections(_run())["numbers"])
    assert _line(text, "one-file", "applied") == [
        *("one-file", "applied", "2.00 s", "7.00 s"),
        *("500 ms (400 ms to 600 ms)", "0.25", "1, 1, 2"),
    ]
    assert _line(text, "one-file", "peak memory")[2:] == ["268 B", "-", "100 B", "0.37", "1, -, 1"]
    assert _line(text, "install", "wall")[2:] == ["≥ 600 s", "-", "6.10 s", "≤ 0.011", "1, -, 1"]
    assert _line(text, "one-file", "flux")[2:] == ["default", "kustomize-controller dry-run", "1,000"]
    assert "one-file, penstock: cannot: not yet supported: spec.dependsOn" in text
    assert "install, penstock default, round 1: two instances" in text


def test_where_flux_is_better_is_told() -> None:
    (table,) = sections(_run())["better"]
    assert table.rows == (("1x1000", "one-file", "wall", "3.90 s", "7.80 s", "2.0"),)
    (none,) = sections(results(sample(wall_s=2.0), sample("penstock", wall_s=1.0)))["better"]
    assert (none.rows, none.notes) == ((), ("In no row that was measured.",))


def test_goals_floor_and_machine_are_told(tmp_path: Path) -> None:
    done = _call(tmp_path, _run())
    assert done.exit_code == 0
    assert _line(done.output, "one file of 100x10, applied")[1:] == ["≤ 0.5", "0.250", "met"]
    assert _line(done.output, "peak memory of all processes, 100x10")[1:] == ["≤ 1", "0.373", "met"]
    assert _line(done.output, "server-side apply of one ConfigMap")[1:] == ["1.90 ms"]
    assert _line(done.output, "penstock", "abc1234")
    assert _line(done.output, "CPUs", "2")


def test_a_run_without_floor_or_samples_says_so() -> None:
    text = printed(results(), "table")
    assert "Not measured." in text
    assert "open" in text


def test_a_check_fails_unless_every_goal_is_met(tmp_path: Path) -> None:
    def fleet(memory: int) -> Results:
        run = [one for one in _run(memory).samples if one.fleet == "100x10"]
        return results(*run, sample("penstock", phase="cold", peak_rss=9))

    assert _call(tmp_path, fleet(268), "--check").exit_code == 0
    missed = _call(tmp_path, fleet(269), "--check")
    assert missed.exit_code == 1
    assert "✗ not met: peak memory of all processes, 100x10" in missed.output
    assert _call(tmp_path, fleet(269)).exit_code == 0
    left_open = _call(tmp_path, results(sample(wall_s=1.0)), "--check")
    assert left_open.exit_code == 1
    assert "one file of 100x10, applied" in left_open.output


def test_programs_get_json(tmp_path: Path) -> None:
    told = json.loads(_call(tmp_path, _run(), "-o", "json").output)
    assert told["goals"][0] == {
        "goal": "one file of 100x10, applied",
        "limit": 0.5,
        "ratio": {"value": 0.25, "relation": ""},
        "met": True,
    }
    row = next(row for row in told["rows"] if (row["fleet"], row["phase"]) == ("1000x2", "install"))
    wall = row["numbers"]["wall_s"]
    assert wall["flux"]["default"] == {
        "median": 600.0,
        "least": 600.0,
        "most": 600.0,
        "rounds": 1,
        "bound": True,
    }
    assert wall["ratio"] == {"value": 6.1 / 600, "relation": "≤"}
    assert told["floor"]["list_s"] == 0.015


def test_markdown_is_tables(tmp_path: Path) -> None:
    told = _call(tmp_path, _run(), "-o", "markdown").output
    assert "| one file of 100x10, applied | ≤ 0.5 | 0.250 | met |" in told
    assert "<details><summary>100x10: 100 Kustomizations, 10 objects each</summary>" in told


def test_it_writes_the_page_and_its_plots(tmp_path: Path) -> None:
    shutil.copy(DOCS / PAGE, tmp_path / PAGE)
    run = _run()
    done = _call(tmp_path, run, "--write", "--docs", str(tmp_path))
    assert done.exit_code == 0, done.output
    text = (tmp_path / PAGE).read_text()
    assert "| one file of 100x10, applied | ≤ 0.5 | 0.250 | met |" in text
    assert {path.name for path in (tmp_path / PLOTS).iterdir()} == set(plots(run))
    assert all(f"({PLOTS}/{name})" in text for name in plots(run))
    assert page(text, run) == text


def test_without_results_it_says_how_to_get_some(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["--results", str(tmp_path / "none.json")])
    assert done.exit_code == 1
    assert done.output.startswith("✗ there are no results at ")
    assert done.output.endswith("`make bench` measures them\n")


def test_a_page_that_is_not_there_is_an_error_and_no_plot_is_written(tmp_path: Path) -> None:
    done = _call(tmp_path, _run(), "--write", "--docs", str(tmp_path))
    assert done.exit_code == 1
    assert "✗ " in done.output
    assert not (tmp_path / PLOTS).exists()


def test_the_page_and_its_plots_are_those_of_the_committed_samples() -> None:
    try:
        run = load(RESULTS)
    except NoResults:
        pytest.skip("no run is committed yet")
    text = (DOCS / PAGE).read_text()
    assert page(text, run) == text, "python -m bench.report --write"
    for name, plot in plots(run).items():
        assert (DOCS / PLOTS / name).read_text() == plot, "python -m bench.report --write"
