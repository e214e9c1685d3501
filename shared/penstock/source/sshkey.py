"""Private keys for ssh as people have them, brought into the one form that ssh is given. Pure.

PEM (`RSA PRIVATE KEY` and the like, encrypted by DEK-Info) and OpenSSH's own format, with and without a
passphrase: what Flux reads. OpenSSH itself refuses a key whose last line break is missing or whose lines end
as on Windows; Flux does not, and neither does it matter here. A passphrase is used here, in memory, so that
neither ssh nor a helper program of it ever asks for one.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from functools import lru_cache
from typing import TYPE_CHECKING

from penstock.base.errors import LimitExceeded, Terminal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.serialization import SSHPrivateKeyTypes

    from penstock.base.limits import Limits

_BEGIN = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----\s")
_OPENSSH = b"OPENSSH PRIVATE KEY"
_MAGIC = b"openssh-key-v1\x00"
_OTHER_TYPE = "ssh: unsupported key type: make an ed25519 key"
_READ = frozenset({_OPENSSH, b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY"})


class KeyRefused(Terminal):
    """It is no private key that can be used, or the passphrase is not its own."""

    reason = "AuthenticationFailed"


class PassphraseMissing(KeyRefused):
    """The key is encrypted, and there is no passphrase."""


@lru_cache(maxsize=128)
def private_key(identity: bytes, passphrase: bytes, limits: Limits) -> bytes:
    """The key in OpenSSH's format, not encrypted. KeyRefused in the words of Go's ssh, as Flux shows them.

    Remembered, as it is asked for at each look and a passphrase costs up to seconds of computing.
    """
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - heavy, and not always needed
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    kind = _kind(identity)
    encrypted = _check_rounds(identity, limits) if kind == _OPENSSH else b"Proc-Type: 4,ENCRYPTED" in identity
    if encrypted and not passphrase:
        raise PassphraseMissing("ssh: this private key is passphrase protected")
    key = _load(kind, identity, passphrase if encrypted else None)
    try:
        return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    except (ValueError, ArithmeticError):
        raise KeyRefused(_OTHER_TYPE) from None


def _kind(identity: bytes) -> bytes:
    found = _BEGIN.search(identity)
    if found is None:
        raise KeyRefused("ssh: no key found")
    if found[1] not in _READ:
        shown = found[1].decode("ascii")
        raise KeyRefused(f'ssh: unsupported key type "{shown}": convert it with `ssh-keygen -p -f FILE`')
    return found[1]


def _load(kind: bytes, identity: bytes, passphrase: bytes | None) -> SSHPrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - heavy, and not always needed
    from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415 - as above
        ec,
        ed25519,
        rsa,
    )
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - as above
        load_pem_private_key,
        load_ssh_private_key,
    )

    load = load_ssh_private_key if kind == _OPENSSH else load_pem_private_key
    try:
        # Whether an RSA key's primes are primes is not for us: that takes minutes for the largest.
        key = load(identity, passphrase, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, ArithmeticError, UnsupportedAlgorithm):
        # The library's own words may quote what it read.
        if passphrase is not None:
            raise KeyRefused("x509: decryption password incorrect") from None
        raise KeyRefused("ssh: the private key cannot be read") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey):
        raise KeyRefused(_OTHER_TYPE)
    return key


def _check_rounds(identity: bytes, limits: Limits) -> bool:
    """Whether a key in OpenSSH's format is encrypted; LimitExceeded if decrypting it would take for ever."""
    cipher, options = _header(identity)
    if cipher == b"none":
        return False
    rounds = int.from_bytes(options[-4:], "big")
    if rounds > limits.ssh_key_rounds:
        raise LimitExceeded(
            f"the key's passphrase takes {rounds} rounds, more than {limits.ssh_key_rounds}: "
            "encrypt it with fewer, `ssh-keygen -p -a 100 -f FILE`",
            limit="ssh_key_rounds",
        )
    return True


def _header(identity: bytes) -> tuple[bytes, bytes]:
    """Name of the cipher, and the options of the key derivation, whose last four bytes are the rounds."""
    body = identity.partition(b"-----BEGIN " + _OPENSSH + b"-----")[2].partition(b"-----END")[0]
    try:
        data = b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        raise KeyRefused("ssh: the private key cannot be read") from None
    if not data.startswith(_MAGIC):
        raise KeyRefused("ssh: the private key cannot be read")
    cipher, data = _word(data[len(_MAGIC) :])
    _, data = _word(data)
    options, _ = _word(data)
    return cipher, options


def _word(data: bytes) -> tuple[bytes, bytes]:
    """A string of ssh's wire format, and what follows it."""
    length = int.from_bytes(data[:4], "big")
    return data[4 : 4 + length], data[4 + length :]
