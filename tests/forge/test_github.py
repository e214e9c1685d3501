"""The client of GitHub's API, against exchanges written from its published description."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from penstock.forge.connect import Kind, Login
from penstock.forge.errors import NotAllowed, OwnerMissing, Refused, TokenRefused
from penstock.forge.port import (
    DeployKey,
    Outcome,
    Repository,
    Team,
    TeamAccess,
    Visibility,
    WantedRepository,
    Webhook,
)

from tests.forge.github_exchanges import (
    BAD_TOKEN,
    FORBIDDEN,
    NOT_FOUND,
    PREFIX,
    empty,
    hook,
    key,
    repository,
    user,
)
from tests.forge.logging_in import asked
from tests.support.exchanges import Exchanges, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.forge.port import Forge

TOKEN = "ghp_canary0123456789"
LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIcanary flux"
SINGLE_SIGN_ON = Reply(
    403,
    {"message": "Resource protected by organization SAML enforcement."},
    {"X-GitHub-SSO": "required; url=https://github.com/orgs/acme/sso?authorization_request=x"},
)
HOOK = Webhook("https://penstock.example.com/github", "secret-canary-1")


@pytest.fixture
def github() -> Iterator[Exchanges]:
    with Exchanges(PREFIX) as exchanges:
        yield exchanges


@pytest.fixture
def forge(github: Exchanges) -> Forge:
    return asked(Kind.GITHUB, Login(TOKEN, github.url))


@pytest.fixture
def fleet(github: Exchanges, forge: Forge) -> Repository:
    """A repository that is there."""
    github.write("GET", "/repos/acme/fleet", Reply(200, repository()))
    found = forge.find_repository("acme", "fleet")
    assert found is not None
    return found


def test_every_request_carries_the_token_and_the_version_of_the_api(github: Exchanges, forge: Forge) -> None:
    github.write("GET", "/user", user())
    account = forge.whoami()
    assert (account.login, account.scopes) == ("ada", ("repo", "read:org"))
    headers = github.asked[0].headers
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["accept"] == "application/vnd.github+json"
    assert headers["user-agent"].startswith("penstock/")


def test_a_missing_repository_key_and_webhook_are_made(github: Exchanges, forge: Forge) -> None:
    empty(github)
    wanted = WantedRepository("acme", "fleet", description="ships")
    made, outcome = forge.ensure_repository(wanted)
    assert outcome is Outcome.CREATED
    assert made.https_url == f"{github.url}/acme/fleet.git"
    assert made.ssh_url == "ssh://git@github.com/acme/fleet"
    assert github.bodies("POST", "/orgs/acme/repos") == [
        {"name": "fleet", "description": "ships", "auto_init": False, "visibility": "private"}
    ]
    assert forge.ensure_deploy_key(made, DeployKey("flux", f"{LINE}\n")) is Outcome.CREATED
    assert github.bodies("POST", "/repos/acme/fleet/keys") == [
        {"title": "flux", "key": LINE, "read_only": True}
    ]
    assert forge.ensure_webhook(made, HOOK) is Outcome.CREATED
    assert github.bodies("POST", "/repos/acme/fleet/hooks") == [
        {
            "name": "web",
            "active": True,
            "events": ["push"],
            "config": {
                "url": HOOK.url,
                "content_type": "json",
                "secret": HOOK.secret,
                "insecure_ssl": "0",
            },
        }
    ]


def test_a_persons_repository_is_made_as_theirs(github: Exchanges, forge: Forge) -> None:
    github.write("GET", "/user", user("Ada"))
    github.write("GET", "/repos/ada/fleet", NOT_FOUND)
    github.write("POST", "/user/repos", Reply(201, repository("Ada", private=False, visibility="public")))
    wanted = WantedRepository("ada", "fleet", personal=True, visibility=Visibility.PUBLIC)
    made, outcome = forge.ensure_repository(wanted)
    assert (made.full_name, made.visibility, outcome) == ("Ada/fleet", Visibility.PUBLIC, Outcome.CREATED)
    assert github.bodies("POST", "/user/repos")[0]["private"] is False


def test_one_that_is_there_is_left_alone_unless_it_is_to_be_changed(github: Exchanges, forge: Forge) -> None:
    there = repository(private=False, visibility="internal", description="old")
    github.write("GET", "/repos/acme/fleet", Reply(200, there))
    github.write("PATCH", "/repos/acme/fleet", Reply(200, repository(description="new")))
    wanted = WantedRepository("acme", "fleet", description="new")
    found, outcome = forge.ensure_repository(wanted)
    assert (found.visibility, outcome) == (Visibility.INTERNAL, Outcome.UNCHANGED)
    changed, outcome = forge.ensure_repository(replace(wanted, reconcile=True))
    assert (changed.visibility, outcome) == (Visibility.PRIVATE, Outcome.UPDATED)
    assert github.bodies("PATCH", "/repos/acme/fleet") == [{"description": "new", "visibility": "private"}]


def test_a_key_of_the_same_title_is_replaced_before_the_new_one_is_added(
    github: Exchanges, forge: Forge, fleet: Repository
) -> None:
    keys = "/repos/acme/fleet/keys"
    github.write("GET", keys, Reply(200, [key("flux", "ssh-rsa AAAA", 7), key("other", "ssh-rsa BBBB", 8)]))
    github.write("DELETE", f"{keys}/7", Reply(204))
    github.write("POST", keys, Reply(201, key("flux", LINE)))
    assert forge.deploy_key(fleet, "flux") == DeployKey("flux", "ssh-rsa AAAA")
    assert forge.ensure_deploy_key(fleet, DeployKey("flux", LINE)) is Outcome.UPDATED
    assert [one.method for one in github.asked[-2:]] == ["DELETE", "POST"]
    github.write("GET", keys, Reply(200, [key("flux", LINE)]))
    assert forge.ensure_deploy_key(fleet, DeployKey("flux", LINE)) is Outcome.UNCHANGED
    github.write("GET", keys, Reply(200, [key("flux", LINE, 9)]))
    github.write("DELETE", f"{keys}/9", NOT_FOUND)
    assert forge.remove_deploy_key(fleet, "flux"), "one that somebody else removes meanwhile is gone too"


def test_a_list_is_read_to_its_last_page(github: Exchanges, forge: Forge, fleet: Repository) -> None:
    keys = "/repos/acme/fleet/keys"
    more = {"Link": f'<{github.url}/x?page=1>; rel="prev", <https://other.example/?page=2>; rel="next"'}
    github.write("GET", keys, Reply(200, [key("a", "ssh-rsa AAAA")], more), Reply(200, [key("flux", LINE)]))
    assert forge.ensure_deploy_key(fleet, DeployKey("flux", LINE)) is Outcome.UNCHANGED
    assert [one.query for one in github.asked[-2:]] == [
        "page=1&per_page=50&limit=50",
        "page=2&per_page=50&limit=50",
    ]


@pytest.mark.parametrize(
    ("there", "outcome"),
    [
        (hook(HOOK.url), Outcome.UNCHANGED),
        (hook(HOOK.url, config={"insecure_ssl": 0}), Outcome.UNCHANGED),
        (hook(HOOK.url, active=False), Outcome.UPDATED),
        (hook(HOOK.url, events=["push", "issues"]), Outcome.UPDATED),
        (hook(HOOK.url, config={"content_type": "form"}), Outcome.UPDATED),
        (hook(HOOK.url, config={"insecure_ssl": "1"}), Outcome.UPDATED),
    ],
)
def test_a_webhook_that_is_there_gets_its_secret_anew_whatever_can_be_seen(
    github: Exchanges, forge: Forge, fleet: Repository, there: dict[str, object], outcome: Outcome
) -> None:
    hooks = "/repos/acme/fleet/hooks"
    github.write("GET", hooks, Reply(200, [hook("https://other.example.com/", 11), there]))
    github.write("PATCH", f"{hooks}/12", Reply(200, there))
    assert forge.ensure_webhook(fleet, HOOK) is outcome
    sent = github.bodies("PATCH", f"{hooks}/12")
    assert [body["config"]["secret"] for body in sent] == [HOOK.secret]
    github.write("DELETE", f"{hooks}/12", Reply(204))
    assert forge.remove_webhook(fleet, HOOK.url)
    assert not forge.remove_webhook(fleet, f"{HOOK.url}/other")


def test_teams_get_the_access_that_is_wanted(github: Exchanges, forge: Forge, fleet: Repository) -> None:
    there = [{"id": 1, "name": "Platform", "slug": "platform", "permission": "push"}]
    github.write("GET", "/repos/acme/fleet/teams", Reply(200, there))
    github.write("PUT", "/orgs/acme/teams/platform/repos/acme/fleet", Reply(204))
    assert forge.ensure_team(fleet, Team("platform", TeamAccess.PUSH)) is Outcome.UNCHANGED
    assert forge.ensure_team(fleet, Team("Platform")) is Outcome.UPDATED
    assert github.asked[-1].body == {"permission": "maintain"}
    github.write("GET", "/repos/acme/fleet/teams", Reply(200, []))
    assert forge.ensure_team(fleet, Team("platform")) is Outcome.CREATED
    github.write("PUT", "/orgs/acme/teams/nobody/repos/acme/fleet", NOT_FOUND)
    with pytest.raises(OwnerMissing, match="there is no team nobody that the token may see: check --team"):
        forge.ensure_team(fleet, Team("nobody"))


def test_branches_are_told_and_the_default_one_is_set(
    github: Exchanges, forge: Forge, fleet: Repository
) -> None:
    branch = {"name": "release/1", "commit": {"sha": "a" * 40, "url": "x"}, "protected": True}
    github.write("GET", "/repos/acme/fleet/branches/release%2F1", Reply(200, branch))
    github.write("GET", "/repos/acme/fleet/branches/main", NOT_FOUND)
    found = forge.branch(fleet, "release/1")
    assert found is not None
    assert (found.commit, found.protected, found.pushable) == ("a" * 40, True, None)
    assert forge.branch(fleet, "main") is None
    github.write("PATCH", "/repos/acme/fleet", Reply(200, repository(default_branch="release/1")))
    assert forge.set_default_branch(fleet, "main") is Outcome.UNCHANGED
    assert forge.set_default_branch(fleet, "release/1") is Outcome.UPDATED


def test_a_repository_that_was_renamed_is_followed_at_the_same_server_only(
    github: Exchanges, forge: Forge
) -> None:
    moved = {"message": "Moved Permanently", "url": f"{github.url}{PREFIX}/repositories/1296269"}
    location = {"Location": f"{github.url}{PREFIX}/repositories/1296269"}
    github.write("GET", "/repos/acme/old", Reply(301, moved, location))
    github.write("GET", "/repositories/1296269", Reply(200, repository()))
    found = forge.find_repository("acme", "old")
    assert found is not None
    assert found.full_name == "acme/fleet"
    with Exchanges(PREFIX) as elsewhere:
        for target in (f"{elsewhere.url}/x", "https://github.com/x", "//evil.example/x", ""):
            github.write("GET", "/repos/acme/old", Reply(302, {}, {"Location": target}))
            with pytest.raises(Refused, match="is redirected"):
                forge.find_repository("acme", "old")
        assert elsewhere.asked == []
    github.write("GET", "/repos/acme/old", Reply(302, {}, {"Location": f"{PREFIX}/repos/acme/older"}))
    github.write("GET", "/repos/acme/older", Reply(302, {}, {"Location": f"{PREFIX}/repos/acme/old"}))
    with pytest.raises(Refused, match="redirected more than 3 times"):
        forge.find_repository("acme", "old")


@pytest.mark.parametrize(
    ("reply", "error", "said"),
    [
        (BAD_TOKEN, TokenRefused, r"the token is not accepted: put one that is valid into GITHUB_TOKEN: Bad"),
        (FORBIDDEN, NotAllowed, r"the token may not do this: a classic token needs the scope repo"),
        (
            SINGLE_SIGN_ON,
            NotAllowed,
            r"authorise the token for it in GitHub's settings",
        ),
    ],
)
def test_what_the_token_lacks_is_said_with_the_remedy(
    github: Exchanges, forge: Forge, reply: Reply, error: type[Refused], said: str
) -> None:
    github.write("GET", "/repos/acme/fleet", reply)
    with pytest.raises(error, match=f"cannot look for the repository acme/fleet: .*{said}"):
        forge.ensure_repository(WantedRepository("acme", "fleet"))


def test_who_may_not_administer_a_repository_is_told_so_where_github_says_not_found(
    github: Exchanges, forge: Forge, fleet: Repository
) -> None:
    for path in ("keys", "hooks"):
        github.write("GET", f"/repos/acme/fleet/{path}", NOT_FOUND)
    with pytest.raises(NotAllowed, match="cannot add the webhook to acme/fleet: the token may not adm"):
        forge.ensure_webhook(fleet, HOOK)
    with pytest.raises(NotAllowed, match="cannot add the deploy key 'flux' to acme/fleet"):
        forge.ensure_deploy_key(fleet, DeployKey("flux", LINE))
    github.write("GET", "/repos/acme/fleet/hooks", Reply(200, []))
    github.write("POST", "/repos/acme/fleet/hooks", NOT_FOUND)
    with pytest.raises(NotAllowed):
        forge.ensure_webhook(fleet, HOOK)


def test_a_repository_that_cannot_be_used_is_refused_before_anything_is_done(
    github: Exchanges, forge: Forge
) -> None:
    reader = repository(permissions={"admin": False, "push": False, "pull": True})
    for there, said in ((repository(archived=True), "is archived"), (reader, "but not push to it")):
        github.write("GET", "/repos/acme/fleet", Reply(200, there))
        with pytest.raises(Refused, match=said):
            forge.ensure_repository(WantedRepository("acme", "fleet"))
    writer = repository(permissions={"admin": False, "push": True, "pull": True})
    github.write("GET", "/repos/acme/fleet", Reply(200, writer))
    assert not forge.ensure_repository(WantedRepository("acme", "fleet"))[0].administered


def test_an_organisation_or_name_that_cannot_be_had_is_named(github: Exchanges, forge: Forge) -> None:
    github.write("GET", "/repos/acme/fleet", NOT_FOUND)
    github.write("POST", "/orgs/acme/repos", NOT_FOUND)
    with pytest.raises(OwnerMissing, match=r"there is no organisation acme .*check --owner, or use"):
        forge.ensure_repository(WantedRepository("acme", "fleet"))
    taken = {
        "message": "Repository creation failed.",
        "errors": [
            {
                "resource": "Repository",
                "code": "custom",
                "field": "name",
                "message": "name already exists on this account",
            }
        ],
    }
    github.write("POST", "/orgs/acme/repos", Reply(422, taken))
    with pytest.raises(Refused, match=r"\(422\): Repository creation failed\.; name already exists"):
        forge.ensure_repository(WantedRepository("acme", "fleet"))
    github.write("GET", "/user", user("ada"))
    with pytest.raises(Refused, match="the token is ada's, so with --personal the owner is ada, not acme"):
        forge.ensure_repository(WantedRepository("acme", "fleet", personal=True))
