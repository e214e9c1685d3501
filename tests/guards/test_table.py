"""The page of promises and the table of guards are about the tree as it is."""

from __future__ import annotations

import pytest

from tests.guards.table import PAGE, ROOT, Guard, Row, exists, guards, rows, taken_out

ROWS = rows(PAGE.read_text(encoding="utf-8"))
GUARDS = guards()


EXPECTED = {
    f"{kind}-{number:02d}"
    for kind, spans in {
        "A": ((1, 25), (27, 29), (44, 57), (72, 75), (77, 79), (84, 84), (86, 86)),
        "B": ((1, 17), (19, 29), (33, 36)),
        "C": ((1, 10), (13, 13), (22, 26)),
    }.items()
    for first, last in spans
    for number in range(first, last + 1)
}
"""What is promised so far; a row may be added, and none may go."""


def test_no_promise_was_taken_back() -> None:
    assert EXPECTED - {row.name for row in ROWS} == set()


def test_no_row_stands_twice() -> None:
    names = [row.name for row in ROWS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_says_what_holds_and_names_tests_that_exist(row: Row) -> None:
    assert row.holds
    assert row.tests
    assert [test for test in row.tests if not exists(test)] == []


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.row)
def test_a_guard_stands_where_it_is_said_to_stand(guard: Guard) -> None:
    text = (ROOT / guard.file).read_text(encoding="utf-8")
    assert taken_out(text, guard) != text
    assert exists(guard.test)


def test_every_row_of_bad_input_and_faults_has_a_guard() -> None:
    wanted = {row.name for row in ROWS if not row.name.startswith("C")}
    assert wanted - {guard.row for guard in GUARDS} == set()


def test_a_guard_that_stands_twice_or_not_at_all_is_refused() -> None:
    guard = Guard("A-00", "x.py", "if bad:", "if False:", "tests/x.py::test_x")
    assert taken_out("if bad: stop", guard) == "if False: stop"
    for text in ("", "if bad: if bad:"):
        with pytest.raises(ValueError, match="stands"):
            taken_out(text, guard)


def test_a_test_that_is_not_there_does_not_exist() -> None:
    here = "tests/guards/test_table.py"
    assert exists(f"{here}::test_no_row_stands_twice")
    assert not exists(f"{here}::test_of_something_else")
    assert not exists("tests/nowhere.py::test_x")
