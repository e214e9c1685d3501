from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench import samples
from bench.run import Options, begin, described, versions
from tests.bench.made_up import results, sample

if TYPE_CHECKING:
    from pathlib import Path

    from bench.samples import Sample


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (
            sample(wall_s=33.04, applied_s=2.2, cpu_s=47.5),
            "100x10 1 one-file       flux         33.0 s  applied 2.20 s  cpu 47.5 s",
        ),
        (
            sample(flags="tuned", wall_s=600.0, cpu_s=900.0, bound=True, note="why"),
            "100x10 1 one-file       flux tuned   ≥ 600.0 s  cpu 900.0 s  (why)",
        ),
        (
            sample("penstock", unsupported="not yet supported: spec.dependsOn"),
            "100x10 1 one-file       penstock     not yet supported: spec.dependsOn",
        ),
    ],
)
def test_a_sample_is_a_line(one: Sample, line: str) -> None:
    assert described(one) == line


def test_a_run_goes_on_with_its_own_results(tmp_path: Path) -> None:
    lines: list[str] = []
    options = Options(tmp_path / "results.json", lines.append)
    begin(options)
    samples.append(options.results, sample())
    assert begin(options).samples == (sample(),)
    assert lines == []


@pytest.mark.parametrize("fresh", [True, False])
def test_results_of_another_run_are_put_aside(tmp_path: Path, fresh: bool) -> None:
    lines: list[str] = []
    options = Options(tmp_path / "results.json", lines.append, fresh=fresh, aside=tmp_path / "aside")
    samples.save(options.results, results(sample()))
    assert begin(options).samples == ()
    (kept,) = (tmp_path / "aside").iterdir()
    assert samples.load(kept).samples == (sample(),)
    assert str(kept) in lines[-1]


def test_a_rehearsal_is_no_run_of_the_same_versions() -> None:
    assert {"penstock", "kube-apiserver", "etcd", "kustomize-controller", "source-controller"} == set(
        versions()
    )
    assert versions(rehearse=True) != versions()
