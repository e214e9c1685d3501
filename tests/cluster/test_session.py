"""Requests on bad days: throttling, broken connections, silence, expired credentials, redirects."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.deadline import Deadline, Stop
from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.base.masking import Masker
from penstock.cluster.errors import (
    Conflict,
    Forbidden,
    Refused,
    Throttled,
    Timeout,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from penstock.cluster.parallel import parallel
from penstock.cluster.request import Request
from penstock.cluster.target import FixedCredentials

from tests.cluster.scripted import ScriptedApi, answer, cut, reset, status, stream
from tests.cluster.sessions import Waits, make_session
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

GET = Request("GET", "/api/v1/namespaces/apps/configmaps/web", "ConfigMap/apps/web")
POST = Request("POST", "/api/v1/namespaces/apps/configmaps", "ConfigMap/apps/web", b"{}", repeatable=False)


@pytest.fixture
def api() -> Iterator[ScriptedApi]:
    with ScriptedApi() as server:
        yield server


@pytest.fixture
def waits() -> Waits:
    return Waits()


class Rotating:
    """Credentials of which every refresh gives new ones, up to a last."""

    def __init__(self, last: int = 9) -> None:
        self.number = 1
        self.last = last
        self.lock = threading.Lock()

    def header(self) -> str:
        return f"Bearer t{self.number}"

    def refresh(self, refused: str) -> bool:
        with self.lock:
            if self.header() == refused and self.number < self.last:
                self.number += 1
            return self.header() != refused


def test_a_request_says_who_asks_and_what_it_takes(api: ScriptedApi, waits: Waits) -> None:
    assert make_session(api, waits).call(GET) == {}
    headers = api.seen[0].headers
    assert headers["user-agent"] == "penstock/test"
    assert headers["authorization"] == "Bearer token"
    assert headers["accept"] == "application/json"
    assert "content-type" not in headers


def test_a_prefix_in_the_server_url_is_kept(api: ScriptedApi, waits: Waits) -> None:
    make_session(f"{api.url}/k8s/clusters/c1/", waits).call(GET)
    assert api.seen[0].path == f"/k8s/clusters/c1{GET.path}"


def test_throttling_is_waited_out_as_long_as_the_server_asks(api: ScriptedApi, waits: Waits) -> None:
    api.steps = [
        status(429, "TooManyRequests", retry_after=2),
        status(429, "TooManyRequests"),
        answer(200, {"a": 1}),
    ]
    assert make_session(api, waits).call(POST) == {"a": 1}
    assert waits.seen == [2.1, 0.2]


def test_throttling_without_end_is_told_with_the_wait(api: ScriptedApi, waits: Waits) -> None:
    api.otherwise = status(429, "TooManyRequests", "slow down", retry_after=3)
    with pytest.raises(Throttled, match="slow down") as caught:
        make_session(api, waits).call(GET)
    assert caught.value.retry_after == 3
    assert len(api.seen) == 4


def test_a_wish_that_is_too_long_is_left_to_the_caller(api: ScriptedApi, waits: Waits) -> None:
    api.otherwise = status(429, "TooManyRequests", retry_after=600)
    with pytest.raises(Throttled):
        make_session(api, waits).call(GET)
    assert (len(api.seen), waits.seen) == (1, [])


@pytest.mark.parametrize("breaks", [reset, cut])
def test_a_read_is_repeated_after_a_broken_connection(api: ScriptedApi, waits: Waits, breaks: Any) -> None:
    api.steps = [breaks, breaks, answer(200, {"a": 1})]
    assert make_session(api, waits).call(GET) == {"a": 1}
    assert waits.seen == [0.1, 0.2]


@pytest.mark.parametrize("breaks", [reset, cut])
def test_a_create_is_not_repeated_after_a_broken_connection(
    api: ScriptedApi, waits: Waits, breaks: Any
) -> None:
    api.steps = [breaks]
    with pytest.raises(Unreachable) as caught:
        make_session(api, waits).call(POST)
    assert caught.value.sent
    assert api.methods() == ["POST"]


def test_a_server_that_is_not_there_is_tried_again_even_for_a_create(waits: Waits) -> None:
    with ScriptedApi() as gone:
        url = gone.url
    with pytest.raises(Unreachable, match=r"cannot be reached \(connection refused\)") as caught:
        make_session(url, waits).call(POST)
    assert not caught.value.sent
    assert len(waits.seen) == 3


def test_silence_ends_with_the_request_timeout_after_one_more_try(api: ScriptedApi, waits: Waits) -> None:
    api.otherwise = api.hang
    with pytest.raises(Timeout, match="GET ConfigMap/apps/web: no answer"):
        make_session(api, waits, request_s=0.1).call(GET)
    assert len(api.seen) == 2


def test_a_passing_outage_is_retried_and_a_lasting_one_told(api: ScriptedApi, waits: Waits) -> None:
    api.steps = [status(503, "ServiceUnavailable"), answer(502, b"<html>bad gateway</html>")]
    assert make_session(api, waits).call(GET) == {}
    api.otherwise = status(503, "ServiceUnavailable", "etcd is down")
    with pytest.raises(Unavailable, match="etcd is down"):
        make_session(api, waits).call(GET)


@pytest.mark.parametrize(
    ("code", "reason", "error"), [(409, "Conflict", Conflict), (403, "Forbidden", Forbidden)]
)
def test_a_verdict_is_not_questioned(
    api: ScriptedApi, waits: Waits, code: int, reason: str, error: type[Exception]
) -> None:
    api.otherwise = status(code, reason, "no")
    with pytest.raises(error):
        make_session(api, waits).call(GET)
    assert len(api.seen) == 1


def test_credentials_are_refreshed_once_after_a_401(api: ScriptedApi, waits: Waits) -> None:
    api.steps = [status(401, "Unauthorized"), answer(200, {"a": 1})]
    assert make_session(api, waits, credentials=Rotating()).call(POST) == {"a": 1}
    assert [one.headers["authorization"] for one in api.seen] == ["Bearer t1", "Bearer t2"]
    assert waits.seen == []


def test_a_second_401_is_the_end(api: ScriptedApi, waits: Waits) -> None:
    api.otherwise = status(401, "Unauthorized", "Unauthorized")
    with pytest.raises(Unauthorized):
        make_session(api, waits, credentials=Rotating()).call(GET)
    assert len(api.seen) == 2


def test_credentials_that_cannot_be_refreshed_are_refused_at_once(api: ScriptedApi, waits: Waits) -> None:
    api.otherwise = status(401, "Unauthorized", "Unauthorized")
    with pytest.raises(Unauthorized):
        make_session(api, waits).call(GET)
    assert len(api.seen) == 1


def test_threads_that_get_a_401_together_all_go_on_with_the_new_token(waits: Waits) -> None:
    def by_token(handler: Any) -> None:
        fresh = handler.headers["Authorization"] == "Bearer t2"
        (answer(200, {"a": 1}) if fresh else status(401, "Unauthorized"))(handler)

    with ScriptedApi(otherwise=by_token) as api:
        session = make_session(api, waits, credentials=Rotating(last=2))
        assert parallel(lambda _n: session.call(GET), range(20), 8) == ({"a": 1},) * 20


@pytest.mark.parametrize("token", ["Bearer hunter2\ncanary", "Bearer hunter2\u20accanary"])
def test_a_token_that_is_no_header_is_refused_without_repeating_it(
    api: ScriptedApi, waits: Waits, token: str
) -> None:
    with pytest.raises(Unauthorized, match="no HTTP header") as caught:
        make_session(api, waits, credentials=FixedCredentials(token)).call(GET)
    assert "canary" not in repr((caught.value, caught.value.__context__))


def test_redirects_are_not_followed(api: ScriptedApi, waits: Waits) -> None:
    with ScriptedApi() as other:
        api.otherwise = answer(307, b"", Location=f"{other.url}/steal")
        with pytest.raises(Refused, match="redirects are not followed"):
            make_session(api, waits).call(GET)
        assert other.seen == []


def test_an_answer_that_is_no_json_is_no_success(api: ScriptedApi, waits: Waits) -> None:
    api.otherwise = answer(200, b"<html>login hunter2-canary</html>")
    with pytest.raises(Unavailable, match="no JSON") as caught:
        make_session(api, waits).call(GET)
    assert "canary" not in repr(caught.value)


def test_nothing_is_sent_after_the_deadline(api: ScriptedApi, waits: Waits) -> None:
    clock = FakeClock()
    session = make_session(api, waits).within(Deadline.after(clock, 10.0))
    session.call(GET)
    clock.move(10.0)
    with pytest.raises(Timeout, match="the time of this run is over"):
        session.call(GET)
    assert len(api.seen) == 1


def test_a_wait_that_outlasts_the_deadline_is_not_begun(api: ScriptedApi, waits: Waits) -> None:
    api.otherwise = status(429, "TooManyRequests", retry_after=5)
    with pytest.raises(Throttled):
        make_session(api, waits).within(Deadline.after(FakeClock(), 5.0)).call(GET)
    assert waits.seen == []


def test_a_wait_ends_when_the_process_is_told_to_end(api: ScriptedApi) -> None:
    api.otherwise = status(429, "TooManyRequests", retry_after=5)
    clock, stop, slept = FakeClock(), Stop(), list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            stop.tell(clock, 7.0)

    session = replace(make_session(api, Waits()), sleep=sleep)
    with pytest.raises(Throttled):
        session.within(Deadline.after(clock, 60.0, stop)).call(GET)
    assert len(slept) == 3
    assert len(api.seen) == 1


def test_learned_secrets_do_not_appear_in_errors(api: ScriptedApi, waits: Waits) -> None:
    masker = Masker()
    masker.learn("hunter2-canary")
    session = replace(make_session(api, waits), masker=masker)
    causes = [{"field": "data.a", "reason": "X", "message": "bad value hunter2-canary"}]
    api.otherwise = status(422, "Invalid", "value hunter2-canary is bad", causes=causes)
    with pytest.raises(Refused) as caught:
        session.call(GET)
    assert "canary" not in repr((caught.value, caught.value.message, caught.value.causes))


def test_a_stream_gives_its_pieces_as_they_come(api: ScriptedApi, waits: Waits) -> None:
    api.otherwise = stream(b"one\n", b"two\n")
    with make_session(api, waits).stream(GET, 5.0) as pieces:
        assert b"".join(pieces) == b"one\ntwo\n"


def test_a_stream_that_is_left_early_closes_its_connection(api: ScriptedApi, waits: Waits) -> None:
    api.otherwise = stream(b"one\n", b"two\n")
    session = make_session(api, waits)
    with session.stream(GET, 5.0) as pieces:
        next(pieces)
    with session.stream(GET, 5.0) as pieces:
        assert next(pieces) == b"one\n"


def test_a_stream_refreshes_credentials_and_maps_errors(api: ScriptedApi, waits: Waits) -> None:
    api.steps = [status(401, "Unauthorized"), stream(b"x"), status(410, "Expired", "too old")]
    session = make_session(api, waits, credentials=Rotating())
    with session.stream(GET, 5.0) as pieces:
        assert list(pieces) == [b"x"]
    with pytest.raises(Exception, match="too old"), session.stream(GET, 5.0):
        pass


def test_a_stream_that_breaks_is_an_error_of_ours(api: ScriptedApi, waits: Waits) -> None:
    api.otherwise = cut
    with pytest.raises(Unreachable, match="broke"), make_session(api, waits).stream(GET, 5.0) as pieces:
        list(pieces)


def test_an_answer_without_an_end_is_read_up_to_a_limit(api: ScriptedApi, waits: Waits) -> None:
    api.steps = [answer(200, {"data": "x" * 3_000_000}), answer(200, {"ok": True})]
    session = make_session(api, waits, limits=Limits(api_answer_bytes=2_000_000))
    with pytest.raises(LimitExceeded, match=r"larger than 2000000 bytes \(PENSTOCK_LIMIT_API_ANSWER_BYTES\)"):
        session.call(GET)
    assert session.call(GET) == {"ok": True}
