"""The flow of bootstrap: a real Git server, a cluster and a forge in memory."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import git_repository, kustomization
from penstock.base.errors import PenstockError
from penstock.bootstrap.layout import layout
from penstock.bootstrap.reached import NotReconciled
from penstock.bootstrap.secret import Given, token_data
from penstock.bootstrap.steps.connecting import connect
from penstock.bootstrap.steps.problems import GitProblem
from penstock.bootstrap.takeover import PathDiffers
from penstock.forge.errors import NotAllowed, TokenRefused
from penstock.forge.port import Team, TeamAccess
from penstock.tools.gitclone import PathTaken

from tests.bootstrap.world import NAME, TOKEN, WEBHOOK_SECRET, RefusedByPerson
from tests.fixtures_git import WorkingCopy
from tests.fixtures_ssh import new_key

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bootstrap.world import World

SYSTEM = "clusters/prod/flux-system"
TITLE = "flux-system-main-flux-system-./clusters/prod"


@pytest.fixture
def copy(world: World, tmp_path: Path) -> WorkingCopy:
    """A person's clone."""
    url = world.server.url(NAME).replace("://", f"://acme:{TOKEN}@")
    path = tmp_path / "copy"
    path.mkdir()
    made = WorkingCopy(path, url)
    made.git("init", "--quiet", "--initial-branch=main")
    return made


def pull(copy: WorkingCopy) -> list[str]:
    """The subjects of the commits on the server, the newest first."""
    copy.git("fetch", "--quiet", copy.url, "main")
    copy.git("reset", "--quiet", "--hard", "FETCH_HEAD")
    return copy.git("log", "--format=%s").splitlines()


def secret(world: World) -> dict[str, str]:
    found = next(obj for obj in world.cluster.objects("Secret"))
    return {key: b64decode(value).decode() for key, value in found["data"].items()}


def test_an_empty_cluster_and_an_empty_account_become_a_followed_repository(
    world: World, copy: WorkingCopy
) -> None:
    lines = world.run()
    head, url = world.head, world.server.url(NAME)
    shown = url.removesuffix(".git")
    public = secret(world)["identity.pub"].strip()
    assert pull(copy) == ["Add Flux sync manifests", "Add Flux v2.9.4 component manifests"]
    first = copy.git("rev-parse", "HEAD~1")
    assert lines == [
        "► connecting to forge.test",
        f'✔ repository "{shown}" created',
        f'► cloning branch "main" from Git repository "{url}"',
        "✔ cloned repository",
        "► generating component manifests",
        "✔ generated component manifests",
        f'✔ committed component manifests to "main" ("{first}")',
        f'► pushing component manifests to "{url}"',
        '► installing components in "flux-system" namespace',
        "✔ installed components",
        "✔ reconciled components",
        '► determining if source secret "flux-system/flux-system" exists',
        "► generating source secret",
        f"✔ public key: {public}",
        '► applying source secret "flux-system/flux-system"',
        "✔ reconciled source secret",
        f'✔ configured deploy key "{TITLE}" for "{shown}"',
        '► registering the webhook "https://penstock.example.com/github"',
        f'✔ configured webhook for "{shown}"',
        "► generating sync manifests",
        "✔ generated sync manifests",
        f'✔ committed sync manifests to "main" ("{head}")',
        f'► pushing sync manifests to "{url}"',
        "► applying sync manifests",
        "✔ reconciled sync configuration",
        '◎ waiting for GitRepository "flux-system/flux-system" to be reconciled',
        "✔ GitRepository reconciled successfully",
        '◎ waiting for Kustomization "flux-system/flux-system" to be reconciled',
        "✔ Kustomization reconciled successfully",
        "► confirming components are healthy",
        "✔ all components are healthy",
    ]
    assert not world.asked
    found = world.cluster.get(git_repository("flux-system", "flux-system"))
    assert found is not None
    assert found["spec"]["url"] == f"ssh://git@127.0.0.1:{world.ssh.port}/{NAME}"
    assert {path.name for path in (copy.path / SYSTEM).iterdir()} == {
        *("gotk-components.yaml", "gotk-sync.yaml", "kustomization.yaml")
    }
    assert copy.git("log", "-1", "--format=%an <%ae>") == "Flux <>"
    kept = world.forge.kept[NAME]
    assert kept.keys[TITLE].read_only
    assert kept.webhooks["https://penstock.example.com/github"].secret == WEBHOOK_SECRET
    assert kept.repository.default_branch == "main"


def test_a_second_run_changes_nothing_anywhere(world: World) -> None:
    world.run()
    before, head = world.cluster.objects(), world.head
    world.cluster.calls.clear()
    lines = world.run()
    assert world.cluster.objects() == before
    assert not world.cluster.writes()
    assert world.head == head
    assert "✔ component manifests are up to date" in lines
    assert "✔ source secret up to date" in lines
    assert "✔ sync manifests are up to date" in lines
    assert not [line for line in lines if "created" in line or "configured" in line]


def test_a_run_that_was_cut_off_at_any_line_is_finished_by_the_next_one(
    world: World, copy: WorkingCopy
) -> None:
    for at in range(1, 100, 2):
        world.interrupt_at = at
        try:
            world.run()
        except KeyboardInterrupt:
            continue
        break
    assert at > 20
    assert pull(copy) == ["Add Flux sync manifests", "Add Flux v2.9.4 component manifests"]
    assert list(world.forge.kept[NAME].keys) == [TITLE]
    assert len(world.cluster.objects("Secret")) == 1
    assert not world.asked, "the key that a cut-off run had made is the one that is registered"
    world.interrupt_at = 0
    world.cluster.calls.clear()
    world.run()
    assert not world.cluster.writes()


def test_with_token_auth_the_cluster_reads_over_https_and_a_new_token_takes_the_olds_place(
    world: World,
) -> None:
    by_token = world.wanted(given=Given(ssh=False, data=token_data("git", TOKEN)))
    world.run(by_token, token_auth=True)
    assert secret(world) == {"username": "git", "password": TOKEN}
    assert not world.forge.kept[NAME].keys
    head = world.head
    lines = world.run(by_token, token_auth=True)
    assert "✔ source secret up to date" in lines
    world.run(world.wanted(given=Given(ssh=False, data=token_data("git", "new"))), token_auth=True)
    assert secret(world)["password"] == "new"
    assert world.head == head
    lines = world.run()
    assert set(secret(world)) == {"identity", "identity.pub", "known_hosts"}, "and the token is gone from it"
    assert world.head != head, "the address is another one"


def test_what_is_in_the_repository_stays_and_patches_in_kustomization_yaml_are_applied(
    world: World, copy: WorkingCopy
) -> None:
    patch = "patches:\n- target: {kind: ClusterRole, name: flux-view-flux-system}\n  patch: |\n"
    patch += "    - {op: add, path: /metadata/labels/mine, value: kept}\n"
    overlay = f"# mine\nresources:\n- ../../../base\n- gotk-components.yaml\n{patch}"
    base = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base, namespace: default}\n"
    copy.publish(
        {
            "README.md": "# Mine\n",
            f"{SYSTEM}/kustomization.yaml": overlay,
            "base/kustomization.yaml": "resources: [base.yaml]",
            "base/base.yaml": base,
        }
    )
    world.run()
    pull(copy)
    assert (copy.path / "README.md").read_text() == "# Mine\n"
    wanted = overlay.replace("- gotk-components.yaml\n", "- gotk-components.yaml\n- gotk-sync.yaml\n")
    assert (copy.path / SYSTEM / "kustomization.yaml").read_text() == wanted
    roles = {role["metadata"]["name"]: role for role in world.cluster.objects("ClusterRole")}
    assert roles["flux-view-flux-system"]["metadata"]["labels"]["mine"] == "kept"
    assert [obj["metadata"]["name"] for obj in world.cluster.objects("ConfigMap")] == ["base"]


def test_somebody_elses_push_in_between_is_kept_and_built_on(world: World, copy: WorkingCopy) -> None:
    copy.publish({"README.md": "1"})
    world.at_line["pushing component manifests"] = lambda: copy.publish({"other.md": "2"})
    world.run()
    assert "◎ git conflict detected, retrying with a fresh clone" in world.lines
    assert len(pull(copy)) == 4
    assert (copy.path / "other.md").read_text() == "2"


def test_a_commit_that_somebody_pushes_while_it_is_waited_for_is_as_good(
    world: World, copy: WorkingCopy
) -> None:
    world.at_line["applying sync manifests"] = lambda: (pull(copy), copy.publish({"other.md": "2"}))
    world.run()
    assert len(pull(copy)) == 3
    assert world.lines[-1] == "✔ all components are healthy"


def test_a_default_branch_that_cannot_be_set_is_told_and_ends_nothing(world: World) -> None:
    world.forge.failures["set_default_branch"] = NotAllowed("not that")
    assert "⚠️ not that" in world.run(world.wanted(branch="main"))
    assert world.lines[-1] == "✔ all components are healthy"


def test_teams_are_let_in(world: World) -> None:
    lines = world.run(teams=(Team("platform", TeamAccess.ADMIN),))
    assert '✔ granted "admin" permissions to "platform"' in lines
    assert "✔ granted" not in "\n".join(world.run(teams=(Team("platform", TeamAccess.ADMIN),)))


def test_without_a_receiver_it_is_said_when_pushes_are_found(world: World) -> None:
    lines = world.run(world.wanted(receiver=None))
    assert [
        line for line in lines if "found within 1m0s: say where the functions are with --receiver-url" in line
    ]
    assert not world.forge.kept[NAME].webhooks


def test_a_deploy_key_that_somebody_removed_is_added_again(world: World) -> None:
    world.run()
    public = world.forge.kept[NAME].keys.pop(TITLE).public_key
    kept = secret(world)
    world.run()
    assert world.forge.kept[NAME].keys[TITLE].public_key == public
    assert secret(world) == kept


def test_a_key_that_does_not_work_any_more_is_replaced(world: World) -> None:
    world.run()
    old = secret(world)["identity.pub"]
    world.ssh.accepted[:] = [new_key()]
    world.forge.deaf = True
    world.run()
    assert not world.asked
    assert secret(world)["identity.pub"] != old
    assert world.forge.kept[NAME].keys[TITLE].public_key == secret(world)["identity.pub"].strip()


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
    kept = secret(world)
    world.ssh.host_keys[:] = [new_key("ssh-rsa")]
    found = next(obj for obj in world.cluster.objects("Secret"))
    found["data"].pop("identity")
    world.cluster.seed(found)
    with pytest.raises(GitProblem, match=r"the host key of 127\.0\.0\.1:.* is not the one in known_hosts"):
        world.run()
    assert secret(world)["known_hosts"] == kept["known_hosts"]


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


def flux(name: str, replicas: int = 1, **status: int) -> dict[str, Any]:
    """A Deployment of one of Flux's controllers."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": "flux-system",
            "labels": {"app.kubernetes.io/part-of": "flux"},
        },
        "spec": {"replicas": replicas},
        "status": status,
    }


def test_taking_over_from_flux_scales_its_controllers_down_and_keeps_its_manifests(
    world: World, copy: WorkingCopy
) -> None:
    world.run()
    head = (
        "---\n# This manifest was generated by flux. DO NOT EDIT.\n# Flux Version: v2.6.1\n# Components: x\n"
    )
    text = (pull(copy), (copy.path / SYSTEM / "gotk-components.yaml").read_text())[1]
    theirs = head + text.split("\n", 4)[4]
    copy.publish({f"{SYSTEM}/gotk-components.yaml": theirs})
    world.cluster.seed(flux("source-controller"), flux("kustomize-controller"), flux("podinfo"))
    world.yes = False
    with pytest.raises(RefusedByPerson):
        world.run()
    assert "Scale them to 0 and let penstock take over?" in world.asked[0]
    world.yes = True
    world.applied.clear()
    lines = world.run()
    assert "► scaling Flux's own controllers to 0" in lines
    assert [line for line in lines if "component manifests of Flux v2.6.1 are kept" in line]
    assert "✔ source-controller: 0 replicas, penstock does its work" in lines
    replicas = {
        obj["metadata"]["name"]: obj["spec"]["replicas"] for obj in world.cluster.objects("Deployment")
    }
    assert replicas == {"source-controller": 0, "kustomize-controller": 0, "podinfo": 1}
    assert not world.applied
    pull(copy)
    assert (copy.path / SYSTEM / "gotk-components.yaml").read_text() == theirs
    world.run(world.wanted(replace_components=True))
    pull(copy)
    assert (copy.path / SYSTEM / "gotk-components.yaml").read_text() == text


def test_a_controller_that_does_not_end_is_told(world: World) -> None:
    world.cluster.seed(flux("kustomize-controller", readyReplicas=1))
    with pytest.raises(
        PenstockError, match="Deployment flux-system/kustomize-controller still has ready replicas"
    ):
        world.run()


def test_a_controller_that_somebody_starts_again_meanwhile_is_told(world: World) -> None:
    running = flux("source-controller", readyReplicas=1)
    world.at_line["GitRepository reconciled successfully"] = lambda: world.cluster.seed(running)
    with pytest.raises(PenstockError, match=r"run again \(flux-system/source-controller\): see what"):
        world.run()


def test_a_changed_option_of_the_sync_is_pushed_and_applied(world: World) -> None:
    world.run()
    world.run(world.wanted(interval_seconds=300.0))
    found = world.cluster.get(git_repository("flux-system", "flux-system"))
    assert found is not None
    assert found["spec"]["interval"] == "5m0s"
    assert world.cluster.get(kustomization("flux-system", "flux-system")) is not None


def test_nothing_that_is_told_or_committed_has_a_secret_in_it(world: World, copy: WorkingCopy) -> None:
    world.run()
    pull(copy)
    everything = "\n".join(world.lines) + copy.git("log", "-p")
    for canary in (TOKEN, WEBHOOK_SECRET, "PRIVATE KEY"):
        assert canary not in everything
