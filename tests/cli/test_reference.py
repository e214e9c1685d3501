"""The reference page is generated, whole and fresh."""

from __future__ import annotations

from pathlib import Path

from penstock.cli import reference
from penstock.cli.main import VERBS

PAGE = Path(__file__).resolve().parents[2] / "docs/reference.md"


def test_the_committed_page_is_fresh() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.page(), "run `make reference`"


def test_every_verb_and_every_supported_field_is_on_the_page() -> None:
    page = reference.page()
    assert all(f"### penstock {verb}" in page for verb in VERBS)
    assert "| `spec.ref.semver` |  | yes |" in page
    assert "| `spec.serviceAccountName` |  | not yet |" in page
    assert "`tests/source/test_live.py::test_a_range_of_versions_follows_new_tags` |" in page
    assert "| `spec.dependsOn` |  | yes |" in page
    assert "| `spec.kubeConfig` |  | not yet |" in page


def test_verbs_nouns_and_their_flags_are_on_the_page() -> None:
    page = reference.page()
    assert "| [`get`](#penstock-get) | Show Flux's objects and their status |" in page
    for command, flag in (
        ("get kustomizations", "--show-source"),
        ("get sources git", "--status-selector"),
        ("export source git", "--with-credentials"),
        ("control-plane up", "--workloads"),
    ):
        _, found, rest = page.partition(f"### penstock {command}\n")
        assert found, command
        assert flag in rest.partition("\n### ")[0]
    assert "### penstock get helmreleases" not in page


def test_the_page_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    reference.main([str(tmp_path / "reference.md")])
    assert (tmp_path / "reference.md").read_text(encoding="utf-8") == reference.page()
