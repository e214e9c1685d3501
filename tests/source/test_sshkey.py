"""Private keys for ssh, as people and programs write them (threats A-77)."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from asyncssh.asn1 import der_encode
from asyncssh.packet import MPInt, String, UInt32
from cryptography.hazmat.primitives.asymmetric import x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from penstock.base.errors import LimitExceeded
from penstock.base.limits import Limits
from penstock.source.sshkey import KeyRefused, PassphraseMissing, private_key

from tests.fixtures_ssh import exported, new_key

if TYPE_CHECKING:
    from pathlib import Path

ED25519 = new_key()
PLAIN = exported(ED25519)


def read(identity: bytes, passphrase: bytes = b"", limits: Limits | None = None) -> bytes:
    return private_key(identity, passphrase, limits or Limits())


def armoured(kind: str, body: bytes) -> bytes:
    """The bytes between the lines that say what they are."""
    lines = (
        f"-----BEGIN {kind} PRIVATE KEY-----",
        b64encode(body).decode(),
        f"-----END {kind} PRIVATE KEY-----",
    )
    return "\n".join((*lines, "")).encode()


def openssh(cipher: str, rounds: int, rest: bytes = b"") -> bytes:
    """The beginning of a key in OpenSSH's format."""
    options = String(b"salt" * 4) + UInt32(rounds)
    body = b"openssh-key-v1\0" + String(cipher) + String("bcrypt") + String(options) + rest
    return armoured("OPENSSH", body)


@pytest.mark.parametrize(
    "options",
    [
        ["-t", "ed25519"],
        ["-t", "ed25519", "-N", "pass phrase"],
        ["-t", "ecdsa", "-b", "521", "-N", "pass phrase"],
        ["-t", "rsa", "-b", "2048"],
        ["-t", "rsa", "-b", "2048", "-m", "PEM"],
        ["-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "pass phrase"],
        ["-t", "ecdsa", "-m", "PEM", "-N", "pass phrase"],
        ["-t", "ecdsa", "-m", "PKCS8"],
    ],
    ids=" ".join,
)
def test_what_ssh_keygen_makes_is_read_and_ssh_keygen_reads_it_back(
    tmp_path: Path, options: list[str]
) -> None:
    named = [] if "-N" in options else ["-N", ""]
    subprocess.run(["ssh-keygen", "-q", *options, *named, "-f", tmp_path / "key"], check=True)
    found = read((tmp_path / "key").read_bytes(), b"pass phrase")
    (tmp_path / "found").touch(0o600)
    (tmp_path / "found").write_bytes(found)
    public = subprocess.run(
        ["ssh-keygen", "-y", "-P", "", "-f", tmp_path / "found"], check=True, capture_output=True
    ).stdout
    assert public.split()[:2] == (tmp_path / "key.pub").read_bytes().split()[:2]


@pytest.mark.parametrize(
    ("identity", "text"),
    [
        (b"", "ssh: no key found"),
        (b"canary", "ssh: no key found"),
        (ED25519.export_public_key(), "ssh: no key found"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\ncanary*\n", "cannot be read"),
        (
            b"-----BEGIN OPENSSH PRIVATE KEY-----\ncanary==\n-----END OPENSSH PRIVATE KEY-----",
            "cannot be read",
        ),
        (openssh("none", 0), "cannot be read"),
        (b"-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----\n", "cannot be read"),
        (b"-----BEGIN CERTIFICATE-----\ncanary\n", 'unsupported key type "CERTIFICATE"'),
        (b"-----BEGIN DSA PRIVATE KEY-----\ncanary\n", 'unsupported key type "DSA PRIVATE KEY"'),
        (b"-----BEGIN ENCRYPTED PRIVATE KEY-----\ncanary\n", "convert it with `ssh-keygen -p"),
        (PLAIN[: len(PLAIN) // 2], "cannot be read"),
        (
            x25519.X25519PrivateKey.generate().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            ),
            "unsupported key type",
        ),
    ],
)
def test_what_is_no_key_for_ssh_is_refused_without_a_word_of_it(identity: bytes, text: str) -> None:
    with pytest.raises(KeyRefused) as caught:
        read(identity)
    assert text in caught.value.message
    assert "canary" not in caught.value.message


@pytest.mark.parametrize("form", ["openssh", "pkcs1-pem"])
def test_a_passphrase_is_needed_where_there_is_one_and_only_the_right_one_will_do(form: str) -> None:
    identity = exported(new_key("ecdsa-sha2-nistp256"), form, "right")
    assert read(identity, b"right")
    with pytest.raises(KeyRefused, match=r"^x509: decryption password incorrect$"):
        read(identity, b"canary")
    with pytest.raises(PassphraseMissing):
        read(identity)


def test_a_key_that_would_take_for_ever_to_decrypt_is_refused_before(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded, match=r"4294967295 rounds, more than 500.*SSH_KEY_ROUNDS"):
        read(openssh("aes256-ctr", (1 << 32) - 1), b"x")
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-a", "20", "-N", "right", "-f", tmp_path / "key"], check=True
    )
    identity = (tmp_path / "key").read_bytes()
    with pytest.raises(LimitExceeded, match=r"20 rounds, more than 10: .*PENSTOCK_LIMIT_SSH_KEY_ROUNDS"):
        read(identity, b"right", Limits(ssh_key_rounds=10))


def rsa(n: int, e: int, d: int, q_inverse: int, p: int, q: int) -> tuple[bytes, bytes]:
    """An RSA key of these numbers, in OpenSSH's format and as PEM."""
    numbers = (n, e, d, q_inverse, p, q)
    public = String("ssh-rsa") + MPInt(e) + MPInt(n)
    private = UInt32(1) * 2 + String("ssh-rsa") + b"".join(map(MPInt, numbers)) + String("")
    padded = private + bytes(range(1, 1 + -len(private) % 8))
    body = b"openssh-key-v1\0" + String("none") * 2 + String("") + UInt32(1) + String(public) + String(padded)
    pem = der_encode((0, n, e, d, p, q, d, d, q_inverse))
    return armoured("OPENSSH", body), armoured("RSA", pem)


NUMBERS = st.one_of(st.integers(-3, 3), st.integers(0, 1 << 2048), st.integers(1 << 500, 1 << 512))


@settings(max_examples=50)
@given(*[NUMBERS] * 6)
def test_any_numbers_are_a_key_or_refused(n: int, e: int, d: int, i: int, p: int, q: int) -> None:
    for identity in rsa(n, e, d, i, p, q):
        with suppress(KeyRefused):
            assert read(identity).startswith(b"-----BEGIN OPENSSH")


@pytest.mark.timeout(20)
def test_the_largest_key_is_read_without_looking_for_minutes_whether_its_primes_are_primes() -> None:
    large = (1 << 8191) + 1
    for identity in rsa(large * large, 65537, large, large, large, large):
        assert len(identity) < Limits().ssh_identity_bytes
        assert read(identity).startswith(b"-----BEGIN OPENSSH")


@settings(max_examples=50)
@given(st.binary(max_size=300), st.binary(max_size=20))
def test_any_bytes_are_a_key_or_refused(rest: bytes, passphrase: bytes) -> None:
    for identity in (
        rest,
        PLAIN[:60] + rest,
        openssh("none", 0, rest),
        openssh("aes256-ctr", 1, rest),
        armoured("RSA", rest),
    ):
        with suppress(KeyRefused):
            assert read(identity, passphrase).startswith(b"-----BEGIN OPENSSH")
