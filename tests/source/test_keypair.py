"""Deploy keys: new ones as Flux makes them, and those that a person has; OpenSSH is the judge."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import Terminal
from penstock.base.limits import Limits
from penstock.source.keypair import (
    MOST_RSA_BITS,
    Algorithm,
    Curve,
    KeyFileRefused,
    KeyForm,
    new_pair,
    pair_in,
    pair_of,
)

from tests.fixtures_ssh import exported, new_key

if TYPE_CHECKING:
    from pathlib import Path

FORMS = [
    (KeyForm(), "ecdsa-sha2-nistp384"),
    (KeyForm(Algorithm.ECDSA, curve=Curve.P256), "ecdsa-sha2-nistp256"),
    (KeyForm(Algorithm.ECDSA, curve=Curve.P521), "ecdsa-sha2-nistp521"),
    (KeyForm(Algorithm.ED25519), "ssh-ed25519"),
    (KeyForm(Algorithm.RSA, rsa_bits=2048), "ssh-rsa"),
]


@pytest.mark.parametrize(("form", "name"), FORMS)
def test_a_new_pair_fits_together_and_has_the_forms_of_flux(form: KeyForm, name: str, tmp_path: Path) -> None:
    pair = new_pair(form)
    assert pair.identity.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert pair.public.split()[0] == name
    assert len(pair.public.split()) == 2, "there is no comment"
    assert pair_of(pair.identity, b"", Limits()).public == pair.public
    assert new_pair(form) != pair
    assert "PRIVATE" not in repr(pair)
    (tmp_path / "id.pub").write_text(pair.public)
    shown = subprocess.run(
        ["ssh-keygen", "-lf", tmp_path / "id.pub"], capture_output=True, text=True, check=True
    ).stdout
    assert "no comment" in shown


@pytest.mark.parametrize("bits", [0, 1016, 2047, 2049, MOST_RSA_BITS + 8, -2048])
def test_an_rsa_key_has_a_length_that_can_be_made_and_read(bits: int) -> None:
    with pytest.raises(Terminal, match="a multiple of 8 from 1024 to 16384"):
        KeyForm(Algorithm.RSA, rsa_bits=bits)


def test_the_pair_of_a_key_that_somebody_has_keeps_it_as_it_is() -> None:
    key = new_key()
    identity = exported(key, passphrase="open sesame")
    pair = pair_in("id", identity, "open sesame", Limits())
    assert (pair.identity, pair.passphrase) == (identity, b"open sesame")
    assert pair.public.split() == key.export_public_key().decode().split()[:2]
    assert "sesame" not in repr(pair)


@pytest.mark.parametrize(
    ("content", "passphrase", "why"),
    [
        (exported(new_key(), passphrase="right"), "", "id has a passphrase: give it with --password"),
        (exported(new_key(), passphrase="right"), "wrong", "id: x509: decryption password incorrect"),
        (b"ssh-ed25519 AAAA", "", "id: ssh: no key found"),
        (b"x" * (Limits().ssh_identity_bytes + 1), "", "id is larger than 16384 bytes"),
    ],
)
def test_a_file_that_is_no_key_is_refused_by_name(content: bytes, passphrase: str, why: str) -> None:
    with pytest.raises(KeyFileRefused, match=f"--private-key-file {why}"):
        pair_in("id", content, passphrase, Limits())
