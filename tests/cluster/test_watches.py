"""A watch's answer, however it is cut."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.errors import LimitExceeded
from penstock.cluster.errors import Expired, Forbidden, Unavailable
from penstock.cluster.request import Request
from penstock.cluster.watches import parse_events, split_lines

WATCH = Request("GET", "/p", "ConfigMap/apps")


def events(*lines: Any) -> list[Any]:
    return list(parse_events([json.dumps(line).encode() for line in lines], WATCH))


@given(st.lists(st.binary().filter(lambda line: b"\n" not in line)), st.data())
def test_lines_come_whole_however_the_pieces_cut_them(lines: list[bytes], data: st.DataObject) -> None:
    text = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert list(split_lines(pieces, 1000)) == lines


def test_a_line_that_never_ended_is_no_event() -> None:
    assert list(split_lines([b"a\nb"], 1000)) == [b"a"]


def test_events_and_bookmarks_are_passed_on() -> None:
    added, bookmark = {"type": "ADDED", "object": {"a": 1}}, {"type": "BOOKMARK", "object": {}}
    assert events(added, bookmark) == [added, bookmark]
    assert list(parse_events([b"", b" "], WATCH)) == []


def test_an_expired_resource_version_is_told_apart() -> None:
    with pytest.raises(Expired, match="too old"):
        events({"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old (1)"}})


def test_another_error_is_mapped_like_an_answer() -> None:
    with pytest.raises(Forbidden, match="no more"):
        events({"type": "ERROR", "object": {"kind": "Status", "code": 403, "message": "no more"}})
    with pytest.raises(Unavailable):
        events({"type": "ERROR"})


def test_an_event_that_is_no_json_ends_the_watch() -> None:
    with pytest.raises(Unavailable, match="no JSON"):
        list(parse_events([b"{"], WATCH))


def test_an_event_beyond_the_limit_is_not_collected() -> None:
    with pytest.raises(LimitExceeded, match=r"more than 1000 bytes \(PENSTOCK_LIMIT_WATCH_EVENT_BYTES\)"):
        list(split_lines(itertools.repeat(b"x" * 99), 1000))
