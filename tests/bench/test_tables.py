"""Tables on a terminal and in Markdown, and the page that holds them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.page import NoMarker, filled
from bench.tables import Table, as_markdown, as_text, escaped

_TABLE = Table("Title", ("a", "number"), (("one", "1"), ("a longer one", "2")), ("A note.",))


def test_columns_stand_under_each_other() -> None:
    assert as_text(_TABLE).splitlines() == [
        "Title",
        "  a             number",
        "  ------------  ------",
        "  one           1",
        "  a longer one  2",
        "  A note.",
    ]


def test_markdown_has_a_heading_or_a_fold() -> None:
    text = as_markdown(_TABLE)
    assert text.startswith("### Title\n\n| a | number |\n|---|---|\n| one | 1 |\n")
    assert text.endswith("\n\n- A note.")
    folded = as_markdown(Table("Title", ("a",), (("1",),), folded=True))
    assert folded.startswith("<details><summary>Title</summary>\n\n| a |")
    assert folded.endswith("| 1 |\n\n</details>")


@given(st.text(max_size=30))
def test_a_cell_is_one_line_and_one_cell_and_no_markup_whatever_is_in_it(text: str) -> None:
    line = as_markdown(Table("t", ("h",), ((text,),))).split("\n")[-1]
    inner = line.removeprefix("| ").removesuffix(" |")
    assert "|" not in inner.replace("\\\\", "").replace("\\|", "")
    assert "<" not in inner
    assert len(as_markdown(Table("t", ("h",), ((text,),))).splitlines()) == 5


def test_signs_of_markdown_are_escaped() -> None:
    assert escaped("a|b *c* <d> [e] f_g `h` \\") == r"a\|b \*c\* &lt;d&gt; \[e\] f\_g \`h\` " + "\\\\"


_PAGE = (
    "# Page\n\n<!-- bench: a -->\nold\n<!-- bench: end -->\nprose\n<!-- bench: b -->\n<!-- bench: end -->\n"
)


def test_a_section_replaces_what_stands_between_its_markers_and_nothing_else() -> None:
    page = filled(_PAGE, {"a": r"new \1 text", "b": "more"})
    assert page == (
        "# Page\n\n<!-- bench: a -->\n\nnew \\1 text\n\n<!-- bench: end -->\nprose\n"
        "<!-- bench: b -->\n\nmore\n\n<!-- bench: end -->\n"
    )
    assert filled(page, {"a": r"new \1 text", "b": "more"}) == page


@pytest.mark.parametrize("page", ["# Page\n", _PAGE + _PAGE])
def test_a_page_without_exactly_one_place_is_refused(page: str) -> None:
    with pytest.raises(NoMarker, match="places for 'a': there must be one, from <!-- bench: a -->"):
        filled(page, {"a": "new"})
