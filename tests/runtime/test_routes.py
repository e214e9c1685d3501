from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.errors import LimitExceeded, Terminal, Transient
from penstock.base.limits import Limits
from penstock.runtime.answers import Answer, Problem
from penstock.runtime.reading import leave_body, read_body

from tests.runtime.requesting import TOKEN, Endless, Site, bearer, request, streamed

if TYPE_CHECKING:
    from flask import Request

MIB = 1024 * 1024


def answering(error: Exception | None = None) -> Site:
    def handle(_: object) -> Answer:
        if error is not None:
            raise error
        return Answer(200, {"said": "yes"}, {"X-More": "1"}, {"object": "x"})

    return Site("/here", handle)


def test_an_answer_is_json_and_one_log_line() -> None:
    site = answering()
    status, body, headers = site.ask(request("/here"))
    assert (status, body) == (200, {"said": "yes"})
    assert headers == {"Content-Type": "application/json", "Cache-Control": "no-store", "X-More": "1"}
    (line,) = site.logged
    assert line["message"] == "POST /here"
    assert (line["status"], line["object"]) == (200, "x")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/Here",
        "/here/",
        "//here",
        "/here/../here",
        "/%2e%2e/here",
        "/here%0d%0aX: y",
        "/" + "a" * 100_000,
        "/hereß",
    ],
)
def test_any_other_path_is_404_and_is_not_repeated_in_the_log(path: str) -> None:
    site = answering()
    status, _, _ = site.ask(request(path))
    assert status == 404
    assert site.logged[0]["message"] == "POST (unknown path)"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW", "X" * 999])
def test_any_other_method_is_405_and_names_the_right_one(method: str) -> None:
    status, _, headers = answering().ask(request("/here", method=method))
    assert (status, headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (Problem(418, "teapot", {"X-Pot": "1"}), 418, {"X-Pot": "1"}),
        (Transient("later"), 503, {"Retry-After": "5"}),
        (Transient("later", retry_after=0.1), 503, {"Retry-After": "1"}),
        (Transient("later", retry_after=17.2), 503, {"Retry-After": "18"}),
        (LimitExceeded("too much", limit="json_depth"), 413, {}),
        (Terminal("no", reason="X"), 500, {}),
        (ZeroDivisionError("secret detail"), 500, {}),
        (RecursionError(), 500, {}),
    ],
)
def test_every_error_is_an_answer(error: Exception, status: int, headers: dict[str, str]) -> None:
    given_status, body, given_headers = answering(error).ask(request("/here"))
    assert given_status == status
    assert headers.items() <= given_headers.items()
    assert "secret detail" not in body["error"]


def test_a_bug_is_told_to_the_log_and_not_to_the_caller() -> None:
    site = answering(ZeroDivisionError(f"with {TOKEN}"))
    _, body, _ = site.ask(request("/here"))
    assert body == {"error": "internal error"}
    assert "ZeroDivisionError" in site.logged[0]["error"]
    assert "test_routes.py" in site.logged[0]["error"]
    assert "canary" not in site.stream.getvalue()


def test_headers_are_never_logged_and_secrets_never_shown() -> None:
    site = answering(Problem(400, f"what about {TOKEN}?"))
    _, body, _ = site.ask(request("/here", headers={"X-Github-Encoded-Secret": "c2VjcmV0", **bearer()}))
    assert body == {"error": "what about *****?"}
    assert "c2VjcmV0" not in site.stream.getvalue()
    assert "canary" not in site.stream.getvalue()


def read(asked: Request, most: int) -> bytes:
    return read_body(asked, Limits(webhook_body_bytes=most), "webhook_body_bytes")


def test_a_body_of_the_limit_is_read_and_one_byte_more_is_refused() -> None:
    assert read(request(body=b"x" * 100), 100) == b"x" * 100
    with pytest.raises(LimitExceeded, match=r"larger than 100 bytes \(PENSTOCK_LIMIT_WEBHOOK_BODY_BYTES\)"):
        read(request(body=b"x" * 101), 100)


def test_a_body_without_length_is_stopped_at_the_limit() -> None:
    endless = Endless()
    with pytest.raises(LimitExceeded):
        read(streamed("/", endless, {}), 1000)
    assert endless.given < 10 * MIB


def test_a_body_shorter_than_it_says_is_400() -> None:
    lying = request(body=b"x" * 10)
    lying.environ["CONTENT_LENGTH"] = "50"
    with pytest.raises(Problem) as caught:
        read(lying, 100)
    assert caught.value.status == 400


@pytest.mark.parametrize("error", [OSError(), EOFError(), RuntimeError("InvalidChunkSize")])
def test_whatever_breaks_while_the_body_is_read_is_400(error: Exception) -> None:
    class Broken(Endless):
        def readinto(self, _: Any) -> int:
            raise error

    with pytest.raises(Problem) as caught:
        read(streamed("/", Broken(), {}), 1000)
    assert caught.value.status == 400


def test_a_body_longer_than_it_says_is_cut_there() -> None:
    lying = request(body=b"x" * 50)
    lying.environ["CONTENT_LENGTH"] = "10"
    assert read(lying, 100) == b"x" * 10


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, identity", "Identity2"])
def test_compressed_bodies_are_415_and_not_read(encoding: str) -> None:
    endless = Endless()
    with pytest.raises(Problem) as caught:
        read(streamed("/", endless, {"Content-Encoding": encoding}), 1000)
    assert caught.value.status == 415
    assert endless.given == 0


@pytest.mark.parametrize("path", ["/here", "/elsewhere"])
def test_whatever_is_sent_along_is_thrown_away_up_to_a_bound(path: str) -> None:
    endless = Endless()
    asked = streamed(path, endless, {})
    _, _, headers = answering().ask(asked)
    assert headers["Connection"] == "close"
    assert endless.given <= 33 * MIB
    assert asked.get_data() == b""
    assert endless.given <= 33 * MIB


def test_a_body_that_says_it_is_huge_is_left_where_it_is() -> None:
    endless = Endless()
    asked = streamed("/", endless, {})
    del asked.environ["HTTP_TRANSFER_ENCODING"]
    asked.environ["CONTENT_LENGTH"] = str(2**31)
    assert not leave_body(asked)
    assert endless.given == 0
