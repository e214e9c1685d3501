"""The client of Gitea's API, on a real Gitea."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from penstock.forge.connect import Kind, Login
from penstock.forge.errors import NotAllowed, OwnerMissing, Refused, TokenRefused, Unavailable, Untrusted
from penstock.forge.port import DeployKey, Outcome, Team, Visibility, WantedRepository, Webhook

from tests.fixtures_git import WorkingCopy
from tests.fixtures_ssh import exported, new_key
from tests.forge.logging_in import asked, gitea_of

if TYPE_CHECKING:
    from pathlib import Path

    import asyncssh

    from tests.support.gitea_server import GiteaServer, Person

HOOK = Webhook("http://127.0.0.1:1/github", "secret-canary-1")


def public() -> str:
    return new_key().export_public_key().decode().strip()


def test_a_token_says_whose_it_is(gitea: GiteaServer, person: Person) -> None:
    forge = gitea_of(gitea, f" {person.token}\n")
    assert forge.whoami().login == person.login
    assert forge.receiver_path == "/github"


def test_a_personal_repository_is_made_once_and_found_then(gitea: GiteaServer, person: Person) -> None:
    forge = gitea_of(gitea, person.token)
    wanted = WantedRepository(
        person.login, "fleet", personal=True, description="mine", default_branch="trunk"
    )
    assert forge.find_repository(person.login, "fleet") is None
    made, outcome = forge.ensure_repository(wanted)
    assert outcome is Outcome.CREATED
    assert (made.full_name, made.visibility, made.administered) == (
        f"{person.login}/fleet",
        Visibility.PRIVATE,
        True,
    )
    assert made.https_url == f"https://{gitea.hostname}/{person.login}/fleet.git"
    assert made.ssh_url == f"ssh://git@127.0.0.1:{gitea.ssh_port}/{person.login}/fleet"
    again, outcome = forge.ensure_repository(wanted)
    assert (again.id, outcome) == (made.id, Outcome.UNCHANGED)
    _, told = gitea.ask("GET", f"/repos/{made.full_name}")
    assert (told["empty"], told["description"], told["default_branch"]) == (True, "mine", "trunk")


def test_a_repository_of_an_organisation_is_made_and_changed_only_if_that_is_wanted(
    gitea: GiteaServer, person: Person, organisation: str
) -> None:
    forge = gitea_of(gitea, person.token)
    wanted = WantedRepository(organisation, "fleet", visibility=Visibility.PUBLIC)
    assert forge.ensure_repository(wanted)[1] is Outcome.CREATED
    other = replace(wanted, visibility=Visibility.PRIVATE, description="ours")
    left, outcome = forge.ensure_repository(other)
    assert (left.visibility, outcome) == (Visibility.PUBLIC, Outcome.UNCHANGED)
    changed, outcome = forge.ensure_repository(replace(other, reconcile=True))
    assert (changed.visibility, outcome) == (Visibility.PRIVATE, Outcome.UPDATED)
    assert forge.ensure_repository(replace(other, reconcile=True))[1] is Outcome.UNCHANGED
    with pytest.raises(Refused, match="not internal"):
        forge.ensure_repository(replace(wanted, name="x", visibility=Visibility.INTERNAL))


def test_a_deploy_key_is_added_once_and_replaced_by_another_of_its_title(
    gitea: GiteaServer, person: Person
) -> None:
    forge = gitea_of(gitea, person.token)
    made, _ = forge.ensure_repository(WantedRepository(person.login, "fleet", personal=True))
    key = DeployKey("flux", public())
    assert [forge.ensure_deploy_key(made, key) for _ in range(2)] == [Outcome.CREATED, Outcome.UNCHANGED]
    assert forge.ensure_deploy_key(made, DeployKey("other", public())) is Outcome.CREATED
    kept = forge.deploy_key(made, "flux")
    assert kept is not None
    assert kept.public_key.split()[:2] == key.public_key.split()[:2]
    assert forge.deploy_key(made, "none") is None
    for changed in (replace(key, read_only=False), replace(key, public_key=public())):
        assert forge.ensure_deploy_key(made, changed) is Outcome.UPDATED
        _, there = gitea.ask("GET", f"/repos/{made.full_name}/keys")
        assert sorted(one["title"] for one in there) == ["flux", "other"]
    renamed = replace(key, public_key=changed.public_key, title="flux-2")
    assert forge.ensure_deploy_key(made, renamed) is Outcome.UPDATED
    assert [forge.remove_deploy_key(made, "flux-2") for _ in range(2)] == [True, False]


def test_a_webhook_is_added_once_brought_up_to_date_and_removed(gitea: GiteaServer, person: Person) -> None:
    forge = gitea_of(gitea, person.token)
    made, _ = forge.ensure_repository(WantedRepository(person.login, "fleet", personal=True))
    hooks = f"/repos/{made.full_name}/hooks"
    assert [forge.ensure_webhook(made, HOOK) for _ in range(2)] == [Outcome.CREATED, Outcome.UNCHANGED]
    other = {**gitea.ask("GET", hooks)[1][0], "config": {"url": HOOK.url + "x", "content_type": "json"}}
    gitea.ask("POST", hooks, {"type": "gitea", "config": other["config"], "active": True, "events": ["push"]})
    _, there = gitea.ask("GET", hooks)
    hook = next(one for one in there if one["config"]["url"] == HOOK.url)
    assert len(there) == 2
    assert (hook["events"], hook["active"], hook["config"]["content_type"]) == (["push"], True, "json")
    for change in ({"active": False}, {"events": ["push", "issues"]}, {"config": {"content_type": "form"}}):
        found = [one for one in gitea.ask("GET", hooks)[1] if one["config"]["url"] == HOOK.url]
        assert gitea.ask("PATCH", f"{hooks}/{found[0]['id']}", {"events": ["push"], **change})[0] == 200
        assert forge.ensure_webhook(made, HOOK) is Outcome.UPDATED
    assert forge.ensure_webhook(made, HOOK) is Outcome.UNCHANGED
    assert [forge.remove_webhook(made, HOOK.url) for _ in range(2)] == [True, False]
    assert len(gitea.ask("GET", hooks)[1]) == 1


def test_a_team_is_given_access_once(gitea: GiteaServer, person: Person, organisation: str) -> None:
    forge = gitea_of(gitea, person.token)
    made, _ = forge.ensure_repository(WantedRepository(organisation, "fleet"))
    team = {"name": "platform", "permission": "write", "units": ["repo.code"]}
    assert gitea.ask("POST", f"/orgs/{organisation}/teams", team)[0] == 201
    assert [forge.ensure_team(made, Team("platform")) for _ in range(2)] == [
        Outcome.CREATED,
        Outcome.UNCHANGED,
    ]
    with pytest.raises(OwnerMissing, match="no team nobody that the token may see: check --team"):
        forge.ensure_team(made, Team("nobody"))


def test_the_default_branch_and_the_protection_of_a_branch_are_told(
    gitea: GiteaServer, person: Person
) -> None:
    forge = gitea_of(gitea, person.token)
    made, _ = forge.ensure_repository(WantedRepository(person.login, "fleet", personal=True))
    assert forge.branch(made, "main") is None
    for branch in ("main", "release/1"):
        body = {"content": "", "message": "x", "new_branch": branch, "branch": "main"}
        if branch == "main":
            del body["branch"], body["new_branch"]
        name = branch.replace("/", "-")
        assert gitea.ask("POST", f"/repos/{made.full_name}/contents/{name}", body)[0] == 201
    found = forge.branch(made, "release/1")
    assert found is not None
    assert (len(found.commit), found.protected, found.pushable) == (40, False, True)
    rule = {"rule_name": "release/1", "enable_push": False}
    assert gitea.ask("POST", f"/repos/{made.full_name}/branch_protections", rule)[0] == 201
    found = forge.branch(made, "release/1")
    assert found is not None
    assert (found.protected, found.pushable) == (True, False)
    assert forge.set_default_branch(made, "main") is Outcome.UNCHANGED
    assert forge.set_default_branch(made, "release/1") is Outcome.UPDATED


def test_what_gitea_refuses_is_said_with_its_remedy(
    gitea: GiteaServer, person: Person, organisation: str
) -> None:
    with pytest.raises(
        TokenRefused, match="the token is not accepted: put one that is valid into GITEA_TOKEN"
    ):
        gitea_of(gitea, "f" * 40).whoami()
    forge = gitea_of(gitea, person.token)
    with pytest.raises(OwnerMissing, match="there is no organisation nobody that the token may see"):
        forge.ensure_repository(WantedRepository("nobody", "fleet"))
    with pytest.raises(Refused, match=f"the token is {person.login}'s, so with --personal the owner is"):
        forge.ensure_repository(WantedRepository(organisation, "fleet", personal=True))
    made, _ = forge.ensure_repository(WantedRepository(organisation, "fleet", visibility=Visibility.PUBLIC))
    bad = DeployKey("flux", "ssh-ed25519 nonsense")
    with pytest.raises(Refused, match=r"cannot add the deploy key 'flux' to .*: it is refused"):
        forge.ensure_deploy_key(made, bad)


def test_who_has_too_few_rights_is_told_which_are_needed(
    gitea: GiteaServer, person: Person, organisation: str
) -> None:
    owners = gitea_of(gitea, person.token)
    made, _ = owners.ensure_repository(WantedRepository(organisation, "fleet", visibility=Visibility.PUBLIC))
    reader = gitea_of(gitea, gitea.token(person.login, person.password, "read:repository", "read:user"))
    with pytest.raises(NotAllowed, match="the token may not do this: it needs the permissions repository"):
        reader.ensure_webhook(made, HOOK)
    stranger = gitea_of(gitea, gitea.person(f"{person.login}-stranger").token)
    with pytest.raises(NotAllowed, match=r"may read .*/fleet but not push to it"):
        stranger.ensure_repository(WantedRepository(organisation, "fleet"))
    with pytest.raises(NotAllowed, match="cannot create the repository"):
        stranger.ensure_repository(WantedRepository(organisation, "other"))
    for asked_for in (stranger.remove_webhook, stranger.remove_deploy_key):
        with pytest.raises(NotAllowed):
            asked_for(made, "x")


@pytest.mark.parametrize("personal", [True, False])
def test_the_rights_that_are_named_are_those_that_are_needed(
    gitea: GiteaServer, person: Person, organisation: str, personal: bool
) -> None:
    scopes = ("write:user",) if personal else ("read:user", "write:organization")
    forge = gitea_of(gitea, gitea.token(person.login, person.password, "write:repository", *scopes))
    owner = person.login if personal else organisation
    made, outcome = forge.ensure_repository(WantedRepository(owner, "fleet", personal=personal))
    assert (forge.whoami().login, outcome) == (person.login, Outcome.CREATED)
    assert forge.ensure_deploy_key(made, DeployKey("flux", public())) is Outcome.CREATED
    assert forge.ensure_webhook(made, HOOK) is Outcome.CREATED
    assert forge.remove_webhook(made, HOOK.url)
    assert forge.remove_deploy_key(made, "flux")


def test_an_archived_repository_is_refused_at_once(gitea: GiteaServer, person: Person) -> None:
    forge = gitea_of(gitea, person.token)
    wanted = WantedRepository(person.login, "fleet", personal=True)
    made, _ = forge.ensure_repository(wanted)
    gitea.ask("PATCH", f"/repos/{made.full_name}", {"archived": True})
    with pytest.raises(Refused, match="is archived: nothing can be pushed to it"):
        forge.ensure_repository(wanted)


def test_a_renamed_repository_is_found_under_its_old_name(gitea: GiteaServer, person: Person) -> None:
    forge = gitea_of(gitea, person.token)
    made, _ = forge.ensure_repository(WantedRepository(person.login, "fleet", personal=True))
    gitea.ask("PATCH", f"/repos/{made.full_name}", {"name": "ships"})
    found = forge.find_repository(person.login, "fleet")
    assert found is not None
    assert found.name == "ships"


def test_only_a_certificate_that_somebody_vouches_for_is_trusted(gitea: GiteaServer, person: Person) -> None:
    with pytest.raises(Untrusted, match="name that with --ca-file"):
        asked(Kind.GITEA, Login(person.token, gitea.hostname)).whoami()
    with pytest.raises(Refused, match="--ca-file: it holds no certificates"):
        asked(Kind.GITEA, Login(person.token, gitea.hostname, ca=b"nonsense"))


def test_where_nobody_listens_it_is_said_to_be_unreachable() -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 cannot be reached \(connection refused\)"):
        asked(Kind.GITEA, Login("token", "http://127.0.0.1:1"), seconds=0.5).whoami()


def test_a_key_that_was_added_opens_the_repository_over_ssh(
    gitea: GiteaServer, person: Person, tmp_path: Path
) -> None:
    forge = gitea_of(gitea, person.token)
    made, _ = forge.ensure_repository(WantedRepository(person.login, "fleet", personal=True))
    key = new_key()
    forge.ensure_deploy_key(made, DeployKey("flux", key.export_public_key().decode(), read_only=False))
    copy = WorkingCopy(tmp_path / "copy", made.ssh_url)
    copy.path.mkdir()
    copy.git("init", "--quiet", "--initial-branch=main")
    copy.git("config", "core.sshCommand", ssh_command(gitea, key, tmp_path))
    commit = copy.publish({"a.yaml": "a: 1"})
    assert copy.git("ls-remote", made.ssh_url, "refs/heads/main").split()[0] == commit
    forge.ensure_deploy_key(made, DeployKey("flux", key.export_public_key().decode()))
    with pytest.raises(subprocess.CalledProcessError):
        copy.publish({"a.yaml": "a: 2"})
    assert copy.git("ls-remote", made.ssh_url, "refs/heads/main").split()[0] == commit


def ssh_command(gitea: GiteaServer, key: asyncssh.SSHKey, folder: Path) -> str:
    """ssh with that key and Gitea's host keys, and nothing of this machine."""
    (folder / "known_hosts").write_bytes(gitea.known_hosts())
    identity = folder / "identity"
    identity.touch(mode=0o600)
    identity.write_bytes(exported(key))
    options = f"-F none -o IdentitiesOnly=yes -o UserKnownHostsFile={folder}/known_hosts"
    return f"ssh {options} -i {identity}"
