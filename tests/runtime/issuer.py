"""An issuer of identity tokens as Google is one: RSA keys, certificates, and tokens, good and bad."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.cluster.scripted import answer

if TYPE_CHECKING:
    from tests.cluster.scripted import Step

AUDIENCE = "https://penstock.example"
ACCOUNT = "scheduler@project.iam.gserviceaccount.com"


@dataclass(frozen=True)
class Signer:
    """One key of an issuer; it is made when it is first needed."""

    key_id: str
    bits: int = field(default=2048)

    @cached_property
    def key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=self.bits)

    @cached_property
    def certificate(self) -> str:
        """What the issuer publishes."""
        now, name = datetime.now(UTC), x509.Name([])
        build = x509.CertificateBuilder(name, name, self.key.public_key(), x509.random_serial_number())
        build = build.not_valid_before(now).not_valid_after(now + timedelta(days=1))
        return build.sign(self.key, SHA256()).public_bytes(Encoding.PEM).decode()

    def sign(
        self, claims: dict[str, Any], *, key_id: str | None = None, header: dict[str, Any] | None = None
    ) -> str:
        """A token, as Google would make it unless the header is changed."""
        head = {"alg": "RS256", "kid": key_id or self.key_id, "typ": "JWT", **(header or {})}
        signed = f"{_segment(head)}.{_segment(claims)}"
        return f"{signed}.{_encoded(self.key.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"


OURS, NEXT, THEIRS = Signer("ours"), Signer("next"), Signer("theirs")


def claims(now: float, **changed: object) -> dict[str, Any]:
    """What a token of a service account says; None leaves a claim out."""
    usual = {
        "aud": AUDIENCE,
        "azp": "1234567890",
        "email": ACCOUNT,
        "email_verified": True,
        "exp": int(now) + 3600,
        "iat": int(now),
        "iss": "https://accounts.google.com",
        "sub": "1234567890",
    }
    return {name: value for name, value in {**usual, **changed}.items() if value is not None}


def unsigned(claims: dict[str, Any], **header: object) -> str:
    """A token with an empty signature, which a caller may add to."""
    return f"{_segment(header)}.{_segment(claims)}."


def forged_with_the_public_key(signer: Signer, claims: dict[str, Any]) -> str:
    """HS256 with what everybody knows as the secret."""
    signed = f"{_segment({'alg': 'HS256', 'kid': signer.key_id})}.{_segment(claims)}"
    return f"{signed}.{_encoded(hmac.digest(signer.certificate.encode(), signed.encode(), hashlib.sha256))}"


def published(*signers: Signer) -> bytes:
    """The issuer's keys as it serves them."""
    return json.dumps({one.key_id: one.certificate for one in signers}).encode()


def served(*signers: Signer) -> Step:
    """The same as an answer."""
    return answer(200, published(*signers))


def _segment(value: object) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
