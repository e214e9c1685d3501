from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from penstock.base.log import Log
from penstock.base.masking import Masker


class Fixed:
    def now(self) -> datetime:
        return datetime(2030, 1, 2, 3, 4, 5, 678, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


def logged(*, text: bool = False, stream: io.StringIO | None = None) -> tuple[Log, io.StringIO]:
    stream = stream or io.StringIO()
    return Log(Masker("hunter-2000"), stream=stream, text=text, clock=Fixed()), stream


def test_a_step_is_one_json_line_with_what_is_bound_to_it() -> None:
    log, stream = logged()
    log.bind(object="Kustomization/apps/podinfo").info("applied", changes=3, ok=True, revision=None)
    assert stream.getvalue().count("\n") == 1
    assert json.loads(stream.getvalue()) == {
        "time": "2030-01-02T03:04:05Z",
        "severity": "INFO",
        "message": "applied",
        "object": "Kustomization/apps/podinfo",
        "changes": 3,
        "ok": True,
        "revision": None,
    }


def test_on_a_terminal_it_is_text_without_empty_fields() -> None:
    log, stream = logged(text=True)
    log.info("applied", revision="", object="x", changes=0)
    log.warning("slow")
    log.error("failed")
    assert stream.getvalue() == "► applied  object=x  changes=0\n! slow\n✗ failed\n"


@pytest.mark.parametrize("text", [False, True])
def test_secrets_and_control_characters_never_reach_the_stream(text: bool) -> None:
    log, stream = logged(text=text)
    log.error(
        "got hunter-2000\x1b[31m\nforged", where="https://u:hunter-2000@h/", error=ValueError("hunter-2000")
    )
    assert "hunter" not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_a_field_does_not_replace_time_severity_or_message() -> None:
    log, stream = logged()
    log.bind(severity="x").info("said", time="x")
    assert json.loads(stream.getvalue())["severity"] == "INFO"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", "x" * 100_000, object(), [1]])
def test_any_value_becomes_valid_json_of_bounded_length(value: object) -> None:
    log, stream = logged()
    log.info("said", value=value)
    assert len(stream.getvalue()) < 5000
    json.loads(stream.getvalue(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_binding_leaves_the_log_itself_as_it_was() -> None:
    log, stream = logged()
    log.bind(object="x")
    log.info("said")
    assert "object" not in stream.getvalue()


def test_a_closed_stream_stops_no_work() -> None:
    log, stream = logged()
    stream.close()
    log.info("said")
