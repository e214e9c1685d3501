"""Addresses of repositories (threats A-07, A-72, A-73)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.source.url import InvalidURL, canonical, parse_url

REFUSED = [
    "",
    "github.com/o/r",
    "git@github.com:o/r",
    "ext::sh -c id",
    "file:///etc",
    "/local/path",
    "fd::3",
    "git://host/o/r",
    "ftp://host/o/r",
    "https:///host",
    "https://",
    "https://host",
    "https://host/",
    "https://host//",
    "https://good\\@evil/o/r",
    "https://a@b@evil/o/r",
    "https://user:p@ss@host/o/r",
    "https://хост.рф/o/r",
    "https://host:0/o/r",
    "https://host:65536/o/r",
    "https://host:/o/r",
    "https://host:x/o/r",
    "https://-oProxyCommand=x/o/r",
    "https://host/o/../r",
    "https://host/o/%2e%2e/r",
    "https://host/./r",
    "https://host/o/r\n",
    "https://host/o/r\x1b",
    "https://host/o%0ahost=evil",
    "https://host/o/r?ref=main",
    "https://host/o/r#main",
    "https://host/o/%zz",
    "https://host/o/r%2",
    "https://[::1/o/r",
    "HTTPS://host/o/r",
    "-u./x",
    "--upload-pack=touch /tmp/x",
    "https://host/" + "a" * 3000,
]


@pytest.mark.parametrize("text", REFUSED)
def test_an_address_that_could_mean_something_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidURL) as caught:
        parse_url(text)
    assert caught.value.reason == "URLInvalid"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://github.com/o/r", "https://github.com/o/r"),
        ("https://GitHub.com/o/R.git", "https://github.com/o/R.git"),
        ("http://127.0.0.1:8080/o/r.git", "http://127.0.0.1:8080/o/r.git"),
        ("https://[2001:DB8::1]:8443/o/r", "https://[2001:db8::1]:8443/o/r"),
        ("https://dev.azure.com/org/my project/_git/r", "https://dev.azure.com/org/my%20project/_git/r"),
        ("https://dev.azure.com/org/my%20project/_git/r", "https://dev.azure.com/org/my%20project/_git/r"),
        ("https://host/ü/r", "https://host/%C3%BC/r"),
        ("https://host/o/r's", "https://host/o/r's"),
        ("ssh://git@github.com/o/r", "ssh://github.com/o/r"),
        ("https://org@dev.azure.com/org/p/_git/r", "https://dev.azure.com/org/p/_git/r"),
        ("https://user:secret@host/o/r", "https://host/o/r"),
    ],
)
def test_the_address_for_git_is_normal_and_has_no_user_info(text: str, address: str) -> None:
    assert parse_url(text).address == address


def test_user_info_is_decoded_and_shown_nowhere() -> None:
    found = parse_url("https://us%40er:se%3Acret@host/o/r")
    assert (found.user, found.password) == ("us@er", "se:cret")
    assert "cret" not in repr(found)
    with pytest.raises(InvalidURL) as caught:
        parse_url("https://user:secret@host/o/r?x")
    assert "secret" not in caught.value.message
    with pytest.raises(InvalidURL) as caught:
        parse_url("https://user:sec/ret@host/o/r")
    assert "sec/ret" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "confidential"),
    [
        ("https://host/r", True),
        ("http://host/r", False),
        ("http://localhost/r", True),
        ("http://git.localhost:80/r", True),
        ("http://127.9.9.9/r", True),
        ("http://[::1]:3000/r", True),
        ("http://127.0.0.1.evil.com/r", False),
        ("http://localhost.evil.com/r", False),
        ("http://10.0.0.1/r", False),
    ],
)
def test_credentials_may_go_over_tls_or_stay_on_the_machine(text: str, confidential: bool) -> None:
    assert parse_url(text).confidential is confidential


def test_an_origin_is_the_host_and_the_effective_port() -> None:
    assert parse_url("https://h/r").origin == parse_url("https://h:443/x").origin == ("h", 443)
    assert parse_url("http://h/r").origin == ("h", 80)
    assert parse_url("ssh://h/r").origin == ("h", 0)


SPELLINGS = [
    "https://github.com/Owner/Repo",
    "https://github.com/owner/repo.git",
    "https://github.com/owner/repo/",
    "https://github.com/owner/repo.git/",
    "https://user:token@github.com/owner/repo",
    "https://GITHUB.COM:443/owner/repo",
    "http://github.com:80/owner//repo",
    "http://www.github.com/owner/repo",
    "git://github.com/owner/repo.git",
    "git://github.com:9418/owner/repo.git",
    "ssh://git@github.com/owner/repo.git",
    "ssh://git@github.com:22/owner/repo.git",
    "ssh://git@ssh.github.com:443/owner/repo.git",
    "git+ssh://git@github.com/owner/repo",
    "git@github.com:owner/repo.git",
    "github.com:owner/repo",
    "git@github.com:/owner/repo.git",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_all_spellings_of_one_repository_are_the_same(text: str) -> None:
    assert canonical(text) == "github.com/owner/repo"


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/owner/repo2",
        "https://github.com/owner2/repo",
        "https://github.com.evil/owner/repo",
        "https://evil/github.com/owner/repo",
        "https://github.com:8443/owner/repo",
        "https://github.com/owner/repo/more",
        "https://good@evil/owner/repo",
    ],
)
def test_another_repository_is_another(text: str) -> None:
    assert canonical(text) not in {"github.com/owner/repo", ""}


@pytest.mark.parametrize("text", ["", "x", "/o/r", "https://host", "https://host/", "host:", "a" * 3000])
def test_what_is_no_address_is_empty(text: str) -> None:
    assert canonical(text) == ""


@given(st.text())
def test_any_text_has_a_canonical_form_that_is_its_own(text: str) -> None:
    found = canonical(text)
    assert canonical(f"https://{found}") in {found, ""} or not found.isascii()


@given(st.from_regex(r"https://[a-z0-9.]{1,20}/[a-zA-Z0-9/._-]{1,30}", fullmatch=True))
def test_what_parses_strictly_has_a_canonical_form(text: str) -> None:
    try:
        address = parse_url(text).address
    except InvalidURL:
        return
    assert canonical(text) == canonical(address)
