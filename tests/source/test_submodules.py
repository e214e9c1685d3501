"""What .gitmodules may say, and where that leads (threats A-72, A-76)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.source.credentials import Credentials
from penstock.source.sshlogin import SSHLogin
from penstock.source.submodules import (
    Submodule,
    SubmoduleRefused,
    parse_modules,
    submodule_credentials,
    submodule_url,
)
from penstock.source.url import parse_url

PARENT = parse_url("https://user:pass@git.example.com/org/fleet.git")
OVER_SSH = parse_url("ssh://git@git.example.com:2222/org/fleet.git")


def listed(**settings: str) -> bytes:
    return b"".join(f"submodule.lib.{key}\n{value}\0".encode() for key, value in settings.items())


def module(url: str) -> Submodule:
    return Submodule("lib", "lib", url)


def test_sections_are_read_and_the_last_of_a_key_counts() -> None:
    settings = ("core.x\ny", "submodule.a.b.path\nx/y/", "submodule.a.b.url\nold", "submodule.a.b.url\nnew")
    found = "\0".join((*settings, "submodule.a.b.update\nnone", "")).encode()
    assert parse_modules(found) == (Submodule("a.b", "x/y", "new"),)
    assert parse_modules(b"") == ()


@pytest.mark.parametrize(
    "output",
    [
        listed(path="lib"),
        listed(url="https://host/x"),
        listed(path="", url="https://host/x"),
        listed(path="../lib", url="https://host/x"),
        listed(path="a/../../lib", url="https://host/x"),
        b"submodule.lib.path\n\x00submodule.lib.url\0",
        b"submodule....path\nlib\0submodule....url\nhttps://host/x\0",
        b"submodule.../../x.path\nlib\0submodule.../../x.url\nhttps://host/x\0",
        b"submodule.a\\..\\b.path\nlib\0submodule.a\\..\\b.url\nhttps://host/x\0",
    ],
)
def test_a_section_that_git_would_not_follow_is_refused(output: bytes) -> None:
    with pytest.raises(SubmoduleRefused, match=r"leads elsewhere|no usable path or no url"):
        parse_modules(output)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://other.example.com/x", "https://other.example.com/x"),
        ("ssh://git@host/x", "ssh://host/x"),
        ("git@host.example.com:org/x.git", "ssh://host.example.com/org/x.git"),
        ("host:x", "ssh://host/x"),
        ("../lib.git", "https://git.example.com/org/lib.git"),
        ("./lib", "https://git.example.com/org/fleet.git/lib"),
        ("../../other/lib.git", "https://git.example.com/other/lib.git"),
        ("lib", "https://git.example.com/org/fleet.git/lib"),
    ],
)
def test_an_address_is_taken_as_git_takes_it(url: str, address: str) -> None:
    assert submodule_url(PARENT, module(url)).address == address


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c id",
        "file:///etc",
        "/etc",
        "\\\\host\\x",
        "git://host/x",
        "ftp://host/x",
        "https:///host",
        "https://host",
        "./%0ahost=evil",
        "./\nhost=evil",
        "../../../:evil",
        "../../..",
        "-u./x",
        "--upload-pack=touch /tmp/x",
        "https://good@evil@host/x",
        "ssh://-oProxyCommand=x/y",
        "-oProxyCommand=x:y",
        "git@host:x'y",
        "ssh://host/$(id)",
    ],
)
def test_an_address_that_leads_elsewhere_is_refused_by_the_submodules_path(url: str) -> None:
    with pytest.raises(SubmoduleRefused, match=r"the submodule 'lib' is refused: ") as refused:
        submodule_url(PARENT, module(url))
    assert "spec.url" not in refused.value.message
    assert "pass" not in refused.value.message


@given(st.text())
def test_any_text_leads_to_an_allowed_scheme_or_nowhere(text: str) -> None:
    try:
        found = submodule_url(PARENT, module(text))
    except SubmoduleRefused:
        return
    assert found.scheme in {"http", "https", "ssh"}
    assert parse_url(found.address).address == found.address


def test_credentials_go_to_the_same_server_only() -> None:
    login = Credentials("Basic x", b"ca", ("x",))
    for url in ("../lib.git", "https://git.example.com:443/else", "https://GIT.example.com/else"):
        assert submodule_credentials(PARENT, login, submodule_url(PARENT, module(url)), module(url)) == login
    for url in ("https://evil.example.com/x", "http://git.example.com/x", "https://git.example.com:444/x"):
        found = submodule_credentials(PARENT, login, submodule_url(PARENT, module(url)), module(url))
        assert found == Credentials(authorities=b"ca")


def test_over_ssh_the_key_is_the_same_and_the_user_that_of_the_address() -> None:
    login = Credentials(ssh=SSHLogin("git", b"key", b"hosts"))
    other = module("me@other.example.com:x")
    found = submodule_credentials(OVER_SSH, login, submodule_url(OVER_SSH, other), other)
    assert found.ssh == SSHLogin("me", b"key", b"hosts")
    beside = module("../lib.git")
    url = submodule_url(OVER_SSH, beside)
    assert url.address == "ssh://git.example.com:2222/org/lib.git"
    assert submodule_credentials(OVER_SSH, login, url, beside) == login


def test_without_a_key_nothing_is_fetched_over_ssh() -> None:
    other = module("git@host:x")
    with pytest.raises(SubmoduleRefused, match=r"no identity"):
        submodule_credentials(PARENT, Credentials("Basic x"), submodule_url(PARENT, other), other)
