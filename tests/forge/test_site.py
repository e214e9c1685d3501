from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.errors import PenstockError
from penstock.forge.errors import NotAForge, Refused
from penstock.forge.site import checked, gitea, github, gitlab
from penstock.source.url import parse_url


@pytest.mark.parametrize(
    ("hostname", "api", "web"),
    [
        ("", "https://api.github.com", "https://github.com"),
        ("GitHub.com", "https://api.github.com", "https://github.com"),
        ("acme.ghe.com", "https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("git.acme.dev", "https://git.acme.dev/api/v3", "https://git.acme.dev"),
        ("git.acme.dev:8443", "https://git.acme.dev:8443/api/v3", "https://git.acme.dev:8443"),
        ("https://git.acme.dev/", "https://git.acme.dev/api/v3", "https://git.acme.dev"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000/api/v3", "http://127.0.0.1:3000"),
    ],
)
def test_github_is_where_its_hostname_says(hostname: str, api: str, web: str) -> None:
    site = github(hostname)
    assert (site.api, site.web) == (api, web)


def test_gitlab_and_gitea_have_their_api_below_their_own_address() -> None:
    assert gitlab().api == "https://gitlab.com/api/v4"
    assert gitlab("git.acme.dev/gitlab").api == "https://git.acme.dev/gitlab/api/v4"
    assert gitea().api == "https://gitea.com/api/v1"
    assert gitea("[::1]:3000").api == "https://[::1]:3000/api/v1"


@pytest.mark.parametrize(
    "hostname",
    [
        "a b",
        "-x",
        "https://",
        "ftp://git.acme.dev",
        "user@git.acme.dev",
        "git.acme.dev?x",
        "git.acme.dev/../x y",
    ],
)
def test_what_is_no_host_is_refused(hostname: str) -> None:
    with pytest.raises(Refused, match="is no host name"):
        github(hostname)
    with pytest.raises(Refused, match=r"--ssh-hostname .* is no host name"):
        github("github.com", hostname)


def test_a_token_does_not_travel_over_plain_http() -> None:
    with pytest.raises(Refused, match=r"the token is not sent to git\.acme\.dev over plain http: use https"):
        gitea("http://git.acme.dev")


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ("git@github.com:acme/fleet.git", "ssh://git@github.com/acme/fleet"),
        ("org-1@github.com:acme/fleet.git", "ssh://org-1@github.com/acme/fleet"),
        ("ssh://git@git.acme.dev:2222/acme/fleet.git", "ssh://git@git.acme.dev:2222/acme/fleet"),
        ("ssh://git@git.acme.dev:22/acme/fleet.git", "ssh://git@git.acme.dev/acme/fleet"),
        ("ssh://git.acme.dev/acme/fleet", "ssh://git@git.acme.dev/acme/fleet"),
    ],
)
def test_the_address_over_ssh_is_the_forges_own_as_flux_writes_it(told: str, url: str) -> None:
    assert github().ssh_url("acme/fleet", told) == url


def test_the_host_for_ssh_may_be_given() -> None:
    site = github("github.com", "ssh.GitHub.com:443")
    assert site.ssh_url("acme/fleet", "git@github.com:acme/fleet.git") == (
        "ssh://git@ssh.github.com:443/acme/fleet"
    )
    assert site.https_url("acme/fl t") == "https://github.com/acme/fl%20t.git"


@pytest.mark.parametrize(
    "told",
    ["", "nonsense", "https://github.com/acme/fleet.git", "ssh://-oProxyCommand=x/y", "git@-x:y", "ssh://x"],
)
def test_what_is_no_address_for_ssh_is_refused(told: str) -> None:
    with pytest.raises(NotAForge, match="is no address for ssh: give the host with --ssh-hostname"):
        github().ssh_url("acme/fleet", told)


@given(st.text(max_size=60) | st.from_regex(r"(ssh://)?\w+@[\w.:/-]+", fullmatch=True))
def test_any_address_that_is_told_becomes_one_for_ssh_or_is_refused(told: str) -> None:
    try:
        url = github().ssh_url("acme/fleet", told)
    except PenstockError as error:
        assert isinstance(error, NotAForge)  # noqa: PT017 - either is right
        return
    assert parse_url(url).scheme == "ssh"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "-\n", "ü", "a?b", "x" * 256])
def test_a_name_that_could_not_stand_in_an_address_is_refused(name: str) -> None:
    with pytest.raises(Refused, match=r"--repository .* is no name of a forge"):
        checked(name, "--repository")


@pytest.mark.parametrize("name", ["fleet", ".github", "a..b", "a-b_c.d", "-x"])
def test_a_forges_names_are_taken_as_they_are(name: str) -> None:
    assert checked(name, "--repository") == name
