"""TLS on bad days: expired, foreign and missing certificates; nothing of ours stays on disk."""

from __future__ import annotations

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import Terminal
from penstock.cluster.errors import Unreachable, Untrusted
from penstock.cluster.request import Request
from penstock.cluster.target import Target
from penstock.cluster.tls import make_context
from penstock.cluster.transport import Transport
from penstock.tools.controlplane.certs import Authority, KeyPair, Subject

from tests.cluster.scripted import ScriptedApi
from tests.cluster.sessions import Waits, make_session

if TYPE_CHECKING:
    from pathlib import Path

GET = Request("GET", "/version", "/version")
NOW = datetime.now(UTC)
CANARY = "hunter2canary"


def server_context(folder: Path, pair: KeyPair) -> ssl.SSLContext:
    (folder / "tls.pem").write_bytes(pair.certificate + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    return context


def test_a_server_of_the_named_authority_is_trusted(tmp_path: Path) -> None:
    authority = Authority("ours", NOW)
    with ScriptedApi(tls=server_context(tmp_path, authority.issue(Subject("s"), ["127.0.0.1"]))) as api:
        assert make_session(api, Waits(), ca=authority.certificate.decode()).call(GET) == {}


@pytest.mark.parametrize(
    ("made_at", "says"),
    [
        (NOW - timedelta(days=10_000), "certificate has expired"),
        (NOW + timedelta(days=10), "certificate is not yet valid"),
    ],
)
def test_a_certificate_outside_its_dates_is_refused_at_once(
    tmp_path: Path, made_at: datetime, says: str
) -> None:
    authority, waits = Authority("ours", made_at), Waits()
    with ScriptedApi(tls=server_context(tmp_path, authority.issue(Subject("s"), ["127.0.0.1"]))) as api:
        with pytest.raises(Untrusted, match=says):
            make_session(api, waits, ca=authority.certificate.decode()).call(GET)
        assert (api.seen, waits.seen) == ([], [])


def test_another_authority_is_not_trusted(tmp_path: Path) -> None:
    ours, theirs = Authority("ours", NOW), Authority("theirs", NOW)
    with (
        ScriptedApi(tls=server_context(tmp_path, theirs.issue(Subject("s"), ["127.0.0.1"]))) as api,
        pytest.raises(Untrusted),
    ):
        make_session(api, Waits(), ca=ours.certificate.decode()).call(GET)


def test_a_client_certificate_is_shown_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority("ours", NOW)
    (tmp_path / "ca.crt").write_bytes(authority.certificate)
    context = server_context(tmp_path, authority.issue(Subject("s"), ["127.0.0.1"]))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(tmp_path / "ca.crt")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    pair = authority.issue(Subject("me"))
    with ScriptedApi(tls=context) as api:
        target = Target(
            api.url, ca=authority.certificate.decode(),
            client_certificate=pair.certificate.decode(), client_key=pair.key.decode(),
        )  # fmt: skip
        assert Transport(target, user_agent="x").send(GET, "", 5).status == 200
        with pytest.raises(Unreachable):
            Transport(Target(api.url, ca=target.ca), user_agent="x").send(GET, "", 5)
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    "target",
    [
        Target("https://k8s.example.com", ca=CANARY),
        Target("https://k8s.example.com", client_certificate=CANARY, client_key=CANARY),
        Target("https://k8s.example.com", client_certificate="", client_key=CANARY, ca="\xe4"),
    ],
)
def test_a_certificate_that_cannot_be_read_is_told_without_its_content(target: Target) -> None:
    with pytest.raises(
        Terminal, match=r"certificates for https://k8s\.example\.com cannot be read"
    ) as caught:
        make_context(target)
    assert CANARY not in repr(caught.value)


@pytest.mark.parametrize(
    "server",
    [
        "",
        "k8s.example.com",
        "ftp://k8s.example.com",
        "https://",
        "https://k8s:port",
        "https://k8s:99999",
        "https://[::1",
        "https://a b",
        "https://%zz",
        "https://\u202e.example.com",
    ],
)
def test_an_address_that_is_none_is_refused(server: str) -> None:
    with pytest.raises(Terminal, match="is no http"):
        Transport(Target(server), user_agent="x")


@pytest.mark.parametrize("proxy", ["http://a b", "nope", "socks5://proxy:1", "http://ada:canary@%zz"])
def test_a_proxy_whose_address_is_none_is_refused_without_its_login(proxy: str) -> None:
    with pytest.raises(Terminal, match=r"is no http.* URL: check proxy-url") as caught:
        Transport(Target("https://k8s.example.com", proxy=proxy), user_agent="x")
    assert "canary" not in caught.value.message


def test_a_proxy_that_is_not_there_is_told() -> None:
    with ScriptedApi() as gone:
        proxy = gone.url
    transport = Transport(Target("https://k8s.example.com", proxy=proxy), user_agent="x")
    with pytest.raises(Unreachable, match="cannot be reached") as caught:
        transport.send(GET, "", 5)
    assert not caught.value.sent
    transport.close()


def test_a_name_that_does_not_resolve_is_told() -> None:
    transport = Transport(Target("https://no-such-host.invalid"), user_agent="x")
    with pytest.raises(Unreachable, match="its name does not resolve"):
        transport.send(GET, "", 5)
