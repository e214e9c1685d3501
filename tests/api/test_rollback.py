"""The annotation of a rollback, and which revision it makes one want."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.rollback import (
    ROLLBACK_ANNOTATION,
    InvalidRollback,
    Rollback,
    ended,
    holds,
    rollback_of,
    wanted_revision,
    written,
)

ROLLBACK = Rollback(bad="main@sha1:bad", revision="main@sha1:good", artifact="a.tar.gz", digest="sha256:1")
HELD = {ROLLBACK_ANNOTATION: written(ROLLBACK)}
_TEXT = st.text(min_size=1, max_size=40)


@given(bad=_TEXT, revision=_TEXT, artifact=_TEXT, digest=_TEXT)
def test_what_is_written_is_read_again(bad: str, revision: str, artifact: str, digest: str) -> None:
    if bad == revision:
        return
    rollback = Rollback(bad=bad, revision=revision, artifact=artifact, digest=digest)
    assert rollback_of({ROLLBACK_ANNOTATION: written(rollback)}) == rollback


def test_there_is_none_without_the_annotation() -> None:
    assert rollback_of({"penstock.dev/approve": "x"}) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "main@sha1:good",
        "{}",
        "[]",
        '{"bad": "a", "revision": "a", "artifact": "k", "digest": "d"}',
        '{"bad": "", "revision": "a", "artifact": "k", "digest": "d"}',
        '{"bad": "a", "revision": "b", "artifact": "k", "digest": "d", "more": 1}',
        '{"bad": "' + "a" * 5000 + '", "revision": "b", "artifact": "k", "digest": "d"}',
    ],
)
def test_one_that_cannot_be_read_says_what_to_do(text: str) -> None:
    with pytest.raises(InvalidRollback, match=r"penstock\.dev/rollback cannot be read .*--cancel") as caught:
        rollback_of({ROLLBACK_ANNOTATION: text})
    assert len(caught.value.message) < 400


@given(st.text(max_size=200))
def test_whatever_stands_there_is_read_or_refused(text: str) -> None:
    try:
        assert rollback_of({ROLLBACK_ANNOTATION: text}) is not None
    except InvalidRollback:
        assert wanted_revision({ROLLBACK_ANNOTATION: text}, "main@sha1:bad") == "main@sha1:bad"


@pytest.mark.parametrize(
    ("offered", "wanted", "holding", "over"),
    [
        ("main@sha1:bad", "main@sha1:good", True, False),
        ("main@sha1:newer", "main@sha1:newer", False, True),
        ("main@sha1:good", "main@sha1:good", False, True),
        ("", "", False, False),
    ],
)
def test_it_holds_while_the_bad_revision_is_offered_and_ends_by_any_other(
    offered: str, wanted: str, holding: bool, over: bool
) -> None:
    assert holds(ROLLBACK, offered) is holding
    assert ended(ROLLBACK, offered) is over
    assert wanted_revision(HELD, offered) == wanted
    assert wanted_revision({}, offered) == offered
