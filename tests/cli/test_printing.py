from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.cli import printing

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = ("Name", "Message")


def test_a_table_has_fluxs_form() -> None:
    # flux2 v2.9 cmd/flux/testdata/kustomization/get_kustomization_from_git.golden
    row = ("tkfg", "6.3.5@sha1:67e2c98a", "False", "True", "Applied revision: 6.3.5@sha1:67e2c98a")
    assert printing.columns(("Name", "Revision", "Suspended", "Ready", "Message"), [row]) == [
        "NAME\tREVISION           \tSUSPENDED\tREADY\tMESSAGE                               ",
        "tkfg\t6.3.5@sha1:67e2c98a\tFalse    \tTrue \tApplied revision: 6.3.5@sha1:67e2c98a\t",
    ]


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert printing.columns(HEAD, [("a", "long enough"), ("much longer", "b")]) == [
        "NAME       \tMESSAGE     ",
        "a          \tlong enough\t",
        "much longer\tb          \t",
    ]


def test_without_a_head_there_are_rows_only() -> None:
    assert printing.columns((), [("a", "b"), ("cc", "d")]) == ["a \tb\t", "cc\td\t"]
    assert printing.columns((), []) == []
    assert printing.columns(HEAD, []) == ["NAME\tMESSAGE "]


def test_a_cell_of_several_lines_goes_on_below_itself() -> None:
    # As `flux events` shows the change lines of a run.
    assert printing.columns(HEAD, [("web", "A created\nB configured\n"), ("b", "x")]) == [
        "NAME\tMESSAGE      ",
        "web \tA created   \t",
        "    \tB configured\t",
        "b   \tx           \t",
    ]


def test_no_cell_is_obeyed_by_a_terminal() -> None:
    assert printing.columns((), [("a\x1b[31m\x07", "one\rtwo\u202e\tx")]) == ["a[31m\tonetwo x\t"]


@pytest.mark.parametrize(
    ("say", "mark"),
    [
        (printing.action, "►"),
        (printing.generating, "✚"),
        (printing.waiting, "◎"),
        (printing.success, "✔"),
        (printing.warning, "⚠️"),
        (printing.failure, "✗"),
    ],
)
def test_how_it_goes_is_told_on_stderr_with_fluxs_marks(
    say: Callable[[str], None], mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    say("applied\x1b[2J it")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"{mark} applied[2J it\n")


def test_data_is_told_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    printing.show_table(HEAD, [("a", "b")])
    assert capsys.readouterr().out == "NAME\tMESSAGE \na   \tb      \t\n"
    for output, parse in (("json", json.loads), ("yaml", yaml.safe_load)):
        printing.show_document(output, {"a": ["b", 1]})
        told = capsys.readouterr()
        assert (parse(told.out), told.err) == ({"a": ["b", 1]}, "")
        assert told.out.endswith("\n")
        assert not told.out.endswith("\n\n")
