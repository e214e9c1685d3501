"""Every built field has tests that show it, and one of them misses what acts on it."""

from __future__ import annotations

import tomllib

import pytest
from penstock.api.unsupported import GIT_REPOSITORY_FIELDS, KUSTOMIZATION_FIELDS
from penstock.cli.reference import TESTS, shown_by

from tests.guards.table import exists, guards

BUILT = {"GitRepository": GIT_REPOSITORY_FIELDS, "Kustomization": KUSTOMIZATION_FIELDS}
FIELDS = [(kind, path) for kind, paths in BUILT.items() for path in sorted(paths)]


def test_there_is_a_table_for_each_built_kind_and_no_field_in_it_that_is_not_built() -> None:
    found = {file.stem: set(tomllib.loads(file.read_text())) for file in TESTS.glob("*.toml")}
    assert {kind: paths - BUILT[kind] for kind, paths in found.items()} == {kind: set() for kind in BUILT}


@pytest.mark.parametrize(("kind", "path"), FIELDS)
def test_a_field_has_tests_and_what_acts_on_it_is_missed_by_one_of_them(kind: str, path: str) -> None:
    shown = shown_by(kind)[path]
    assert shown
    assert [test for test in shown if not exists(test)] == []
    taken_out = {guard.test.partition("[")[0] for guard in guards() if guard.row == f"{kind}.{path}"}
    assert taken_out, "tests/guards/fields.toml has no guard for it"
    assert taken_out <= set(shown)
