from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
from penstock.bootstrap.secret import (
    Fate,
    Given,
    data_of,
    fate,
    key_data,
    knows_host,
    other_host_keys,
    replaced,
    secret,
    token_data,
)
from penstock.source.keypair import KeyPair

PAIR = KeyPair(b"PRIVATE", "ssh-ed25519 AAAA")
SSH = {"identity": b"PRIVATE", "identity.pub": b"ssh-ed25519 AAAA\n", "known_hosts": b"h ssh-rsa AAAA"}
TOKEN = {"username": b"git", "password": b"token"}


@pytest.mark.parametrize(
    ("existing", "given", "wanted"),
    [
        (None, Given(ssh=True), Fate.MAKE),
        ({}, Given(ssh=True), Fate.MAKE),
        (SSH, Given(ssh=True), Fate.TRY),
        ({**SSH, "known_hosts": b""}, Given(ssh=True), Fate.MAKE),
        (TOKEN, Given(ssh=True), Fate.MAKE),
        (SSH, Given(ssh=False), Fate.MAKE),
        (TOKEN, Given(ssh=False), Fate.TRY),
        ({"bearerToken": b"t"}, Given(ssh=False), Fate.TRY),
        (None, Given(ssh=False, data=TOKEN), Fate.WRITE),
        (TOKEN, Given(ssh=False, data=TOKEN), Fate.KEEP),
        ({**TOKEN, "mine": b"1"}, Given(ssh=False, data=TOKEN), Fate.KEEP),
        ({**TOKEN, "identity": b"1"}, Given(ssh=False, data=TOKEN), Fate.WRITE),
        ({**TOKEN, "password": b"old"}, Given(ssh=False, data=TOKEN), Fate.WRITE),
        (None, Given(ssh=True, pair=PAIR), Fate.WRITE),
        (SSH, Given(ssh=True, pair=PAIR), Fate.TRY),
        ({**SSH, "identity": b"OTHER"}, Given(ssh=True, pair=PAIR), Fate.WRITE),
    ],
)
def test_a_secret_is_kept_tried_written_or_made(existing: Any, given: Given, wanted: Fate) -> None:
    assert fate(existing, given) is wanted


def test_the_data_is_what_flux_writes() -> None:
    assert token_data("git", "t") == {"username": b"git", "password": b"t"}
    assert token_data("git", "t", bearer=True, authority=b"PEM") == {"bearerToken": b"t", "ca.crt": b"PEM"}
    assert key_data(PAIR, b"a\nb\n") == {
        "identity": b"PRIVATE",
        "identity.pub": b"ssh-ed25519 AAAA\n",
        "known_hosts": b"a\nb",
    }
    assert key_data(KeyPair(b"P", "p", b"words"), b"")["password"] == b"words"


def test_a_secret_is_read_as_it_is_written() -> None:
    made = secret("flux-system", "deploy", SSH)
    assert made["metadata"] == {"name": "deploy", "namespace": "flux-system"}
    assert data_of(made) == SSH
    assert data_of(None) is None
    assert data_of({"kind": "Secret"}) == {}


def test_the_old_login_goes_and_other_keys_stay() -> None:
    patch = replaced(TOKEN)["data"]
    assert {key for key, value in patch.items() if value is None} == {
        *("bearerToken", "ca.crt", "caFile", "identity", "identity.pub", "known_hosts")
    }
    assert b64decode(patch["password"]) == b"token"
    assert "mine" not in patch


_RSA, _ED = b"git.example.com ssh-rsa AAAA\n", b"git.example.com ssh-ed25519 BBBB\n"


@pytest.mark.parametrize(
    ("known", "scanned", "other"),
    [
        (b"", _RSA, False),
        (_RSA, _RSA + _ED, False),
        (_ED, _RSA, True),
        (b"else.example.com ssh-rsa AAAA", _RSA, False),
        (b"# git.example.com ssh-rsa BBBB", _RSA, False),
        (b"|1|salt|hash ssh-rsa BBBB", _RSA, False),
        (b"@revoked git.example.com ssh-rsa BBBB", _RSA, False),
        (b"a,git.example.com ssh-rsa BBBB", _RSA, True),
        (b"git.example.com", _RSA, False),
    ],
)
def test_a_changed_host_key_is_seen(known: bytes, scanned: bytes, *, other: bool) -> None:
    assert other_host_keys(known, scanned) is other


@pytest.mark.parametrize(
    ("known", "host", "port", "knows"),
    [
        (_RSA, "git.example.com", 22, True),
        (_RSA, "git.example.com", 2222, False),
        (b"[git.example.com]:2222 ssh-rsa A", "git.example.com", 2222, True),
        (b"[::1]:2222 ssh-rsa A", "[::1]", 2222, True),
        (_RSA, "github.com", 22, False),
        (b"@cert-authority *.example.com ssh-rsa A", "git.example.com", 22, True),
        (b"|1|salt|hash ssh-rsa A", "git.example.com", 22, True),
        (b"# git.example.com ssh-rsa A\n\ngit.example.com", "git.example.com", 22, False),
        (b"", "git.example.com", 22, False),
    ],
)
def test_it_is_seen_whether_a_host_is_known(known: bytes, host: str, port: int, *, knows: bool) -> None:
    assert knows_host(known, host, port) is knows
