"""How a forge is asked: retries, limits, hostile answers; and that the token goes nowhere but there."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.errors import LimitExceeded, PenstockError
from penstock.base.limits import Limits
from penstock.base.masking import Masker
from penstock.forge.api import Api
from penstock.forge.connect import Kind, Login, connect
from penstock.forge.described import User
from penstock.forge.errors import NotAForge, NotFound, Refused, Throttled, TokenRefused, Unavailable
from penstock.forge.site import github
from penstock.forge.transport import Transport

from tests.fakes.clock import FakeClock
from tests.forge.logging_in import asked
from tests.support.exchanges import Exchanges, Reply
from tests.support.sockets import listening

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator


TOKEN = "ghp_canary0123456789"
ADA = Reply(200, {"login": "ada"})
NOW = 1_893_499_200
"""Of the clock that stands."""


LIMITS = Limits(forge_answer_bytes=2000, forge_pages=3, json_depth=8)


@dataclass
class Play:
    """An API of written exchanges, the client's waits, and a clock that stands unless it waits."""

    exchanges: Exchanges
    limits: Limits = LIMITS
    clock: FakeClock = field(default_factory=FakeClock)
    waits: list[float] = field(default_factory=list)

    def api(self, seconds: float = 100) -> Api:
        site = github(self.exchanges.url)
        transport = Transport(site.api, ca=b"", environ={}, limits=self.limits, clock=self.clock)
        return Api(
            site,
            transport,
            {"Authorization": f"Bearer {TOKEN}"},
            Masker(TOKEN),
            self.limits,
            Deadline.after(self.clock, seconds),
            sleep=self._wait,
            draw=lambda: 0.5,
        )

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.move(seconds)

    def asks(self, method: str = "GET", **options: Any) -> str:
        """The login that one request is answered with, or its error, which must not have the token."""
        api = self.api(**options)
        try:
            return api.read(api.ask(method, "/user", "see whose token it is"), "read it", User).login
        except PenstockError as error:
            if TOKEN in f"{error!r} {error.message}":
                pytest.fail("the token shows")
            raise


@pytest.fixture
def play() -> Iterator[Play]:
    with Exchanges("/api/v3") as exchanges:
        yield Play(exchanges)


def test_the_clock_of_these_tests_stands_where_they_think() -> None:
    assert FakeClock().now().timestamp() == NOW


@pytest.mark.parametrize(
    ("reply", "wait"),
    [
        (Reply(429, {}, {"Retry-After": "3"}), 3.25),
        (Reply(429, {}), 0.25),
        (Reply(403, {}, {"Retry-After": "7"}), 7.25),
        (Reply(403, {}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW + 20)}), 20.25),
        (Reply(403, {}, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW - 20)}), 0.25),
        (Reply(429, {}, {"RateLimit-Reset": str(NOW + 5)}), 5.25),
        (Reply(503, {}, {"Retry-After": "2"}), 2.25),
        (Reply(502, b"<html>bad gateway</html>"), 0.25),
        (Reply(500, {}, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), 0.25),
    ],
)
def test_what_passes_is_waited_for_as_long_as_the_forge_asks(play: Play, reply: Reply, wait: float) -> None:
    play.exchanges.write("GET", "/user", reply, ADA)
    assert play.asks() == "ada"
    assert play.waits == [wait]


def test_it_gives_up_after_four_tries_and_says_what_was_answered(play: Play) -> None:
    play.exchanges.write("GET", "/user", Reply(503, {"message": "we are \x1b[31mdown\x1b[0m"}))
    with pytest.raises(Unavailable, match=r"answers 503: we are \[31mdown\[0m; try again: what is done"):
        play.asks()
    assert (len(play.exchanges.asked), play.waits) == (4, [0.25, 0.5, 1.0])


def test_a_limit_that_lasts_longer_than_we_may_wait_is_told_at_once(play: Play) -> None:
    long = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW + 2220)}
    play.exchanges.write("GET", "/user", Reply(403, {"message": "API rate limit exceeded"}, long))
    with pytest.raises(Throttled, match=r"the forge limits requests: try again in 2220 s") as caught:
        play.asks()
    assert (caught.value.retry_after, play.waits) == (2220.0, [])
    play.exchanges.write("GET", "/user", Reply(429, {}, {"Retry-After": "30"}))
    with pytest.raises(Throttled):
        play.asks(seconds=10)


def test_what_may_have_been_done_is_not_done_again(play: Play) -> None:
    play.exchanges.write("POST", "/user", Reply(502, {}), ADA)
    with pytest.raises(Unavailable):
        play.asks("POST")
    assert len(play.exchanges.asked) == 1
    play.exchanges.write("POST", "/user", Reply(429, {}), ADA)
    assert play.asks("POST") == "ada"


def test_a_forge_that_is_not_reached_is_tried_again_whatever_is_asked(play: Play) -> None:
    api, port = play.api(), free_port()
    api = Api(
        github(f"http://127.0.0.1:{port}"), api.transport, {}, Masker(), play.limits, api.deadline,
        sleep=play._wait, draw=lambda: 0.5,
    )  # fmt: skip
    with pytest.raises(Unavailable, match=r"cannot be reached \(connection refused\): check the network"):
        api.ask("POST", "/user", "try")
    assert len(play.waits) == 3


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_nothing_is_asked_once_the_time_is_over(play: Play) -> None:
    play.exchanges.write("GET", "/user", ADA)
    with pytest.raises(Unavailable, match="not asked, the time is over: --timeout gives more"):
        play.asks(seconds=0)
    assert play.exchanges.asked == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>login</html>", r"is no valid JSON"),
        (b"", r"is no valid JSON"),
        (b"[" * 100, r"nested more than 8 levels deep \(PENSTOCK_LIMIT_JSON_DEPTH\)"),
        (b'{"login": "a", "login": "b"}', r"repeats a key"),
        (b'{"login": NaN}', r"is no valid JSON"),
        ([], r"is not as described \(Expected `object`, got `array`\)"),
        ({"login": 7}, r"is not as described \(Expected `str`, got `int` - at `\$.login`\)"),
        ({"message": TOKEN}, r"is not as described"),
        (None, r"is no valid JSON"),
    ],
)
def test_an_answer_that_no_forge_gives_is_refused_in_words(play: Play, body: Any, said: str) -> None:
    play.exchanges.write("GET", "/user", Reply(200, body))
    with pytest.raises(NotAForge, match=f"cannot read it: the answer .*{said}"):
        play.asks()


def test_an_answer_without_end_is_not_read(play: Play) -> None:
    play.exchanges.write("GET", "/user", Reply(200, b'{"login": "' + b"x" * 5000 + b'"}'))
    with pytest.raises(LimitExceeded, match=r"larger than 2000 bytes \(PENSTOCK_LIMIT_FORGE_ANSWER_BYTES\)"):
        play.asks()


def test_a_list_without_end_is_not_read(play: Play) -> None:
    more = {"Link": '<https://x/?page=2>; rel="next"'}
    play.exchanges.write("GET", "/keys", Reply(200, [{"login": "ada"}], more))
    with pytest.raises(LimitExceeded, match=r"more than 3 pages \(PENSTOCK_LIMIT_FORGE_PAGES\)"):
        play.api().pages("/keys", "list the keys", User)
    assert len(play.exchanges.asked) == 3


@pytest.mark.parametrize(
    "body",
    [
        {"message": f"no such token: {TOKEN}"},
        {"message": "x" * 250 + TOKEN},
        {"error": TOKEN, "error_description": f"Bearer {TOKEN}"},
        {"errors": [{"message": TOKEN}, TOKEN, {TOKEN: [TOKEN]}]},
    ],
)
def test_a_forge_that_repeats_the_token_does_not_get_it_into_an_error(play: Play, body: Any) -> None:
    for status in (401, 403, 404, 422, 500):
        play.exchanges.write("DELETE", "/user", Reply(status, body))
        with pytest.raises((Refused, Unavailable)):
            play.asks("DELETE")


def test_what_a_forge_says_in_any_form_is_shown_short(play: Play) -> None:
    said: dict[str, object] = {"message": {"name": ["is taken", 7], "x": None}, "errors": "y" * 999}
    play.exchanges.write("POST", "/user", Reply(422, said))
    with pytest.raises(Refused, match=r"it is refused \(422\): name: is taken; yyy") as caught:
        play.asks("POST")
    assert len(caught.value.message) < 400
    play.exchanges.write("POST", "/user", Reply(418, [1]))
    with pytest.raises(Refused, match=r"it is refused \(418\)$"):
        play.asks("POST")


def test_what_is_not_there_is_none_or_an_error_or_gone(play: Play) -> None:
    play.exchanges.write("GET", "/nobody", Reply(404, {"message": "Not Found"}))
    play.exchanges.write("DELETE", "/nobody", Reply(404, {"message": "Not Found"}))
    api = play.api()
    assert api.find("/nobody", "look for nobody", User) is None
    api.gone("/nobody", "remove nobody")
    with pytest.raises(NotFound, match="cannot get nobody: there is no such thing, or none"):
        api.get("/nobody", "get nobody", User)


def test_a_write_is_never_redirected(play: Play) -> None:
    play.exchanges.write("POST", "/user", Reply(307, {}, {"Location": f"{play.exchanges.url}/api/v3/other"}))
    with pytest.raises(NotAForge, match=r"it is redirected \(307\): give the forge's own address"):
        play.asks("POST")
    assert len(play.exchanges.asked) == 1


def test_a_connection_that_breaks_is_told_and_a_read_is_tried_again() -> None:
    def cut(connection: socket.socket, _: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")

    with listening(talk=cut) as server:
        forge = asked(Kind.GITHUB, Login(TOKEN, f"http://127.0.0.1:{server.port}"), seconds=2)
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1:\d+ broke off"):
            forge.whoami()
    assert server.connections > 1


def test_an_answer_that_drips_is_not_waited_for_beyond_the_deadline() -> None:
    def drip(connection: socket.socket, stop: threading.Event) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not stop.wait(0.05):
            connection.sendall(b" ")

    with listening(talk=drip) as server:
        forge = asked(Kind.GITHUB, Login(TOKEN, f"http://127.0.0.1:{server.port}"), seconds=0.3)
        with pytest.raises(Unavailable, match=r"is too slow|does not answer in time|not asked"):
            forge.whoami()


def test_a_token_that_no_header_takes_is_refused_before_anything_is_sent(play: Play) -> None:
    for token in ("tok\nen", "tök€n", "a\x00b"):
        forge = asked(Kind.GITHUB, Login(token, play.exchanges.url))
        with pytest.raises(TokenRefused, match="characters that no HTTP header takes") as caught:
            forge.whoami()
        assert token not in caught.value.message
    with pytest.raises(TokenRefused, match=r"github\.com: there is no token: put one into GITHUB_TOKEN"):
        asked(Kind.GITHUB, Login(" \n"))
    assert play.exchanges.asked == []


def test_a_login_does_not_show_its_token() -> None:
    assert TOKEN not in repr(Login(TOKEN, ca=b"x"))


def test_the_proxy_of_the_environment_is_asked_for_the_way_and_does_not_see_the_token() -> None:
    seen: list[bytes] = []

    def proxy(connection: socket.socket, _: threading.Event) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 502 no\r\n\r\n")

    with listening(talk=proxy) as server:
        environ = {"HTTPS_PROXY": f"http://ada:s3cret@127.0.0.1:{server.port}"}
        deadline = Deadline.after(SystemClock(), 0.2)
        forge = connect(Kind.GITEA, Login(TOKEN, "git.example.com"), deadline=deadline, environ=environ)
        with pytest.raises(Unavailable, match=r"git\.example\.com cannot be reached") as caught:
            forge.whoami()
    assert seen[0].startswith(b"CONNECT git.example.com:443 ")
    assert b"Proxy-Authorization: Basic " in seen[0] or b"proxy-authorization: Basic " in seen[0]
    assert TOKEN.encode() not in b"".join(seen)
    assert "s3cret" not in caught.value.message


def test_a_404_that_is_no_forges_own_is_no_missing_thing(play: Play) -> None:
    bodies: tuple[Any, ...] = (b"<html>not found</html>", b"", {}, [])
    for body in bodies:
        play.exchanges.write("GET", "/nobody", Reply(404, body))
        with pytest.raises(NotAForge, match="not as the API of a forge does: is --hostname the forge's own"):
            play.api().find("/nobody", "look for nobody", User)


@pytest.mark.parametrize("login", ["", "a b", "a/b", "\x1b[31mada", "ada\n", "ada\nroot", "x" * 300])
def test_a_name_that_no_forge_gives_is_refused(play: Play, login: str) -> None:
    play.exchanges.write("GET", "/user", Reply(200, {"login": login}))
    with pytest.raises(NotAForge, match=r"Expected `str` matching regex") as caught:
        play.asks()
    assert "\x1b" not in caught.value.message
