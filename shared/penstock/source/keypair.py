"""The deploy key: a new pair in Flux's forms, or the pair of a private key that a person has. Pure.

Source: fluxcd/pkg ssh (private keys in PKCS#8, public ones as a line without a comment) and flux2's flags.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal
from penstock.source.sshkey import KeyRefused, PassphraseMissing, private_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from penstock.base.limits import Limits

DEFAULT_RSA_BITS = 2048
LEAST_RSA_BITS = 1024
MOST_RSA_BITS = 16_384
"""Ours: OpenSSH reads no longer ones."""


class Algorithm(StrEnum):
    """flux's --ssh-key-algorithm."""

    ECDSA = "ecdsa"
    ED25519 = "ed25519"
    RSA = "rsa"


class Curve(StrEnum):
    """flux's --ssh-ecdsa-curve."""

    P256 = "p256"
    P384 = "p384"
    P521 = "p521"


class KeyFileRefused(Terminal):
    """The file of --private-key-file is no key that can be used."""

    reason = "KeyRefused"


@dataclass(frozen=True)
class KeyForm:
    """What kind of key is made; Terminal if RSA cannot have so many bits."""

    algorithm: Algorithm = Algorithm.ECDSA
    rsa_bits: int = DEFAULT_RSA_BITS
    curve: Curve = Curve.P384

    def __post_init__(self) -> None:
        if self.rsa_bits % 8 or not LEAST_RSA_BITS <= self.rsa_bits <= MOST_RSA_BITS:
            raise Terminal(
                f"--ssh-rsa-bits {self.rsa_bits}: take a multiple of 8 from {LEAST_RSA_BITS} "
                f"to {MOST_RSA_BITS}"
            )


@dataclass(frozen=True)
class KeyPair:
    """A private key as a file, its passphrase if it has one, and the public half as a line of OpenSSH."""

    identity: bytes = field(repr=False)
    public: str
    passphrase: bytes = field(default=b"", repr=False)


def new_pair(form: KeyForm) -> KeyPair:
    """A new pair; the randomness is the system's."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - heavy, and not always needed
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    key = _generate(form)
    identity = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return KeyPair(identity, _public(key))


def pair_of(identity: bytes, passphrase: bytes, limits: Limits) -> KeyPair:
    """The pair of a private key. KeyRefused if it cannot be read, PassphraseMissing if it is encrypted."""
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - as above
        load_ssh_private_key,
    )

    plain = private_key(identity, passphrase, limits)
    return KeyPair(
        identity, _public(load_ssh_private_key(plain, None, unsafe_skip_rsa_key_validation=True)), passphrase
    )


def pair_in(path: str, content: bytes, passphrase: str, limits: Limits) -> KeyPair:
    """The pair of the file of --private-key-file; KeyFileRefused naming the file and the remedy."""
    if len(content) > limits.ssh_identity_bytes:
        raise KeyFileRefused(f"--private-key-file {path} is larger than {limits.ssh_identity_bytes} bytes")
    try:
        return pair_of(content, passphrase.encode(), limits)
    except PassphraseMissing:
        raise KeyFileRefused(f"--private-key-file {path} has a passphrase: give it with --password") from None
    except KeyRefused as error:
        raise KeyFileRefused(f"--private-key-file {path}: {error.message}") from None


def _generate(form: KeyForm) -> PrivateKeyTypes:
    from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415 - as above
        ec,
        ed25519,
        rsa,
    )

    if form.algorithm is Algorithm.RSA:
        return rsa.generate_private_key(public_exponent=65537, key_size=form.rsa_bits)
    if form.algorithm is Algorithm.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    curves = {Curve.P256: ec.SECP256R1(), Curve.P384: ec.SECP384R1(), Curve.P521: ec.SECP521R1()}
    return ec.generate_private_key(curves[form.curve])


def _public(key: PrivateKeyTypes) -> str:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - as above
        Encoding,
        PublicFormat,
    )

    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")
