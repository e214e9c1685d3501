"""Secrets for ssh (threats A-62, A-77)."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.limits import Limits
from penstock.source.credentials import Credentials, CredentialsRefused
from penstock.source.sshlogin import ssh_credentials
from penstock.source.url import parse_url

from tests.fixtures_ssh import exported, new_key

KEY = new_key()
IDENTITY = exported(KEY)
LINE = b"host " + KEY.export_public_key()
BLOB = KEY.export_public_key().split()[1]
GOOD = {"identity": IDENTITY, "known_hosts": LINE}


def read(data: dict[str, bytes], url: str = "ssh://git@host/r", limits: Limits | None = None) -> Credentials:
    return ssh_credentials(parse_url(url), data, "apps/secret", limits or Limits())


def test_a_secret_gives_user_key_and_hosts() -> None:
    found = read({**GOOD, "identity.pub": b"garbage", "password": b"of no use", "ca.crt": b"x"}).ssh
    assert found is not None
    assert (found.user, found.known_hosts) == ("git", LINE)
    assert found.key.startswith(b"-----BEGIN OPENSSH PRIVATE KEY-----\n")


@pytest.mark.parametrize(
    ("url", "user"),
    [
        ("ssh://host/r", "git"),
        ("ssh://@host/r", "git"),
        ("ssh://ada@host/r", "ada"),
        ("ssh://ada:canary@host/r", "ada"),
        ("ssh://robot%40corp@host:29418/r", "robot@corp"),
    ],
)
def test_the_user_is_the_urls_and_else_git(url: str, user: str) -> None:
    found = read(GOOD, url).ssh
    assert found is not None
    assert found.user == user


def test_no_secret_is_shown_and_every_one_is_handed_out_for_masking() -> None:
    found = read(GOOD)
    assert found.ssh is not None
    assert found.secrets == (found.ssh.key.decode(),)
    assert "PRIVATE" not in repr(found)
    assert BLOB.decode() not in repr(found)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({}, "failed to configure authentication options: invalid 'ssh' auth option: 'identity' is required"),
        ({"identity": b""}, "'identity' is required"),
        ({"identity": IDENTITY}, "invalid 'ssh' auth option: 'known_hosts' is required"),
        ({**GOOD, "identity": b"canary"}, "ssh: no key found: check identity in the Secret 'apps/secret'"),
        ({**GOOD, "identity": KEY.export_public_key()}, "ssh: no key found"),
        ({**GOOD, "identity": b"x" * 20_000}, "larger than 16384 bytes (PENSTOCK_LIMIT_SSH_IDENTITY_BYTES)"),
        ({**GOOD, "known_hosts": LINE * 9000}, "262144 bytes (PENSTOCK_LIMIT_SSH_KNOWN_HOSTS_BYTES)"),
        (
            {**GOOD, "identity": exported(KEY, passphrase="canary")},
            "SSH identity key is encrypted but no 'password' field was provided in the secret 'apps/secret'",
        ),
        ({**GOOD, "known_hosts": b"# a\n\ncanary\n"}, "line 3 of known_hosts in the Secret 'apps/secret'"),
        ({**GOOD, "known_hosts": b"canary"}, "knownhosts: knownhosts: missing host pattern"),
        ({**GOOD, "known_hosts": b"@revoked canary"}, "knownhosts: knownhosts: missing host pattern"),
        ({**GOOD, "known_hosts": b"host canary"}, "knownhosts: knownhosts: missing key type pattern"),
        ({**GOOD, "known_hosts": b"host ssh-ed25519 c*nary"}, "knownhosts: knownhosts: illegal base64 data"),
        ({**GOOD, "known_hosts": b"host ssh-rsa " + BLOB}, "knownhosts: the key is of another type"),
        ({**GOOD, "known_hosts": b"host ssh-rsa " + b64encode(b"ssh")}, "the key is of another type"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name_in_fluxs_words(data: dict[str, bytes], text: str) -> None:
    with pytest.raises(CredentialsRefused) as caught:
        read(data)
    assert text in caught.value.message
    assert caught.value.reason == "AuthenticationFailed"
    assert "canary" not in caught.value.message


def test_github_app_data_without_its_provider_has_fluxs_reason() -> None:
    with pytest.raises(CredentialsRefused, match="provider is not set to github") as caught:
        read({**GOOD, "githubAppID": b"1"})
    assert caught.value.reason == "InvalidProviderConfiguration"


@pytest.mark.parametrize("line", [b"\t" + LINE, LINE.strip() + b" a comment\r\n", b"#\n" + LINE, LINE * 3])
def test_lines_may_be_indented_commented_and_many(line: bytes) -> None:
    assert read({**GOOD, "known_hosts": line}).ssh is not None


@given(st.binary(), st.binary())
def test_any_bytes_are_a_login_or_refused(identity: bytes, known_hosts: bytes) -> None:
    for data in ({**GOOD, "known_hosts": known_hosts}, {**GOOD, "identity": identity}):
        with suppress(CredentialsRefused):
            assert read(data).ssh is not None
