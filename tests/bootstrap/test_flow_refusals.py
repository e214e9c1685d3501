"""What bootstrap does not do unasked, and what it cannot do: one message, and nothing is half done."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from penstock.api.refs import git_repository
from penstock.base.errors import PenstockError
from penstock.bootstrap.layout import layout
from penstock.bootstrap.reached import NotReconciled
from penstock.bootstrap.secret import Given, token_data
from penstock.bootstrap.steps.connecting import connect
from penstock.bootstrap.steps.problems import GitProblem
from penstock.bootstrap.takeover import PathDiffers
from penstock.forge.errors import NotAllowed, TokenRefused
from penstock.tools.gitclone import PathTaken

from tests.bootstrap.world import (
    NAME,
    TITLE,
    TOKEN,
    RefusedByPerson,
    secret_data,
)
from tests.fixtures_ssh import new_key

if TYPE_CHECKING:
    from tests.bootstrap.world import World
    from tests.fixtures_git import WorkingCopy


def test_another_clusters_deploy_key_is_not_replaced_without_being_asked(world: World) -> None:
    world.run()
    theirs = world.forge.kept[NAME].keys[TITLE]
    world.cluster = type(world.cluster)(namespaces=("default",))
    world.yes = False
    with pytest.raises(RefusedByPerson):
        world.run()
    assert "is another cluster's, or that of an earlier installation" in world.asked[0]
    assert world.forge.kept[NAME].keys[TITLE] == theirs
    assert not world.cluster.objects("Secret")
    world.yes = True
    world.run()
    assert world.forge.kept[NAME].keys[TITLE] != theirs


def test_a_changed_host_key_is_told_and_nothing_is_replaced(world: World) -> None:
    world.run()
    kept = secret_data(world)
    world.ssh.host_keys[:] = [new_key("ssh-rsa")]
    found = next(obj for obj in world.cluster.objects("Secret"))
    found["data"].pop("identity")
    world.cluster.seed(found)
    with pytest.raises(GitProblem, match=r"the host key of 127\.0\.0\.1:.* is not the one in known_hosts"):
        world.run()
    assert secret_data(world)["known_hosts"] == kept["known_hosts"]


def test_another_path_of_the_same_cluster_is_refused_before_anything_is_written(world: World) -> None:
    world.run()
    head = world.head
    with pytest.raises(PathDiffers):
        world.run(world.wanted(layout=layout("clusters/dev", "flux-system")))
    assert world.lines == []
    assert world.head == head


def test_a_cluster_that_follows_another_repository_goes_over_only_after_a_question(world: World) -> None:
    world.run()
    head = world.head
    ref = git_repository("flux-system", "flux-system")
    theirs = {"spec": {"url": "ssh://git@forge.test/acme/theirs"}}
    world.cluster.merge_patch(ref, theirs, field_manager="kubectl")
    world.yes = False
    with pytest.raises(RefusedByPerson):
        world.run()
    assert world.asked[0].startswith(
        "This cluster follows ssh://forge.test/acme/theirs. Let it follow ssh://"
    )
    assert (world.cluster.get(ref) or {})["spec"]["url"] == theirs["spec"]["url"]
    assert world.head == head
    world.yes = True
    world.run()
    assert NAME in (world.cluster.get(ref) or {})["spec"]["url"]


@pytest.mark.parametrize("refused", ["whoami", "ensure_repository", "ensure_deploy_key", "ensure_webhook"])
def test_a_forge_that_refuses_ends_it_with_the_forges_words_and_a_second_run_finishes(
    world: World, refused: str
) -> None:
    error = (
        TokenRefused("forge.test: the token is refused") if refused == "whoami" else NotAllowed("no rights")
    )
    world.forge.failures[refused] = error
    with pytest.raises(PenstockError, match=error.message):
        world.run()
    del world.forge.failures[refused]
    world.run()
    assert not world.asked
    assert world.lines[-1] == "✔ all components are healthy"


def test_a_token_that_may_only_push_is_told_before_it_pushes(world: World) -> None:
    made, _ = world.forge.ensure_repository(world.hosted().repository)
    world.forge.kept[NAME].repository = replace(made, administered=False)
    with pytest.raises(
        NotAllowed, match="but not add a deploy key or a webhook: use one of an administrator"
    ):
        world.run()
    assert not world.server.refs(NAME)
    by_token = world.wanted(given=Given(ssh=False, data=token_data("git", TOKEN)), receiver=None)
    world.run(by_token, token_auth=True)


def test_a_repository_that_was_just_made_is_waited_for_and_another_is_not(world: World) -> None:
    path, away = world.server.path(NAME), world.server.path(f"{NAME}-away")
    path.rename(away)
    world.meanwhile = lambda: path.exists() or away.rename(path)
    assert "✔ cloned repository" in world.run()
    path.rename(away)
    with pytest.raises(GitProblem, match=r"fleet\.git does not exist, or the token may not see it"):
        world.run()


def test_a_wrong_token_for_git_is_told_without_showing_it(world: World) -> None:
    wrong = replace(world.hosted(), token="wrong-canary")
    with pytest.raises(GitProblem, match=r"does not accept the token: check that it is right") as caught:
        world.run(origin=lambda ports: connect(ports, wrong))
    assert "canary" not in caught.value.message


def test_a_branch_that_is_not_there_is_told_with_those_that_are(world: World, copy: WorkingCopy) -> None:
    copy.publish({"README.md": "1"})
    with pytest.raises(GitProblem, match="has no branch 'prod', it has main: name one of them with --branch"):
        world.run(world.wanted(branch="prod"))


def test_a_link_in_the_way_is_told(world: World, copy: WorkingCopy) -> None:
    (copy.path / "clusters").symlink_to("/etc")
    copy.publish()
    with pytest.raises(PathTaken, match="clusters in the repository is no folder: it is a symbolic link"):
        world.run()


def test_an_ssh_server_that_is_not_there_is_told_with_what_to_do(world: World) -> None:
    world.forge.ssh = "ssh://git@127.0.0.1:1/"
    with pytest.raises(GitProblem, match="name the host with --ssh-hostname, or use --token-auth"):
        world.run()
    assert not world.cluster.objects("Secret")


def test_a_server_that_cannot_be_reached_is_told_by_its_name(world: World) -> None:
    world.forge.https = "http://127.0.0.1:1/"
    with pytest.raises(GitProblem, match=r"failed to clone repository: 127\.0\.0\.1:1 cannot be reached"):
        world.run()


def test_the_end_of_the_timeout_is_told_as_such(world: World) -> None:
    with pytest.raises(GitProblem, match="it did not end within --timeout; run this again"):
        world.run(seconds=0)


def test_objects_that_nobody_reconciles_are_told_with_what_to_check(world: World) -> None:
    world.works = False
    with pytest.raises(NotReconciled, match=r"was not looked at: check that penstock's functions serve"):
        world.run()
    waits = [line for line in world.lines if line.startswith("◎ nobody has looked at GitRepository")]
    assert len(waits) == 1
    assert world.looked == ["GitRepository", "GitRepository"]
