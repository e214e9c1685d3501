"""What goes into the Secret of a Git server, and what does not go together."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.base.limits import Limits
from penstock.client.flagvalues import BadFlag
from penstock.client.gitsecret import Login, SSHKeys, check_login, secret, secret_data
from penstock.client.manifests import git_url
from penstock.source.credentials import credentials
from penstock.source.keypair import KeyForm, new_pair, pair_of
from penstock.source.sshlogin import ssh_credentials

from tests.fixtures_ssh import exported, new_key

HTTPS = git_url("https://example.com/fleet")
SSH = git_url("ssh://git@example.com/fleet")
HOSTS = b"example.com " + new_key().export_public_key().strip() + b"\n"


@pytest.mark.parametrize(
    ("login", "keys"),
    [
        (Login(username="ada", password="hunter2"), {"username", "password"}),
        (Login(bearer_token="hunter2"), {"bearerToken"}),
        (Login(username="ada", password="hunter2", authorities="PEM"), {"username", "password", "ca.crt"}),
        (Login(authorities="PEM"), {"ca.crt"}),
        (Login(), set()),
    ],
)
def test_what_is_given_for_https_has_fluxs_keys_and_fetch_takes_it(login: Login, keys: set[str]) -> None:
    check_login(HTTPS, login, required=False)
    data = secret_data(login, None)
    assert set(data) == keys
    credentials(HTTPS, {key: value.encode() for key, value in data.items()}, "apps/auth")
    assert "hunter2" not in repr(login)


@pytest.mark.parametrize("passphrase", ["", "open sesame"])
def test_what_is_made_for_ssh_has_fluxs_keys_and_fetch_takes_it(passphrase: str) -> None:
    pair = new_pair(KeyForm())
    if passphrase:
        pair = pair_of(exported(new_key(), passphrase=passphrase), passphrase.encode(), Limits())
    data = secret_data(Login(), SSHKeys(pair, HOSTS))
    wanted = {"identity", "identity.pub", "known_hosts", *(("password",) if passphrase else ())}
    assert set(data) == wanted
    assert data["identity.pub"] == f"{pair.public}\n"
    assert data["known_hosts"] == HOSTS.decode().strip()
    ssh_credentials(SSH, {key: value.encode() for key, value in data.items()}, "apps/auth", Limits())


@pytest.mark.parametrize(
    ("url", "login", "why"),
    [
        ("https://h/x", {"username": "ada"}, "--username and --password go together"),
        ("https://h/x", {"password": "p"}, "--username and --password go together"),
        (
            "https://h/x",
            {"username": "ada", "password": "p", "bearer_token": "t"},
            "user credentials and bearer token cannot be used together",
        ),
        ("https://h/x", {}, "the username and password, or a bearer token is required"),
        ("https://h/x", {"authorities": "PEM"}, "or a bearer token is required"),
        ("http://h/x", {"username": "ada", "password": "p"}, "are not sent over plain http to h"),
        ("http://h/x", {"bearer_token": "t"}, "are not sent over plain http to h"),
        ("ssh://h/x", {"username": "ada"}, "--username and --bearer-token are for Git over HTTP/S"),
        ("ssh://h/x", {"bearer_token": "t"}, "--username and --bearer-token are for Git over HTTP/S"),
        ("ssh://h/x", {"authorities": "PEM"}, "a CA file is not supported for Git over SSH"),
    ],
)
def test_what_does_not_go_together_is_refused(url: str, login: dict[str, Any], why: str) -> None:
    with pytest.raises(BadFlag, match=why):
        check_login(git_url(url), Login(**login), required=True)


def test_credentials_may_go_to_this_machine_without_tls() -> None:
    check_login(git_url("http://127.0.0.1:3000/x"), Login(username="ada", password="p"), required=True)


def test_the_secret_has_labels_where_there_are_some() -> None:
    assert secret("apps", "auth", {"a": "b"}) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "auth", "namespace": "apps"},
        "stringData": {"a": "b"},
    }
    assert secret("apps", "auth", {}, ("a=b",))["metadata"]["labels"] == {"a": "b"}
