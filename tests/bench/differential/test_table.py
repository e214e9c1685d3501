from __future__ import annotations

from pathlib import Path

from bench.differential.compare import Difference
from bench.differential.table import not_built, summary, table

ROOT = Path(__file__).resolve().parents[3]
ONE = Difference("story", "install", "ConfigMap/one", "data.a", "1", "2")
LATER = Difference("story", "change", "ConfigMap/one", "data.a", "1", "2")
LINES = Difference("story", "change", "events of x", "Normal Progressing", "a\nb | c", "")


def test_what_stays_over_steps_is_told_once() -> None:
    assert table([(ONE, ""), (LATER, ""), (LINES, "brake")]).splitlines() == [
        "| fleet | step | object | path | flux | penstock | entry |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| story | install (+1) | ConfigMap/one | data.a | 1 | 2 | - |",
        "| story | change | events of x | Normal Progressing | a⏎b \\| c |  | brake |",
    ]


def test_a_long_value_is_cut_and_says_so() -> None:
    long = Difference("story", "install", "ConfigMap/one", "data.a", "x" * 1000, "")
    assert "x… (1000 characters)" in table([(long, "")])


def test_the_summary_counts_by_entry_and_names_those_that_never_matched() -> None:
    lines = summary([(LINES, "brake"), (LINES, "brake"), (ONE, "")], ["brake", "leases"], 9, 2).splitlines()
    assert lines[0].split() == ["brake", "2"]
    assert lines[1].split()[:3] == ["leases", "never", "matched"]
    assert lines[-1] == "✗ 2 fleets, 9 steps: 3 differences, 1 of them unexplained"


def test_nothing_unexplained_is_well() -> None:
    assert summary([], [], 9, 2) == "✔ 2 fleets, 9 steps: 0 differences, 0 of them unexplained"


def test_what_is_not_built_is_named_with_its_kind() -> None:
    page = "### K\n| `spec.a` | `1` | yes | x |\n| `spec.b` |  | not yet | y |\n"
    assert not_built(page) == ("K spec.b",)


def test_the_reference_is_read_as_it_stands() -> None:
    found = not_built((ROOT / "docs" / "reference.md").read_text())
    assert "Kustomization spec.decryption" in found
    assert "Kustomization spec.path" not in found
