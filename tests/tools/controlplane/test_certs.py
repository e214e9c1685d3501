from __future__ import annotations

import ipaddress
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from penstock.tools.controlplane.certs import Authority, KeyPair, Subject, new_key, private_pem, public_pem
from penstock.tools.controlplane.layout import Layout
from penstock.tools.controlplane.pki import ensure_pki, write_kubeconfigs
from penstock.tools.controlplane.private import write_private

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("test", NOON)


def parsed(pair: KeyPair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate)


def test_user_and_groups_are_where_kubernetes_looks_for_them(authority: Authority) -> None:
    name = parsed(authority.issue(Subject("jane", ("devs", "ops")))).subject
    assert [one.value for one in name.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["jane"]
    assert [one.value for one in name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == ["devs", "ops"]


def test_a_server_s_certificate_names_its_hosts(authority: Authority) -> None:
    certificate = parsed(authority.issue(Subject("server"), ("127.0.0.1", "localhost")))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("127.0.0.1")]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert ExtendedKeyUsageOID.SERVER_AUTH in uses


def test_a_client_s_certificate_is_no_server_s(authority: Authority) -> None:
    certificate = parsed(authority.issue(Subject("jane")))
    uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_what_is_issued_is_signed_by_the_authority_and_signs_nothing(authority: Authority) -> None:
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    certificate = parsed(authority.issue(Subject("jane")))
    certificate.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(issuer)
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert (
        certificate.not_valid_before_utc
        < NOON
        < NOON + timedelta(days=3000)
        < certificate.not_valid_after_utc
    )


def test_a_key_is_written_in_both_its_halves() -> None:
    key = new_key()
    private = serialization.load_pem_private_key(private_pem(key), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert public_pem(private) == public_pem(key)


def test_identities_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    ensure_pki(layout, NOON)
    before = {path: path.read_bytes() for path in layout.pki.iterdir()}
    ensure_pki(layout, NOON + timedelta(days=1))
    assert {path: path.read_bytes() for path in layout.pki.iterdir()} == before
    assert {stat.S_IMODE(path.stat().st_mode) for path in before} == {0o600}
    assert not layout.key("ca").exists()


def test_kubeconfigs_follow_the_server_s_address(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    ensure_pki(layout, NOON)
    for port in (1, 2):
        write_kubeconfigs(layout, f"https://127.0.0.1:{port}")
        for path in (layout.kubeconfig, layout.component_kubeconfig("kwok")):
            assert f"https://127.0.0.1:{port}\n" in path.read_text()
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_private_file_replaces_a_public_one(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old")
    path.chmod(0o644)
    (tmp_path / ".x.partial").write_text("left by a killed process")
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["x"]
