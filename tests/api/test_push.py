from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.push import Next, Push, next_step, parse_push
from penstock.api.work import Function, WorkItem, decode, encode
from penstock.base.errors import Terminal

AT = "2030-01-01T12:00:00.123456789Z"


def envelope(data: object = "", **changes: Any) -> bytes:
    message: dict[str, Any] = {"data": data, "messageId": "8103", "publishTime": AT}
    return json.dumps({"message": message, "subscription": "projects/p/subscriptions/s", **changes}).encode()


def test_everything_that_a_push_says_is_read() -> None:
    body = envelope(
        message={
            "data": b64encode(b"\xff").decode(),
            "messageId": "8103",
            "message_id": "8103",
            "publishTime": AT,
            "publish_time": AT,
            "orderingKey": "fetch/x",
            "attributes": {"a": "b"},
            "something": "new",
        },
        deliveryAttempt=3,
    )
    assert parse_push(body) == Push(
        b"\xff",
        "8103",
        datetime(2030, 1, 1, 12, 0, 0, 123456, tzinfo=UTC),
        "projects/p/subscriptions/s",
        "fetch/x",
        3,
        {"a": "b"},
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b"{}", b"\xff", b"[" * 100, encode(WorkItem(Function.TICK))]
)
def test_what_is_no_push_is_left_to_others(body: bytes) -> None:
    assert parse_push(body) is None


@pytest.mark.parametrize("data", ["%", "YQ", "YQ==\n", "ü", 7, None, {}])
def test_data_must_be_base64(data: object) -> None:
    with pytest.raises(Terminal, match="the body is no push of Pub/Sub"):
        parse_push(envelope(data))


@given(st.binary(max_size=300))
def test_data_comes_out_as_it_went_in(data: bytes) -> None:
    push = parse_push(envelope(b64encode(data).decode()))
    assert push is not None
    assert push.data == data


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["data", "messageId", "x"]), inner)
    ),
    max_leaves=8,
)


@given(JSON, JSON, JSON)
def test_whatever_comes_is_a_push_or_refused(message: Any, subscription: Any, attempt: Any) -> None:
    body = {"message": message, "subscription": subscription, "deliveryAttempt": attempt}
    data = json.dumps(body).encode()
    try:
        push, said = parse_push(data), ""
    except Terminal as error:
        push, said = None, error.message
    if push is None and not said:
        with pytest.raises(Terminal):  # it is no strict JSON, so it is no work item either
            decode(data)
    else:
        assert isinstance(push, Push) or 0 < len(said) < 300


@pytest.mark.parametrize(
    ("attempt", "busy", "step"),
    [
        (None, False, Next.AGAIN),
        (None, True, Next.AGAIN),
        (1, False, Next.AGAIN),
        (7, False, Next.AGAIN),
        (8, False, Next.PARK),
        (99, False, Next.PARK),
        (7, True, Next.AGAIN),
        (8, True, Next.ANEW),
        (99, True, Next.ANEW),
    ],
)
def test_what_becomes_of_a_failure(attempt: int | None, busy: bool, step: Next) -> None:
    assert next_step(attempt, 8, busy=busy) is step
