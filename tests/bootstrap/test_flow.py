"""The flow of bootstrap: a real Git server, a cluster and a forge in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.refs import git_repository, kustomization
from penstock.bootstrap.secret import Given, token_data
from penstock.forge.errors import NotAllowed
from penstock.forge.port import Team, TeamAccess

from tests.bootstrap.world import (
    NAME,
    SYSTEM,
    TITLE,
    TOKEN,
    WEBHOOK_SECRET,
    pulled,
    secret_data,
)
from tests.fixtures_ssh import new_key

if TYPE_CHECKING:
    from tests.bootstrap.world import World
    from tests.fixtures_git import WorkingCopy


def test_an_empty_cluster_and_an_empty_account_become_a_followed_repository(
    world: World, copy: WorkingCopy
) -> None:
    lines = world.run()
    head, url = world.head, world.server.url(NAME)
    shown = url.removesuffix(".git")
    public = secret_data(world)["identity.pub"].strip()
    assert pulled(copy) == ["Add Flux sync manifests", "Add Flux v2.9.4 component manifests"]
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
    assert pulled(copy) == ["Add Flux sync manifests", "Add Flux v2.9.4 component manifests"]
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
    assert secret_data(world) == {"username": "git", "password": TOKEN}
    assert not world.forge.kept[NAME].keys
    head = world.head
    lines = world.run(by_token, token_auth=True)
    assert "✔ source secret up to date" in lines
    world.run(world.wanted(given=Given(ssh=False, data=token_data("git", "new"))), token_auth=True)
    assert secret_data(world)["password"] == "new"
    assert world.head == head
    lines = world.run()
    assert set(secret_data(world)) == {"identity", "identity.pub", "known_hosts"}, (
        "and the token is gone from it"
    )
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
    pulled(copy)
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
    assert len(pulled(copy)) == 4
    assert (copy.path / "other.md").read_text() == "2"


def test_a_commit_that_somebody_pushes_while_it_is_waited_for_is_as_good(
    world: World, copy: WorkingCopy
) -> None:
    world.at_line["applying sync manifests"] = lambda: (pulled(copy), copy.publish({"other.md": "2"}))
    world.run()
    assert len(pulled(copy)) == 3
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
    kept = secret_data(world)
    world.run()
    assert world.forge.kept[NAME].keys[TITLE].public_key == public
    assert secret_data(world) == kept


def test_a_key_that_does_not_work_any_more_is_replaced(world: World) -> None:
    world.run()
    old = secret_data(world)["identity.pub"]
    world.ssh.accepted[:] = [new_key()]
    world.forge.deaf = True
    world.run()
    assert not world.asked
    assert secret_data(world)["identity.pub"] != old
    assert world.forge.kept[NAME].keys[TITLE].public_key == secret_data(world)["identity.pub"].strip()


def test_a_changed_option_of_the_sync_is_pushed_and_applied(world: World) -> None:
    world.run()
    world.run(world.wanted(interval_seconds=300.0))
    found = world.cluster.get(git_repository("flux-system", "flux-system"))
    assert found is not None
    assert found["spec"]["interval"] == "5m0s"
    assert world.cluster.get(kustomization("flux-system", "flux-system")) is not None


def test_nothing_that_is_told_or_committed_has_a_secret_in_it(world: World, copy: WorkingCopy) -> None:
    world.run()
    pulled(copy)
    everything = "\n".join(world.lines) + copy.git("log", "-p")
    for canary in (TOKEN, WEBHOOK_SECRET, "PRIVATE KEY"):
        assert canary not in everything
