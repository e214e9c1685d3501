from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from bench.measure.relay import Relay, RelayProcess
from tests.fixtures_git import clone
from tests.support.sockets import listening
from tests.support.waiting import eventually

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.tools.gitserver import GitServer

    from tests.support.sockets import Listener


def shout(connection: socket.socket, stop: threading.Event) -> None:
    """Answers with everything that came, in capitals, once the client has ended."""
    del stop
    said = bytearray()
    while chunk := connection.recv(100_000):
        said += chunk
    connection.sendall(bytes(said).upper() * 2)


@pytest.fixture
def shouting() -> Iterator[Listener]:
    with listening(talk=shout) as server:
        yield server


def answered(port: int, said: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall(said)
        client.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: client.recv(100_000), b""))


def test_everything_passes_both_ways_and_what_is_fetched_is_counted(shouting: Listener) -> None:
    relay = Relay(lambda: shouting.port)
    said = b"abc" * 1_000_000
    assert answered(relay.port, said) == said.upper() * 2
    assert answered(relay.port, b"x") == b"XX"
    assert relay.fetched == 6_000_002
    relay.close()
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the moment
        answered(relay.port, b"x")


def test_a_client_of_a_server_that_is_not_there_is_let_go_and_the_next_one_served(shouting: Listener) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        ports = [gone.getsockname()[1], shouting.port]
    relay = Relay(lambda: ports.pop(0))
    with socket.create_connection(("127.0.0.1", relay.port), timeout=60) as client:
        assert client.recv(1) == b""
    assert answered(relay.port, b"a") == b"AA"
    relay.close()


def test_git_fetches_through_a_relay_process_that_tells_how_much(
    git_server: GitServer, tmp_path: Path
) -> None:
    copy = clone(git_server, f"relay/{tmp_path.name}", tmp_path / "copy")
    copy.publish({"a.bin": bytes(range(256)) * 4})
    host, _, path = copy.url.removeprefix("http://").partition("/")
    with RelayProcess(int(host.partition(":")[2])) as relay:
        assert relay.fetched == 0
        copy.git("clone", "--quiet", f"http://127.0.0.1:{relay.port}/{path}", str(tmp_path / "other"))
        eventually(lambda: relay.fetched > 0, "the count")
        assert (tmp_path / "other" / "a.bin").stat().st_size == 1024
        assert 200 < relay.fetched < 10_000
