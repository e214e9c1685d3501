"""The client of GitLab's API, against exchanges written from its documentation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from penstock.forge.connect import Kind, Login
from penstock.forge.errors import NotAForge, NotAllowed, OwnerMissing, Refused, TokenRefused
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

from tests.forge.gitlab_exchanges import (
    BAD_TOKEN,
    FEW_SCOPES,
    FORBIDDEN,
    NOT_FOUND,
    PREFIX,
    empty,
    group,
    hook,
    key,
    project,
    user,
)
from tests.forge.logging_in import asked
from tests.support.exchanges import Exchanges, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.forge.port import Forge

TOKEN = "glpat-canary0123456789"
LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIcanary flux"
HOOK = Webhook("https://penstock.example.com/gitlab", "secret-canary-1")
KEYS, HOOKS = "/projects/42/deploy_keys", "/projects/42/hooks"


@pytest.fixture
def gitlab() -> Iterator[Exchanges]:
    with Exchanges(PREFIX) as exchanges:
        yield exchanges


@pytest.fixture
def forge(gitlab: Exchanges) -> Forge:
    return asked(Kind.GITLAB, Login(TOKEN, gitlab.url))


@pytest.fixture
def fleet(gitlab: Exchanges, forge: Forge) -> Repository:
    """A project that is there."""
    gitlab.write("GET", "/projects/acme%2Ffleet", Reply(200, project()))
    found = forge.find_repository("acme", "fleet")
    assert found is not None
    return found


def test_a_token_says_whose_it_is(gitlab: Exchanges, forge: Forge) -> None:
    gitlab.write("GET", "/user", user())
    assert forge.whoami().login == "ada"
    assert gitlab.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert forge.receiver_path == "/gitlab"


def test_a_missing_project_key_and_webhook_are_made_in_a_subgroup(gitlab: Exchanges, forge: Forge) -> None:
    empty(gitlab, "acme/infra")
    made, outcome = forge.ensure_repository(WantedRepository("acme/infra", "fleet", description="ships"))
    assert outcome is Outcome.CREATED
    assert (made.owner, made.name, made.id, made.default_branch) == ("acme/infra", "fleet", "42", "")
    assert made.https_url == f"{gitlab.url}/acme/infra/fleet.git"
    assert made.ssh_url == "ssh://git@gitlab.com/acme/infra/fleet"
    assert gitlab.bodies("POST", "/projects") == [
        {
            "name": "fleet",
            "path": "fleet",
            "description": "ships",
            "visibility": "private",
            "initialize_with_readme": False,
            "namespace_id": 9,
        }
    ]
    key_wanted = DeployKey("flux", LINE, read_only=False)
    assert forge.ensure_deploy_key(made, key_wanted) is Outcome.CREATED
    assert gitlab.bodies("POST", KEYS) == [{"title": "flux", "key": LINE, "can_push": True}]
    assert forge.ensure_webhook(made, HOOK) is Outcome.CREATED
    assert gitlab.bodies("POST", HOOKS) == [
        {
            "url": HOOK.url,
            "token": HOOK.secret,
            "push_events": True,
            "tag_push_events": True,
            "push_events_branch_filter": "",
            "enable_ssl_verification": True,
        }
    ]


def test_a_persons_project_is_made_in_their_own_namespace(gitlab: Exchanges, forge: Forge) -> None:
    empty(gitlab, "ada", visibility="internal")
    wanted = WantedRepository("ada", "fleet", personal=True, visibility=Visibility.INTERNAL)
    made, outcome = forge.ensure_repository(wanted)
    assert (made.visibility, outcome) == (Visibility.INTERNAL, Outcome.CREATED)
    assert "namespace_id" not in gitlab.bodies("POST", "/projects")[0]


def test_one_that_is_there_is_left_alone_unless_it_is_to_be_changed(gitlab: Exchanges, forge: Forge) -> None:
    gitlab.write("GET", "/projects/acme%2Ffleet", Reply(200, project(visibility="public")))
    gitlab.write("PUT", "/projects/42", Reply(200, project(description="new")))
    wanted = WantedRepository("acme", "fleet", description="new")
    assert forge.ensure_repository(wanted)[1] is Outcome.UNCHANGED
    changed, outcome = forge.ensure_repository(replace(wanted, reconcile=True))
    assert (changed.visibility, outcome) == (Visibility.PRIVATE, Outcome.UPDATED)
    assert gitlab.bodies("PUT", "/projects/42") == [{"description": "new", "visibility": "private"}]


def test_a_key_of_the_same_title_is_replaced(gitlab: Exchanges, forge: Forge, fleet: Repository) -> None:
    gitlab.write("GET", KEYS, Reply(200, [key("flux", LINE, 7, can_push=True)]))
    gitlab.write("DELETE", f"{KEYS}/7", Reply(204))
    gitlab.write("POST", KEYS, Reply(201, key("flux", LINE)))
    assert forge.deploy_key(fleet, "flux") == DeployKey("flux", LINE, read_only=False)
    assert forge.ensure_deploy_key(fleet, DeployKey("flux", LINE)) is Outcome.UPDATED
    assert [one.method for one in gitlab.asked[-2:]] == ["DELETE", "POST"]
    assert forge.remove_deploy_key(fleet, "flux")
    gitlab.write("GET", KEYS, Reply(200, [key("flux", LINE)]))
    assert forge.ensure_deploy_key(fleet, DeployKey("flux", LINE)) is Outcome.UNCHANGED
    assert not forge.remove_deploy_key(fleet, "other")


@pytest.mark.parametrize(
    ("there", "outcome"),
    [
        (hook(HOOK.url), Outcome.UNCHANGED),
        (hook(HOOK.url, push_events_branch_filter=None), Outcome.UNCHANGED),
        (hook(HOOK.url, push_events=False), Outcome.UPDATED),
        (hook(HOOK.url, tag_push_events=False), Outcome.UPDATED),
        (hook(HOOK.url, enable_ssl_verification=False), Outcome.UPDATED),
        (hook(HOOK.url, push_events_branch_filter="main"), Outcome.UPDATED),
    ],
)
def test_a_webhook_that_is_there_gets_its_token_anew_whatever_can_be_seen(
    gitlab: Exchanges, forge: Forge, fleet: Repository, there: dict[str, object], outcome: Outcome
) -> None:
    gitlab.write("GET", HOOKS, Reply(200, [hook("https://other.example.com/", 11), there]))
    gitlab.write("PUT", f"{HOOKS}/12", Reply(200, there))
    gitlab.write("DELETE", f"{HOOKS}/12", NOT_FOUND)
    assert forge.ensure_webhook(fleet, HOOK) is outcome
    assert [body["token"] for body in gitlab.bodies("PUT", f"{HOOKS}/12")] == [HOOK.secret]
    assert forge.remove_webhook(fleet, HOOK.url)
    assert not forge.remove_webhook(fleet, f"{HOOK.url}/other")


def test_a_project_is_shared_with_groups(gitlab: Exchanges, forge: Forge, fleet: Repository) -> None:
    gitlab.write("GET", "/groups/acme%2Fplatform", group("acme/platform", 5))
    shared = [{"group_id": 5, "group_name": "platform", "group_access_level": 30}]
    gitlab.write("GET", "/projects/42", Reply(200, project(shared_with_groups=shared)))
    gitlab.write("DELETE", "/projects/42/share/5", Reply(204))
    gitlab.write("POST", "/projects/42/share", Reply(201, {"id": 1, "project_id": 42, "group_id": 5}))
    assert forge.ensure_team(fleet, Team("acme/platform", TeamAccess.PUSH)) is Outcome.UNCHANGED
    assert forge.ensure_team(fleet, Team("acme/platform")) is Outcome.UPDATED
    assert gitlab.asked[-1].body == {"group_id": 5, "group_access": 40}
    gitlab.write("GET", "/projects/42", Reply(200, project()))
    assert forge.ensure_team(fleet, Team("acme/platform", TeamAccess.PULL)) is Outcome.CREATED
    gitlab.write("GET", "/groups/nobody", Reply(404, {"message": "404 Group Not Found"}))
    with pytest.raises(OwnerMissing, match="there is no group nobody that the token may see: check --team"):
        forge.ensure_team(fleet, Team("nobody"))


def test_branches_are_told_and_the_default_one_is_set(
    gitlab: Exchanges, forge: Forge, fleet: Repository
) -> None:
    branch = {"name": "release/1", "commit": {"id": "a" * 40}, "protected": True, "can_push": False}
    path = "/projects/42/repository/branches"
    gitlab.write("GET", f"{path}/release%2F1", Reply(200, branch))
    gitlab.write("GET", f"{path}/main", Reply(404, {"message": "404 Branch Not Found"}))
    found = forge.branch(fleet, "release/1")
    assert found is not None
    assert (found.commit, found.protected, found.pushable) == ("a" * 40, True, False)
    assert forge.branch(fleet, "main") is None
    gitlab.write("GET", "/projects/42", Reply(200, project(default_branch="main")))
    gitlab.write("PUT", "/projects/42", Reply(200, project()))
    assert forge.set_default_branch(fleet, "main") is Outcome.UNCHANGED
    assert forge.set_default_branch(fleet, "release/1") is Outcome.UPDATED


@pytest.mark.parametrize(
    ("reply", "error", "said"),
    [
        (BAD_TOKEN, TokenRefused, "put one that is valid into GITLAB_TOKEN: 401 Unauthorized"),
        (FORBIDDEN, NotAllowed, "it needs the scope api, and its owner the role Maintainer"),
        (FEW_SCOPES, NotAllowed, "insufficient_scope; The request requires higher privileges"),
    ],
)
def test_what_the_token_lacks_is_said_with_the_remedy(
    gitlab: Exchanges, forge: Forge, fleet: Repository, reply: Reply, error: type[Refused], said: str
) -> None:
    gitlab.write("GET", HOOKS, reply)
    with pytest.raises(error, match=f"cannot add the webhook to acme/fleet: .*{said}"):
        forge.ensure_webhook(fleet, HOOK)


@pytest.mark.parametrize(
    ("permissions", "administered", "usable"),
    [
        (None, True, True),
        ({"project_access": None, "group_access": None}, True, True),
        ({"project_access": {"access_level": 20}, "group_access": {"access_level": 40}}, True, True),
        ({"project_access": {"access_level": 30}, "group_access": None}, False, True),
        ({"project_access": {"access_level": 20}, "group_access": None}, False, False),
    ],
)
def test_the_role_says_what_the_token_may_do(
    gitlab: Exchanges, forge: Forge, permissions: object, administered: bool, usable: bool
) -> None:
    gitlab.write("GET", "/projects/acme%2Ffleet", Reply(200, project(permissions=permissions)))
    wanted = WantedRepository("acme", "fleet")
    if usable:
        assert forge.ensure_repository(wanted)[0].administered is administered
        return
    with pytest.raises(NotAllowed, match="the token may read acme/fleet but not push to it"):
        forge.ensure_repository(wanted)


def test_an_owner_name_or_project_that_cannot_be_had_is_named(gitlab: Exchanges, forge: Forge) -> None:
    wanted = WantedRepository("acme", "fleet")
    gitlab.write("GET", "/projects/acme%2Ffleet", NOT_FOUND)
    gitlab.write("GET", "/groups/acme", Reply(404, {"message": "404 Group Not Found"}))
    with pytest.raises(OwnerMissing, match=r"there is no group acme .*check --owner, or use --personal"):
        forge.ensure_repository(wanted)
    gitlab.write("GET", "/groups/acme", group())
    taken = {"message": {"name": ["has already been taken"], "path": ["has already been taken"]}}
    gitlab.write("POST", "/projects", Reply(400, taken))
    with pytest.raises(Refused, match=r"\(400\): name: has already been taken, path: has already"):
        forge.ensure_repository(wanted)
    gitlab.write("GET", "/user", user())
    with pytest.raises(Refused, match="the token is ada's, so with --personal the owner is ada, not acme"):
        forge.ensure_repository(replace(wanted, personal=True))
    gitlab.write("GET", "/projects/acme%2Ffleet", Reply(200, project(archived=True)))
    with pytest.raises(Refused, match="the project acme/fleet is archived"):
        forge.ensure_repository(wanted)


def test_an_answer_of_another_shape_is_no_gitlab(gitlab: Exchanges, forge: Forge) -> None:
    gitlab.write("GET", "/projects/acme%2Ffleet", Reply(200, project(visibility="secret")))
    with pytest.raises(NotAForge, match=r"is not as described \(Invalid enum value 'secret' - at `\$\.visib"):
        forge.find_repository("acme", "fleet")
