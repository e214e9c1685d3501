"""`penstock check` on a real cluster, with real functions beside it and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.api.refs import ObjectRef
from penstock.cli import main
from penstock.install.components import Components, objects
from penstock.install.rights import Right, allowed, review
from penstock.store.folder import FolderBucket

from tests.runtime.processes import environment, free_port, serving
from tests.runtime.requesting import SECRET, TOKEN
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.cluster.client import ApiCluster
    from penstock.tools.controlplane.plane import ControlPlane


@pytest.fixture
def place(install_plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The bucket's folder; the environment names the cluster and nothing else."""
    for name in ("CONTEXT", "KUBECONFIG", "BUCKET", "RECEIVER_URL", "WEBHOOK_SECRET", "UPSTREAM_BINARY"):
        monkeypatch.delenv(f"PENSTOCK_{name}", raising=False)
    monkeypatch.delenv("FLUX_SYSTEM_NAMESPACE", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(install_plane.kubeconfig))
    bucket = tmp_path / "bucket"
    bucket.mkdir()
    yield bucket
    main.run(["uninstall", "--silent", "--keep-namespace"])


def check(capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = main.run(["check", *flags])
    told = capsys.readouterr()
    assert told.out == ""
    return code, told.err.splitlines()


def starting(lines: list[str], start: str) -> str:
    (found,) = (line for line in lines if line.startswith(start))
    return found


@pytest.mark.usefixtures("place")
def test_before_an_installation_only_what_it_needs_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = check(capsys, "--pre")
    assert code == main.EXIT_OK, lines
    assert lines[0] == "► checking prerequisites"
    assert check(capsys, "--pre", "--poll-interval=1s")[1][0].endswith(
        "nothing to do here: nothing is polled"
    )
    assert starting(lines, "✔ git ")
    assert starting(lines, "✔ Kubernetes 1.").endswith(" >=1.33.0-0")
    assert "✔ you may do what is needed" in lines
    assert lines[-1].startswith("✔ prerequisites checks passed")


@pytest.mark.usefixtures("place")
def test_an_empty_cluster_fails_and_what_is_not_looked_at_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    main.run(["uninstall", "--silent", "--keep-namespace"])
    code, lines = check(capsys)
    assert code == main.EXIT_FAILED
    assert starting(lines, "✗ Flux's kinds are not in the cluster: `penstock install`")
    assert starting(lines, "- skipped: the functions: --receiver-url and PENSTOCK_RECEIVER_URL do not say")
    assert starting(lines, "- skipped: the tick: PENSTOCK_BUCKET does not say")
    assert lines[-1] == "✗ check failed"


def test_with_functions_beside_it_everything_is_seen_to_be_well(
    install_plane: ControlPlane,
    install_cluster: ApiCluster,
    place: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert main.run(["install"]) == main.EXIT_OK
    env = environment(
        webhook_secret=SECRET,
        invoke_token=TOKEN,
        kubeconfig=install_plane.kubeconfig,
        bucket=place,
        queue=place.parent / "queue",
        admission_port=0,
    )
    monkeypatch.setenv("PENSTOCK_BUCKET", str(place))
    assert starting(check(capsys)[1], "✗ no tick has ever come to its end")
    with serving(env) as (_, url):
        eventually(lambda: FolderBucket(place).list("ticks/"), "a tick")
        code, lines = check(capsys, "--receiver-url", url)
        assert code == main.EXIT_OK, lines
        assert starting(lines, f"✔ the functions answer at {url}")
        assert "✔ the webhook takes signed deliveries only" in lines
        assert starting(lines, "✔ the last tick was ")
        assert starting(lines, "✔ the API server reaches the admission hook at https://127.0.0.1:")
        assert "✔ ServiceAccount/flux-system/penstock may do what is needed" in lines
        assert "✔ Flux's own controllers are absent or have 0 replicas" in lines
        monkeypatch.setenv("PENSTOCK_RECEIVER_URL", url)
        monkeypatch.setenv("PENSTOCK_WEBHOOK_SECRET", SECRET)
        code, lines = check(capsys)
        assert code == main.EXIT_OK, lines
        assert "✔ the webhook takes what is signed with PENSTOCK_WEBHOOK_SECRET" in lines
        monkeypatch.setenv("PENSTOCK_WEBHOOK_SECRET", "another-canary")
        code, lines = check(capsys)
        assert code == main.EXIT_FAILED
        assert starting(lines, "✗ the webhook does not take what is signed with")
        assert not [line for line in lines if "canary" in line]
    role = next(one for one in objects(Components()) if one["metadata"]["name"] == "penstock-flux-system")
    role["rules"] = [rule for rule in role["rules"] if "apiextensions.k8s.io" not in rule["apiGroups"]]
    install_cluster.apply(role, field_manager="flux")
    binding = next(one for one in objects(Components()) if one["metadata"]["name"].startswith("penstock-rec"))
    install_cluster.delete(ObjectRef.from_object(binding), uid=None)
    asked = review(Right("list", "apiextensions.k8s.io", "customresourcedefinitions"), "flux-system")
    eventually(lambda: not allowed(install_cluster.create(asked)), "the right is gone")
    code, lines = check(capsys)
    assert starting(
        lines, "✗ ServiceAccount/flux-system/penstock may not get and list customresourcedefinitions"
    )
    assert code == main.EXIT_FAILED
    assert starting(lines, f"✗ the functions do not answer at {url}: {url}/healthz cannot be reached")
    assert "- skipped: the webhook's secret: the functions do not answer" in lines
    assert starting(lines, "✗ the API server does not reach the admission hook at https://127.0.0.1:")


@pytest.mark.usefixtures("place")
def test_an_api_server_that_is_not_there_is_wrong_and_the_rest_is_still_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(
        "{current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}],"
        f" users: [{{name: a, user: {{}}}}], clusters: [{{name: a, cluster: {{server: 'http://127.0.0.1:{free_port()}'}}}}]}}"
    )
    nowhere = ("--kubeconfig", str(kubeconfig), "--timeout", "500ms")
    code, lines = check(capsys, "--pre", *nowhere)
    assert code == main.EXIT_FAILED
    assert "- skipped: your rights: the cluster cannot be used" in lines
    code, lines = check(capsys, *nowhere)
    assert code == main.EXIT_FAILED
    assert starting(lines, "✗ Flux's own controllers cannot be seen: ")
