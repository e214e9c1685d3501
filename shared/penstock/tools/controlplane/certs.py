"""A certificate authority of our own and what it issues (RFC 5280), in PEM form; nothing touches a disk."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

_VALID = timedelta(days=3650)
_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True)
class Subject:
    """Who a certificate speaks for: Kubernetes reads the user from `name` and the groups from `groups`."""

    name: str
    groups: tuple[str, ...] = ()


class Authority:
    """Issues certificates that all live as long as itself."""

    def __init__(self, name: str, now: datetime) -> None:
        self._now = now
        self._name = _distinguished(Subject(name))
        self._key = new_key()
        self._certificate = self._sign(self._name, self._key, _authority_extensions(self._key))

    @property
    def certificate(self) -> bytes:
        """The authority's own certificate, PEM."""
        return self._certificate.public_bytes(form.Encoding.PEM)

    def issue(self, subject: Subject, hosts: Sequence[str] = ()) -> KeyPair:
        """A certificate for a client, and for a server too if it has hosts (DNS names or addresses)."""
        key = new_key()
        extensions = _leaf_extensions(key, hosts, self._key)
        return _pem(self._sign(_distinguished(subject), key, extensions), key)

    def _sign(
        self,
        subject: x509.Name,
        key: EllipticCurvePrivateKey,
        extensions: Sequence[tuple[x509.ExtensionType, bool]],
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - _CLOCK_SKEW)
            .not_valid_after(self._now + _VALID)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical=critical)
        return builder.sign(self._key, SHA256())


def new_key() -> EllipticCurvePrivateKey:
    """A P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def private_pem(key: EllipticCurvePrivateKey) -> bytes:
    """PKCS #8, unencrypted."""
    return key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())


def public_pem(key: EllipticCurvePrivateKey) -> bytes:
    """The public half, as SubjectPublicKeyInfo."""
    return key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)


def _pem(certificate: x509.Certificate, key: EllipticCurvePrivateKey) -> KeyPair:
    return KeyPair(certificate.public_bytes(form.Encoding.PEM), private_pem(key))


def _distinguished(subject: Subject) -> x509.Name:
    groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in subject.groups]
    return x509.Name([*groups, x509.NameAttribute(NameOID.COMMON_NAME, subject.name)])


def _authority_extensions(key: EllipticCurvePrivateKey) -> list[tuple[x509.ExtensionType, bool]]:
    return [
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_usage(signs_certificates=True), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ]


def _leaf_extensions(
    key: EllipticCurvePrivateKey, hosts: Sequence[str], issuer: EllipticCurvePrivateKey
) -> list[tuple[x509.ExtensionType, bool]]:
    uses = (
        [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        if hosts
        else [ExtendedKeyUsageOID.CLIENT_AUTH]
    )
    names = [(x509.SubjectAlternativeName([_host(host) for host in hosts]), False)] if hosts else []
    return [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(signs_certificates=False), True),
        (x509.ExtendedKeyUsage(uses), False),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), False),
        *names,
    ]


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
