"""Addresses of repositories (threats A-07, A-72, A-73)."""

from contextlib import suppress
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from penstock.source.url import InvalidURL, RepositoryURL, canonical, parse_url

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
    "https://host/\ud800",
    "https://host/r ",
    " https://host/r",
    "https://host/r\u3000",
    "ssh://-oProxyCommand=x/o/r",
    "ssh://-oProxyCommand=x@host/o/r",
    "ssh://%2doProxyCommand=x@host/o/r",
    "ssh://git@-oProxyCommand=x/o/r",
    "ssh://git@host:0/o/r",
    "ssh://git@host:65536/o/r",
    "ssh://git@host:-p22/o/r",
    "ssh://git@host",
    "ssh://git@host/o/r's",
    "ssh://git@host/o/r%27s",
    'ssh://git@host/o/"r',
    "ssh://git@host/o/%22r",
    "ssh://git@host/o/`id`",
    "ssh://git@host/o/$(id)",
    "ssh://git@host/o/%24(id)",
    "ssh://git@host/o/%5cr",
    "ssh://git@host/o%0aProxyCommand=x",
    "ssh://git%0aProxyCommand=x@host/o/r",
    "ssh://git%20x@host/o/r",
    "ssh://a%2fb@host/o/r",
    "ssh://git@host/~/../r",
    "ssh://git@host/o/r?x",
    "ssh://git@xn--хост/o/r",
]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("git@github.com:o/r", "is not of the form ssh://git@host/path (user@host:path is none"),
        ("github.com/o/r", "is not of the form https://host/path"),
        ("ftp://host/o/r", "is not of the form https://host/path"),
    ],
)
def test_what_is_no_url_is_answered_with_the_form_that_was_meant(text: str, form: str) -> None:
    with pytest.raises(InvalidURL) as caught:
        parse_url(text)
    assert form in caught.value.message


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
        ("ssh://robot%40corp@Host:29418/~ada/r.git", "ssh://host:29418/~ada/r.git"),
        ("ssh://git@[::1]:2222/o/my project", "ssh://[::1]:2222/o/my%20project"),
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
        ("ssh://host/r", True),
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
    "https://github.com/owner/repo.git.git",
    "https://github.com/owner/%72epo/.git",
    "ssh://git@github.com/owner/repo/",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_all_spellings_of_one_repository_are_the_same(text: str) -> None:
    assert canonical(text) == "https://github.com/owner/repo"


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
    assert canonical(text) not in {"https://github.com/owner/repo", ""}


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "/o/r", "github.com/o/r", "https://host", "https://host/", "https://host/.git", "host:"),
        *("a" * 3000, "https://host/" + "ü" * 1000, "https:// host/o/r", "https://host/o\nr"),
    ],
)
def test_what_is_no_address_is_empty(text: str) -> None:
    assert canonical(text) == ""


ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)
WORDS = """
    https ssh http git :// // / : @ - -o --upload-pack=x host HOST [::1] 443 80 22 0 99999 .git . .. %2e %0a
    %00 %27 %2525 ' " $ ` \\ ? # ~ % %zz ü İ user github.com www.github.com
"""
PIECES = st.lists(st.sampled_from([*WORDS.split(), " ", "\n", "\ud800"]), max_size=12).map("".join)
ADDRESSES = st.one_of(ANYTHING, PIECES, PIECES.map("ssh://git@host/".__add__), PIECES.map("https://".__add__))


def parsed(text: str) -> RepositoryURL | None:
    with suppress(InvalidURL):
        return parse_url(text)
    return None


@settings(max_examples=500)
@given(ADDRESSES)
def test_any_text_is_an_address_that_stays_itself_or_is_refused(text: str) -> None:
    found = parsed(text)
    if found is not None:
        again = parse_url(found.address)
        assert (again.address, again.user, again.password) == (found.address, "", "")
        assert canonical(text) == canonical(found.address)


@settings(max_examples=500)
@given(ADDRESSES)
def test_nothing_in_an_address_is_an_option_or_a_command_for_git_or_ssh(text: str) -> None:
    found = parsed(text)
    if found is None:
        return
    path = unquote(found.path)
    assert found.address.startswith(("http://", "https://", "ssh://"))
    assert found.host[0] in "[0123456789abcdefghijklmnopqrstuvwxyz"
    assert path.startswith("/")
    assert not set(found.address) & set(' \t\r\n\0"`\\')
    assert found.port is None or 0 < found.port < 65536
    if found.scheme == "ssh":
        assert not set(path) & set("'\"`$\\")
        assert not found.user.startswith("-")
        assert not set(found.user) & set(" \t\r\n\0'\"`$%#\\/")


@settings(max_examples=500)
@given(st.one_of(ADDRESSES, PIECES.map("git@host:".__add__)))
def test_the_form_to_compare_by_is_its_own_form(text: str) -> None:
    found = canonical(text)
    assert canonical(found) == found
    assert found[:8] in {"", "https://"}
