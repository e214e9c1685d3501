"""Secrets of GitRepositories (threats A-62, A-75, A-85)."""

from base64 import b64encode

import pytest
from penstock.source.credentials import Credentials, CredentialsRefused, credentials
from penstock.source.url import parse_url

URL = "https://host/r"
ALL = {"username": b"ada", "password": b"canary-p", "bearerToken": b"canary-t", "ca.crt": b"PEM"}


def read(data: dict[str, bytes], url: str = URL) -> Credentials:
    return credentials(parse_url(url), data, "apps/secret")


def basic(text: str) -> str:
    return f"Basic {b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("data", "url", "header"),
    [
        ({}, URL, ""),
        ({"username": b"ada", "password": b"p:\n"}, URL, basic("ada:p:\n")),
        ({"username": b"ada"}, URL, basic("ada:")),
        ({"bearerToken": b"t"}, URL, "Bearer t"),
        (ALL, URL, "Bearer canary-t"),
        ({"bearerToken": b"", "username": b"a", "password": b"p"}, URL, ""),
        ({}, "https://us%40er:p@host/r", basic("us@er:p")),
        ({}, "https://org@host/r", basic("org:")),
        ({"password": b"p"}, "https://org@host/r", basic("org:p")),
        ({"username": b"ada", "password": b"p"}, "https://org:x@host/r", basic("ada:p")),
        ({"username": b"ada", "password": b"p"}, "http://127.0.0.1:1/r", basic("ada:p")),
        ({}, "http://org@host/r", ""),
        ({"ca.crt": b"PEM"}, "http://host/r", ""),
        ({"identity": b"x", "known_hosts": b"y"}, URL, ""),
    ],
)
def test_a_secret_and_the_urls_user_info_give_one_header(
    data: dict[str, bytes], url: str, header: str
) -> None:
    assert read(data, url).authorization == header


def test_authorities_come_from_the_new_key_and_else_from_the_old_one() -> None:
    assert read({"ca.crt": b"new", "caFile": b"old"}).authorities == b"new"
    assert read({"caFile": b"old"}).authorities == b"old"


def test_every_secret_form_is_handed_out_for_masking_and_not_shown() -> None:
    found = read({"username": b"ada", "password": b"canary-p"})
    assert set(found.secrets) == {"canary-p", basic("ada:canary-p").removeprefix("Basic ")}
    assert repr(found) == "Credentials(ssh=None)"


@pytest.mark.parametrize(
    ("data", "url", "text"),
    [
        ({"password": b"canary"}, URL, "'password' requires 'username'"),
        ({"bearerToken": b"canary"}, "https://user:p@host/r", "cannot be set at the same time"),
        ({"bearerToken": b"canary\nX: y"}, URL, "bearerToken in the Secret 'apps/secret' has a line break"),
        ({"bearerToken": b"\xffcanary"}, URL, "bearerToken in the Secret 'apps/secret' is not in UTF-8"),
        ({"username": b"a", "password": b"canary"}, "http://host/r", "not sent over plain http to host"),
        ({"bearerToken": b"canary"}, "http://10.0.0.1/r", "not sent over plain http"),
        ({}, "http://user:canary@host/r", "not sent over plain http"),
        ({"tls.crt": b"x", "tls.key": b"y"}, URL, "not yet supported: tls.crt"),
    ],
)
def test_what_cannot_be_used_safely_is_refused_by_name(data: dict[str, bytes], url: str, text: str) -> None:
    with pytest.raises(CredentialsRefused, match=text) as caught:
        read(data, url)
    assert caught.value.reason == "AuthenticationFailed"
    assert "canary" not in caught.value.message


def test_github_app_data_without_its_provider_has_fluxs_reason() -> None:
    with pytest.raises(CredentialsRefused, match="provider is not set to github") as caught:
        read({"githubAppID": b"1"})
    assert caught.value.reason == "InvalidProviderConfiguration"
