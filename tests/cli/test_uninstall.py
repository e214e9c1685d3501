"""`penstock uninstall` while the functions are at work: nothing that was applied goes with it."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from penstock.admission.flow import probe
from penstock.api.lease import KIND, ClaimKey, new
from penstock.api.refs import ObjectRef, definition, git_repository, kustomization
from penstock.api.work import Function
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.cli import main

from tests.runtime.processes import environment, running, serving
from tests.runtime.requesting import SECRET, TOKEN
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from penstock.cluster.client import ApiCluster
    from penstock.tools.controlplane.plane import ControlPlane

    from tests.fixtures_git import WorkingCopy
    from tests.support.gitea_server import GiteaServer, Person

APPLIED = ObjectRef("", "v1", "ConfigMap", "default", "kept")
MANIFEST = "{apiVersion: v1, kind: ConfigMap, metadata: {name: kept, namespace: default}}"


def fleet(cluster: ApiCluster, url: str) -> None:
    source, apps = git_repository("default", "fleet"), kustomization("default", "fleet")
    wanted = {"interval": "1m", "path": "./", "prune": True}
    for ref, spec in (
        (source, {"interval": "1m", "url": url, "ref": {"branch": "main"}}),
        (apps, {**wanted, "sourceRef": {"kind": "GitRepository", "name": "fleet"}}),
    ):
        meta = {"name": ref.name, "namespace": ref.namespace}
        cluster.create({"apiVersion": ref.api_version, "kind": ref.kind, "metadata": meta, "spec": spec})


def test_whatever_runs_meanwhile_nothing_that_was_applied_goes(
    install_plane: ControlPlane,
    install_cluster: ApiCluster,
    repository: WorkingCopy,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(install_plane.kubeconfig))
    monkeypatch.setenv("FLUX_SYSTEM_NAMESPACE", "cli-removal")
    assert main.run(["install"]) == main.EXIT_OK
    repository.publish({"a.yaml": MANIFEST})
    env = environment(
        webhook_secret=SECRET,
        invoke_token=TOKEN,
        kubeconfig=install_plane.kubeconfig,
        bucket=tmp_path / "bucket",
        queue=tmp_path / "queue",
        namespaces="default",
        tick_seconds=1,
        admission_port=0,
    )
    with serving(env) as (process, _):
        fleet(install_cluster, repository.url)
        eventually(lambda: install_cluster.get(APPLIED), "the ConfigMap")
        assert main.run(["uninstall", "--silent"]) == main.EXIT_OK
        told = capsys.readouterr().err
        assert told.index("✔ ValidatingWebhookConfiguration/penstock-") < told.index("finalizers deleted")
        assert probe(install_cluster, Deadline.after(SystemClock(), 0)).installed is False
        assert install_cluster.list(KIND.group, KIND.version, KIND.kind, "default") == ()
        assert f"► left: a webhook of {repository.url}, if it calls the functions" in told
        for crd in ("gitrepositories.source", "kustomizations.kustomize"):
            assert install_cluster.get(definition(f"{crd}.toolkit.fluxcd.io")) is None
        seen = len(process.logged("the objects cannot be listed"))
        eventually(lambda: len(process.logged("the objects cannot be listed")) > seen + 2, "another tick")
        assert install_cluster.get(APPLIED) is not None
    install_cluster.delete(APPLIED, uid=None)


HOOKS = "https://functions.example.com"


@pytest.fixture
def owner(gitea: GiteaServer) -> Person:
    """A fresh account, whose token may do everything."""
    return gitea.person("uninstaller")


@pytest.fixture
def hooked(gitea: GiteaServer, owner: Person, monkeypatch: pytest.MonkeyPatch) -> str:
    """The path of a repository's webhooks in Gitea's API; one of them calls the functions."""
    monkeypatch.setenv("GITEA_TOKEN", owner.token)
    login = f"token {owner.token}"
    assert gitea.ask("POST", "/user/repos", {"name": "fleet"}, login=login)[0] == 201
    path = f"/repos/{owner.login}/fleet/hooks"
    for url in (f"{HOOKS}/github", "https://elsewhere.example.com/hook"):
        hook = {"type": "gitea", "events": ["push"], "config": {"url": url, "content_type": "json"}}
        assert gitea.ask("POST", path, hook, login=login)[0] == 201
    return path


def test_the_webhook_of_a_forge_goes_with_the_flags_of_bootstrap(
    install_plane: ControlPlane,
    gitea: GiteaServer,
    owner: Person,
    hooked: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(install_plane.kubeconfig))
    where = (f"--hostname={gitea.hostname}", f"--ca-file={gitea.ca_file}", f"--receiver-url={HOOKS}")
    named = (f"--owner={owner.login}", "--repository=fleet")
    run = ("uninstall", "--yes", "--keep-namespace")
    assert main.run([*run, "--forge=gitea", *named, *where]) == main.EXIT_OK
    assert "✔ webhook removed" in capsys.readouterr().err
    _, left = gitea.ask("GET", hooked)
    assert [hook["config"]["url"] for hook in left] == ["https://elsewhere.example.com/hook"]
    assert main.run([*run, "--forge=gitea", *named, *where]) == main.EXIT_OK
    assert "✔ there was no such webhook" in capsys.readouterr().err
    monkeypatch.setenv("GITEA_TOKEN", "canary")
    assert main.run([*run, "--forge=gitea", *named, *where]) == main.EXIT_FAILED
    assert "canary" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--forge=gitea",), "--forge takes --owner and --repository, too"),
        (
            ("--owner=a", "--repository=b"),
            "say on which forge the repository is: --forge github|gitlab|gitea",
        ),
        (("--forge=bitbucket",), "bitbucket"),
    ],
)
def test_half_of_a_forge_is_wrong_usage(
    flags: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["uninstall", *flags]) == main.EXIT_USAGE
    assert said in capsys.readouterr().err


def test_ctrl_c_says_how_things_stand_and_the_next_try_finishes(
    install_plane: ControlPlane, install_cluster: ApiCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(install_plane.kubeconfig))
    at_work = new(ClaimKey(Function.APPLY, git_repository("default", "x")), "", "h", SystemClock().now(), 600)
    install_cluster.create(at_work)
    arguments = [str(Path(sys.executable).parent / "penstock"), "uninstall", "-s", "--keep-namespace"]
    env = environment(kubeconfig=install_plane.kubeconfig)
    with running(arguments, env) as process:
        eventually(lambda: "waiting for the runs under way to end" in process.output, "it waits")
        assert process.end(signal.SIGINT) == main.EXIT_INTERRUPTED
    assert "✗ interrupted: run the same command again, it goes on" in process.output
    install_cluster.delete(ObjectRef.from_object(at_work), uid=None)
    assert main.run(["uninstall", "-s", "--keep-namespace"]) == main.EXIT_OK
