"""Keys are made and hosts are scanned only where that makes sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.deadline import Deadline
from penstock.base.limits import Limits
from penstock.client.flagvalues import BadFlag
from penstock.client.gitlogin import KeyFile, LoginWish, login_data, show_public
from penstock.client.gitsecret import Login
from penstock.client.manifests import git_url
from penstock.source.keypair import Algorithm, KeyFileRefused, KeyForm

from tests.fakes.clock import FakeClock
from tests.fakes.telling import FakeTell
from tests.fixtures_ssh import exported, new_key

if TYPE_CHECKING:
    from collections.abc import Callable

LINE = b"host ssh-ed25519 AAAA\n"


class Scanned:
    """Remembers who was asked for its keys."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int, deadline: Deadline) -> bytes:
        del deadline
        self.asked.append((host, port))
        return LINE


@pytest.fixture
def scanned() -> Scanned:
    return Scanned()


@pytest.fixture
def data(scanned: Scanned) -> Callable[..., dict[str, str]]:
    def made(url: str, wish: LoginWish, *, required: bool = False) -> dict[str, str]:
        deadline = Deadline.after(FakeClock(), 60)
        return login_data(git_url(url), wish, scanned, deadline, Limits(), required=required)

    return made


@pytest.mark.parametrize(("url", "where"), [("ssh://h/x", ("h", 22)), ("ssh://git@h:2222/x", ("h", 2222))])
def test_for_ssh_a_key_is_made_and_the_host_scanned(
    data: Callable[..., dict[str, str]], scanned: Scanned, url: str, where: tuple[str, int]
) -> None:
    found = data(url, LoginWish(key_form=KeyForm(Algorithm.ED25519)))
    assert found["identity.pub"].startswith("ssh-ed25519 ")
    assert found["known_hosts"] == LINE.decode().strip()
    assert scanned.asked == [where]


def test_a_key_of_yours_is_kept_with_its_passphrase(data: Callable[..., dict[str, str]]) -> None:
    mine = exported(new_key(), passphrase="open sesame").decode()
    found = data("ssh://h/x", LoginWish(Login(password="open sesame"), key_file=KeyFile("id", mine)))
    assert (found["identity"], found["password"]) == (mine, "open sesame")


def test_for_https_nobody_is_scanned(data: Callable[..., dict[str, str]], scanned: Scanned) -> None:
    assert data("https://h/x", LoginWish()) == {}
    assert set(data("https://h/x", LoginWish(Login(bearer_token="t")), required=True)) == {"bearerToken"}
    assert scanned.asked == []


@pytest.mark.parametrize(
    ("url", "wish", "why"),
    [
        ("https://h/x", LoginWish(key_file=KeyFile("id", "x")), "--private-key-file is for Git over SSH"),
        ("ssh://h/x", LoginWish(Login(password="p")), "--password is the passphrase of --private-key-file"),
        ("ssh://h/x", LoginWish(Login(username="u")), "over ssh the user is part of --url"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_is_asked(
    data: Callable[..., dict[str, str]], scanned: Scanned, url: str, wish: LoginWish, why: str
) -> None:
    with pytest.raises(BadFlag, match=why):
        data(url, wish)
    assert scanned.asked == []


def test_a_file_that_is_no_key_is_named(data: Callable[..., dict[str, str]], scanned: Scanned) -> None:
    with pytest.raises(KeyFileRefused, match="--private-key-file id: ssh: no key found"):
        data("ssh://h/x", LoginWish(key_file=KeyFile("id", "hunter2")))
    assert scanned.asked == []


def test_what_is_public_is_shown_and_nothing_else(data: Callable[..., dict[str, str]]) -> None:
    tell, found = FakeTell(), data("ssh://h/x", LoginWish())
    show_public(tell, found)
    assert tell.lines == [
        f"✔ collected public key from SSH server:\n{LINE.decode().strip()}",
        f"✚ deploy key: {found['identity.pub']}",
    ]
    show_public(tell, {"username": "ada", "password": "hunter2"})
    assert len(tell.lines) == 2
