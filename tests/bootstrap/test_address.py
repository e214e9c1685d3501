from __future__ import annotations

import pytest
from penstock.bootstrap.address import kept_url, ssh_host, sync_url
from penstock.bootstrap.layout import layout
from penstock.bootstrap.sync import Sync, manifest

HTTPS, SSH = "https://ada@git.example.com:8443/team/fleet.git", "ssh://git.example.com:2222/team/fleet"


@pytest.mark.parametrize(
    ("url", "ssh", "more", "wanted"),
    [
        (HTTPS, False, {}, "https://git.example.com:8443/team/fleet.git"),
        (HTTPS, True, {}, "ssh://ada@git.example.com/team/fleet.git"),
        ("https://git.example.com/fleet", True, {}, "ssh://git@git.example.com/fleet"),
        ("https://git.example.com/fleet", True, {"username": "bob"}, "ssh://bob@git.example.com/fleet"),
        (SSH, True, {}, "ssh://git@git.example.com:2222/team/fleet"),
        (SSH, True, {"username": "git"}, "ssh://git@git.example.com:2222/team/fleet"),
        (SSH, True, {"ssh_hostname": "ssh.example.com:443"}, "ssh://git@ssh.example.com:443/team/fleet"),
        (SSH, False, {}, "https://git.example.com/team/fleet"),
        ("http://127.0.0.1:80/fleet", False, {}, "http://127.0.0.1:80/fleet"),
    ],
)
def test_the_cluster_follows_the_address_that_goes_with_its_login(
    url: str, ssh: bool, more: dict[str, str], wanted: str
) -> None:
    assert sync_url(url, ssh=ssh, **more) == wanted


def test_host_and_port_of_ssh_are_those_that_are_scanned() -> None:
    assert ssh_host("ssh://git@git.example.com/a") == ("git.example.com", 22)
    assert ssh_host(SSH) == ("git.example.com", 2222)


@pytest.mark.parametrize(
    ("present", "wanted", "kept"),
    [
        ("ssh://git@github.com/a/b.git", "ssh://git@github.com/a/b", True),
        ("ssh://git@github.com/A/b", "ssh://git@github.com/a/b", True),
        ("https://github.com/a/b", "ssh://git@github.com/a/b", False),
        ("ssh://ada@github.com/a/b", "ssh://git@github.com/a/b", False),
        ("ssh://git@github.com:2222/a/b", "ssh://git@github.com/a/b", False),
        ("ssh://git@github.com/a/c", "ssh://git@github.com/a/b", False),
        ("git@github.com:a/b", "ssh://git@github.com/a/b", False),
    ],
)
def test_the_spelling_that_is_there_stays_if_it_means_the_same(
    present: str, wanted: str, *, kept: bool
) -> None:
    text = manifest(Sync(layout("", "flux-system"), present, "main", 60, "flux-system"))
    assert kept_url(wanted, text) == (present if kept else wanted)


@pytest.mark.parametrize(
    "text", ["", "a: [", "- 1", "kind: GitRepository", "kind: GitRepository\nspec: {url: 1}"]
)
def test_a_manifest_that_says_nothing_changes_nothing(text: str) -> None:
    assert kept_url("https://git.example.com/a", text) == "https://git.example.com/a"
