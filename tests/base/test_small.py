"""Clock, deadline, duration, text and errors: each a table."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import penstock
import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.clock import SystemClock, parse_rfc3339, rfc3339, rfc3339_micro
from penstock.base.deadline import Deadline
from penstock.base.duration import format_duration, parse_duration
from penstock.base.errors import LimitExceeded, PenstockError, SettingsError, Terminal, Transient
from penstock.base.limits import Limits
from penstock.base.text import printable


class Moved:
    def __init__(self) -> None:
        self.at = 100.0

    def now(self) -> datetime:
        return datetime(2030, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.at


def test_a_deadline_runs_out_and_stays_out() -> None:
    clock = Moved()
    deadline = Deadline.after(clock, 10)
    assert (deadline.remaining(), deadline.expired) == (10.0, False)
    clock.at += 4
    assert deadline.remaining() == 6.0
    assert deadline.sooner(2).remaining() == 2.0
    assert deadline.sooner(60).remaining() == 6.0
    clock.at += 60
    assert (deadline.remaining(), deadline.expired) == (0.0, True)


def test_the_system_clock_is_aware_and_does_not_go_back() -> None:
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() <= clock.monotonic()


@given(moment=st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30), timezones=st.timezones()))  # noqa: DTZ001
def test_a_timestamp_survives_to_the_second_or_the_microsecond(moment: datetime) -> None:
    assert parse_rfc3339(rfc3339(moment)) == moment.astimezone(UTC).replace(microsecond=0)
    assert parse_rfc3339(rfc3339_micro(moment)) == moment.astimezone(UTC)


def test_an_offset_is_turned_into_utc() -> None:
    plus_two = datetime(2030, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert rfc3339(plus_two) == "2029-12-31T23:00:00Z"
    assert parse_rfc3339("2030-01-01T01:00:00.5+02:00") == plus_two + timedelta(seconds=0.5)


@pytest.mark.parametrize("text", ["", "soon", "2030-01-01T00:00:00", "2030-13-01T00:00:00Z"])
def test_what_is_no_timestamp_with_a_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_rfc3339(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("1h30m", 5400),
        ("500ms", 0.5),
        ("1.5h", 5400),
        ("0s", 0),
        ("1m1m", 120),
        ("1h2m3s4ms", 3723.004),
    ],
)
def test_go_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "1", "1h30", "-5m", "1ns", "P1D", "1 m", "1d", "٣s", ".5s", "5m\n", "9" * 65 + "s"]
)
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.0004, "0s"),
        (0.25, "250ms"),
        (1, "1s"),
        (1.25, "1.25s"),
        (59.9996, "1m0s"),
        (60, "1m0s"),
        (3600, "1h0m0s"),
        (3723.004, "1h2m3.004s"),
        (600, "10m0s"),
    ],
)
def test_durations_are_printed_as_go_prints_them(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(millis=st.integers(0, 10**12))
def test_a_printed_duration_reads_as_what_it_was(millis: int) -> None:
    assert parse_duration(format_duration(millis / 1000)) == pytest.approx(millis / 1000)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\nb\tc", "a b c"),
        ("\x1b[31mred\x07", "[31mred"),
        ("a\u202eb\u200cc", "abc"),
        ("\ud800x", "x"),
        ("0123456789", "0123456789"),
        ("0123456789A", "0123456..."),
        ("\x00" * 21 + "A", "..."),
    ],
)
def test_text_from_outside_is_made_fit_for_a_line(text: str, shown: str) -> None:
    assert printable(text, 10) == shown


def test_newlines_stay_where_they_are_wanted() -> None:
    assert printable("a\nb\r", newlines=True) == "a\nb"


@given(text=st.text(st.characters()), limit=st.integers(3, 50))
def test_no_text_is_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(printable(text, limit)) <= limit


@pytest.mark.parametrize(
    ("error", "parent", "reason"),
    [
        (Terminal("x"), PenstockError, "Failed"),
        (Terminal("x", reason="BuildFailed"), PenstockError, "BuildFailed"),
        (Transient("x"), PenstockError, "Failed"),
        (SettingsError("x"), Terminal, "InvalidSettings"),
        (LimitExceeded("x"), Terminal, "LimitExceeded"),
    ],
)
def test_every_error_has_a_message_and_a_reason(error: PenstockError, parent: type, reason: str) -> None:
    assert isinstance(error, parent)
    assert (str(error), error.message, error.reason) == ("x", "x", reason)


def test_a_transient_error_may_say_when_to_try_again() -> None:
    assert Transient("x", retry_after=3.0).retry_after == 3.0
    assert Transient("x").retry_after is None


def test_every_limit_is_a_positive_number() -> None:
    assert all(getattr(Limits(), one.name) > 0 for one in fields(Limits))


def test_every_limit_is_enforced_somewhere() -> None:
    text = texts(Path(penstock.__file__).parent, "*.py")
    unused = [one.name for one in fields(Limits) if not re.search(rf"\b{one.name}\b", text)]
    assert unused == []


SILENT = {
    "admission_reviews": "a tick finds what comes too fast, and the change is allowed",
    "request_seconds": "who is too slow is hung up on",
    "connections": "who comes too many is hung up on, unheard",
    "metrics_objects": "the series of other objects go",
}
"""Limits that nobody is told of with an error, and what happens instead."""


def test_every_limit_is_named_in_an_error_that_a_test_provokes() -> None:
    provoked = texts(Path(__file__).parent.parent, "test_*.py")
    names = {one.name for one in fields(Limits)} - SILENT.keys()
    assert len(names) + len(SILENT) == len(fields(Limits))
    assert [name for name in names if not re.search(rf"PENSTOCK_LIMIT_{name.upper()}\b", provoked)] == []


def texts(folder: Path, pattern: str) -> str:
    return "\n".join(file.read_text() for file in folder.rglob(pattern) if file.name != "limits.py")
