"""Where the keys of identity tokens come from, on good days and on bad ones (threats A-09)."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from penstock.runtime.issuerkeys import IssuerKeys, KeysUnavailable, parse_keys
from penstock.tools.controlplane.certs import Authority, Subject

from tests.cluster.scripted import ScriptedApi, answer, cut, reset
from tests.cluster.test_tls import server_context
from tests.fakes.clock import FakeClock
from tests.runtime.issuer import NEXT, OURS, Signer, published, served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cluster.scripted import Handler, Step


def keys_at(api: ScriptedApi, clock: FakeClock | None = None) -> IssuerKeys:
    return IssuerKeys(api.url, clock or FakeClock(), most_bytes=20_000, timeout_s=0.2)


def test_keys_are_fetched_once_and_kept_for_an_hour() -> None:
    clock = FakeClock()
    with ScriptedApi(otherwise=served(OURS, NEXT)) as api:
        keys = keys_at(api, clock)
        assert [keys.get(name) for name in ("ours", "next")] == [OURS.certificate, NEXT.certificate]
        clock.move(3599)
        assert keys.get("ours") == OURS.certificate
        assert len(api.seen) == 1
        clock.move(1)
        assert keys.get("ours") == OURS.certificate
        assert len(api.seen) == 2


def test_a_key_that_the_issuer_took_back_is_gone_with_the_next_fetch() -> None:
    clock = FakeClock()
    with ScriptedApi([served(OURS)], otherwise=served(NEXT)) as api:
        keys = keys_at(api, clock)
        assert keys.get("ours")
        clock.move(3600)
        assert keys.get("ours") is None


def test_a_new_key_is_asked_for_but_made_up_ones_only_every_few_seconds() -> None:
    clock = FakeClock()
    with ScriptedApi([served(OURS)], otherwise=served(OURS, NEXT)) as api:
        keys = keys_at(api, clock)
        assert keys.get("ours")
        assert [keys.get(f"made-up-{n}") for n in range(20)] == [None] * 20
        assert len(api.seen) == 1
        clock.move(5)
        assert keys.get("next") == NEXT.certificate
        assert [keys.get(f"made-up-{n}") for n in range(20)] == [None] * 20
        assert len(api.seen) == 2


def test_many_at_once_cause_one_fetch() -> None:
    with ScriptedApi(otherwise=served(OURS)) as api, ThreadPoolExecutor(8) as pool:
        keys = keys_at(api)
        assert set(pool.map(keys.get, ["ours"] * 40)) == {OURS.certificate}
        assert len(api.seen) == 1


def hangs(handler: Handler) -> None:
    handler.server.script.hang(handler)


def drips(handler: Handler) -> None:
    """A byte now and then, without end."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.script.over.wait(0.02):
        handler.wfile.write(b" ")


@pytest.mark.parametrize(
    "step",
    [
        answer(500),
        answer(404, published(OURS)),
        answer(302, b"", Location="http://127.0.0.1:1/"),
        reset,
        cut,
        hangs,
        answer(200, b"{}"),
        answer(200, b"<html>"),
        answer(200, {"keys": [{"kty": "RSA"}]}),
        answer(200, {"ours": "no PEM"}),
        answer(200, b" " * 20_001),
    ],
)
def test_without_keys_nobody_is_let_in_until_they_are_there_again(step: Step) -> None:
    clock = FakeClock()
    with ScriptedApi([step], otherwise=served(OURS)) as api:
        keys = keys_at(api, clock)
        for _ in range(3):
            with pytest.raises(KeysUnavailable) as caught:
                keys.get("ours")
            assert caught.value.retry_after == 5
        assert len(api.seen) == 1
        clock.move(5)
        assert keys.get("ours") == OURS.certificate


def test_more_than_the_limit_is_not_read_and_the_limit_is_named() -> None:
    with (
        ScriptedApi(otherwise=answer(200, {"ours": "x" * 30_000})) as api,
        pytest.raises(KeysUnavailable, match=r"20000 bytes \(PENSTOCK_LIMIT_IDENTITY_KEYS_BYTES\)"),
    ):
        keys_at(api).get("ours")


def test_an_answer_that_never_ends_is_given_up_by_the_clock() -> None:
    class Passing(FakeClock):
        def monotonic(self) -> float:
            self.move(0.01)
            return super().monotonic()

    with ScriptedApi(otherwise=drips) as api, pytest.raises(KeysUnavailable, match="too slow"):
        keys_at(api, Passing()).get("ours")


def test_keys_that_are_kept_outlast_a_silent_issuer_but_no_longer_than_their_hour() -> None:
    clock = FakeClock()
    with ScriptedApi([served(OURS)], otherwise=answer(503)) as api:
        keys = keys_at(api, clock)
        assert keys.get("ours")
        clock.move(10)
        with pytest.raises(KeysUnavailable):
            keys.get("next")
        assert keys.get("ours") == OURS.certificate
        clock.move(3600)
        with pytest.raises(KeysUnavailable):
            keys.get("ours")


def test_an_issuer_with_a_certificate_that_nobody_vouches_for_is_not_believed(tmp_path: Path) -> None:
    pair = Authority("nobody", datetime.now(UTC)).issue(Subject("issuer"), ["127.0.0.1"])
    with (
        ScriptedApi(otherwise=served(OURS), tls=server_context(tmp_path, pair)) as api,
        pytest.raises(KeysUnavailable, match="SSLError"),
    ):
        keys_at(api).get("ours")
    assert api.seen == []


def test_nobody_there_is_told_without_the_address() -> None:
    with ScriptedApi() as api:
        gone = api.url
    with pytest.raises(KeysUnavailable, match="ConnectionError") as caught:
        IssuerKeys(f"{gone}/?key=canary", FakeClock(), most_bytes=1000).get("ours")
    assert "canary" not in str(caught.value)


def test_whoever_waits_for_a_fetch_that_fails_is_told_so_at_once() -> None:
    with ScriptedApi([hangs], otherwise=served(OURS)) as api:
        keys, told = keys_at(api), []

        def ask() -> None:
            with pytest.raises(KeysUnavailable):
                keys.get("ours")
            told.append(1)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(told), len(api.seen)) == (8, 1)


def test_keys_too_weak_or_of_another_kind_or_too_many_are_refused() -> None:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    curve = point.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for body in (
        published(Signer("weak", bits=1024)),
        json.dumps({"curve": curve}).encode(),
        json.dumps({str(n): "x" for n in range(65)}).encode(),
    ):
        with pytest.raises(ValueError, match="key"):
            parse_keys(body)


def test_a_bare_public_key_is_as_good_as_a_certificate() -> None:
    pem = OURS.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert parse_keys(json.dumps({"ours": pem}).encode()) == {"ours": pem}
