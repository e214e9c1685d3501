"""A person acts on a running penstock with the command line: create, reconcile, suspend, resume, delete."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import asyncssh
import pytest
import yaml
from penstock.cli import main

from tests.e2e.fleet import config_map, ready, revision
from tests.runtime.requesting import TOKEN
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.fleet import Fleet
    from tests.fixtures_ssh import SSHGitServer

    Act = Callable[..., tuple[int, list[str]]]

REQUESTED = "reconcile.fluxcd.io/requestedAt"
PROGRAM = (sys.executable, "-c", "from penstock.cli.main import main; main()")


@pytest.fixture
def alone(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line knows the cluster, and not where penstock is."""
    for name in ("PENSTOCK_CONTEXT", "PENSTOCK_KUBECONFIG", "PENSTOCK_RECEIVER_URL", "FLUX_SYSTEM_NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))


@pytest.fixture
def act(fleet: Fleet, alone: None, capsys: pytest.CaptureFixture[str]) -> Act:
    """Runs one command line in the fleet's namespace; its exit code and the lines on stderr."""
    del alone

    def acted(*args: str) -> tuple[int, list[str]]:
        code = main.run([*args, "-n", fleet.namespace])
        told = capsys.readouterr()
        assert told.out == ""
        return code, told.err.splitlines()

    return acted


@pytest.fixture
def near(fleet: Fleet, act: Act, monkeypatch: pytest.MonkeyPatch) -> Act:
    """The same, where the command line knows whom to ask for a look."""
    monkeypatch.setenv("PENSTOCK_RECEIVER_URL", fleet.functions.url)
    monkeypatch.setenv("PENSTOCK_INVOKE_TOKEN", TOKEN)
    return act


def test_a_fleet_is_created_reconciled_suspended_resumed_and_deleted(fleet: Fleet, near: Act) -> None:
    first = fleet.copy.publish({"a.yaml": config_map("a")})
    code, told = near("create", "source", "git", "fleet", f"--url={fleet.copy.url}", "--branch=main")
    assert (code, told) == (
        0,
        [
            "✚ generating GitRepository source",
            "► applying GitRepository source",
            "✔ GitRepository source created",
            "◎ waiting for GitRepository source reconciliation",
            "✔ GitRepository source reconciliation completed",
            f"✔ fetched revision: {revision(first)}",
        ],
    )
    flags = ("--source=fleet", "--prune=true", f"--target-namespace={fleet.namespace}", "--interval=1h")
    code, told = near("create", "kustomization", "apps", *flags)
    assert (code, told) == (
        0,
        [
            "✚ generating Kustomization",
            "► applying Kustomization",
            "✔ Kustomization created",
            "◎ waiting for Kustomization reconciliation",
            "✔ Kustomization apps is ready",
            f"✔ applied revision {revision(first)}",
        ],
    )
    second = fleet.copy.publish({"b.yaml": config_map("b")})
    code, told = near("reconcile", "kustomization", "apps", "--with-source")
    assert (code, told) == (
        0,
        [
            f"► annotating GitRepository fleet in {fleet.namespace} namespace",
            "✔ GitRepository annotated",
            "◎ waiting for GitRepository reconciliation",
            f"✔ fetched revision {revision(second)}",
            f"► annotating Kustomization apps in {fleet.namespace} namespace",
            "✔ Kustomization annotated",
            "◎ waiting for Kustomization reconciliation",
            f"✔ applied revision {revision(second)}",
        ],
    )
    assert set(fleet.names("ConfigMap")) == {"a", "b"}
    for kind, name in (("GitRepository", "fleet"), ("Kustomization", "apps")):
        obj = fleet.the(kind, name)
        assert obj["status"]["lastHandledReconcileAt"] == obj["metadata"]["annotations"][REQUESTED]
    _suspended_and_resumed(fleet, near)
    code, told = near("delete", "ks", "apps", "--silent")
    assert (code, told) == (
        0,
        [f"► deleting kustomization apps in {fleet.namespace} namespace", "✔ kustomization deleted"],
    )
    eventually(lambda: fleet.get("Kustomization", "apps") is None, "the Kustomization is gone")
    assert fleet.names("ConfigMap") == {}


def _suspended_and_resumed(fleet: Fleet, near: Act) -> None:
    code, told = near("suspend", "ks", "apps", "nobody")
    assert (code, told) == (
        1,
        [
            f"► suspending kustomization apps in {fleet.namespace} namespace",
            "✔ kustomization suspended",
            f"✗ Kustomization nobody not found in {fleet.namespace} namespace",
        ],
    )
    code, told = near("reconcile", "ks", "apps")
    assert (code, len(told)) == (1, 1)
    assert told[0].startswith("✗ Kustomization apps is suspended: `penstock resume kustomization apps -n ")
    third = fleet.copy.publish({"c.yaml": config_map("c")})
    assert near("reconcile", "source", "git", "fleet")[0] == 0
    assert set(fleet.names("ConfigMap")) == {"a", "b"}
    code, told = near("resume", "ks", "apps")
    assert (code, told) == (
        0,
        [
            f"► resuming kustomization apps in {fleet.namespace} namespace",
            "✔ kustomization resumed",
            "◎ waiting for Kustomization reconciliation",
            "✔ Kustomization apps reconciliation completed",
            f"✔ applied revision {revision(third)}",
        ],
    )
    assert set(fleet.names("ConfigMap")) == {"a", "b", "c"}


def test_what_fails_is_told_with_the_message_of_the_object(fleet: Fleet, near: Act) -> None:
    fleet.add_source()
    fleet.add_kustomization(path="./nowhere")
    fleet.copy.publish({"a.yaml": config_map("a")})
    assert near("reconcile", "source", "git", "fleet")[0] == 0
    code, told = near("reconcile", "ks", "apps", "--timeout=2s")
    assert code == 1
    assert told[3].startswith("◎ Kustomization apps is not ready, and is tried again: ")
    assert "nowhere" in told[3]
    assert told[-1].startswith("✗ Kustomization apps is not ready after 2s: ")


def test_without_somebody_to_ask_the_request_waits_for_its_tick(fleet: Fleet, act: Act) -> None:
    fleet.add_source()
    fleet.copy.publish({"a.yaml": config_map("a")})
    code, told = act("reconcile", "source", "git", "fleet", "--timeout=1s")
    assert code == 1
    assert told[-1].startswith("✗ GitRepository fleet is not ready after 1s: nobody has looked at it yet: ")
    token = fleet.the("GitRepository", "fleet")["metadata"]["annotations"][REQUESTED]
    assert fleet.invoke("GitRepository", "fleet")[0] == 200
    assert fleet.answered("GitRepository", "fleet", token)


def test_an_address_without_a_token_is_warned_of(
    fleet: Fleet, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_RECEIVER_URL", fleet.functions.url)
    monkeypatch.delenv("PENSTOCK_INVOKE_TOKEN", raising=False)
    fleet.add_source()
    code, told = act("suspend", "source", "git", "fleet")
    assert code == 0
    assert told[0].startswith("⚠️ PENSTOCK_RECEIVER_URL is set and PENSTOCK_INVOKE_TOKEN is not")


def test_who_does_not_answer_is_told_of(fleet: Fleet, near: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_INVOKE_TOKEN", "hunter2-is-another-token")
    fleet.add_source()
    code, told = near("reconcile", "source", "git", "fleet", "--timeout=1s")
    assert code == 1
    assert "/invoke answered 401: PENSTOCK_INVOKE_TOKEN is not the token that it expects" in told[2]
    assert "hunter2" not in "".join(told)


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("reconcile", "ks", "nobody"), "Kustomization nobody not found in {namespace} namespace"),
        (
            ("delete", "source", "git", "nobody", "-s"),
            "GitRepository nobody not found in {namespace} namespace",
        ),
        (("resume", "ks", "nobody"), "Kustomization nobody not found in {namespace} namespace"),
        (("suspend", "ks", "--all"), "no Kustomization objects found in {namespace} namespace"),
        (("reconcile", "hr", "web"), "HelmRelease is not built here yet"),
        (("suspend", "source", "git", "../x"), "is no Kubernetes name"),
    ],
)
def test_what_is_not_there_is_told_in_one_line(
    fleet: Fleet, act: Act, args: tuple[str, ...], why: str
) -> None:
    code, told = act(*args)
    assert (code, len(told)) == (1, 1)
    assert why.format(namespace=fleet.namespace) in told[0]


def test_nothing_is_deleted_without_a_yes(fleet: Fleet, act: Act) -> None:
    fleet.add_source()
    code, told = act("delete", "source", "git", "fleet")
    assert (code, told[0].partition(";")[2]) == (1, " say --silent if it is meant")
    assert "deletionTimestamp" not in fleet.the("GitRepository", "fleet")["metadata"]


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (b"y\n", 0, "✔ source git deleted"),
        (b"n\n", 1, "✗ nothing was changed"),
        (b"\x04", 130, "✗ interrupted: nothing was changed"),
    ],
)
def test_on_a_terminal_the_person_is_asked(
    fleet: Fleet, alone: None, answer: bytes, code: int, said: str
) -> None:
    del alone
    fleet.add_source()
    ours, theirs = pty.openpty()
    args = ("delete", "source", "git", "fleet", "-n", fleet.namespace)
    with subprocess.Popen([*PROGRAM, *args], stdin=theirs, stderr=subprocess.PIPE, text=True) as running:
        os.close(theirs)
        os.write(ours, answer)
        assert running.stderr is not None
        told = running.stderr.read()
    os.close(ours)
    assert told.startswith("Are you sure you want to delete this source git [y/N]")
    assert told.rstrip().endswith(said)
    assert running.returncode == code
    assert (fleet.get("GitRepository", "fleet") is None) is (code == 0)


def test_a_deploy_key_is_added_while_the_person_is_asked(
    fleet: Fleet, ssh_server: SSHGitServer, near: Act
) -> None:
    del near  # the environment
    commit = fleet.copy.publish({"a.yaml": config_map("a")})
    url = ssh_server.url(fleet.copy.url.split("/", 3)[3].removesuffix(".git"))
    ours, theirs = pty.openpty()
    args = ("create", "source", "git", "fleet", f"--url={url}", "--branch=main", "-n", fleet.namespace)
    with subprocess.Popen([*PROGRAM, *args], stdin=theirs, stderr=subprocess.PIPE, text=True) as running:
        os.close(theirs)
        assert running.stderr is not None
        key = next(line for line in running.stderr if line.startswith("✚ deploy key: ")).split(": ")[1]
        ssh_server.accepted = [asyncssh.import_public_key(key)]
        os.write(ours, b"y\n")
        rest = running.stderr.read()
    os.close(ours)
    assert "Have you added the deploy key to your repository [y/N]" in rest
    assert rest.endswith(f"✔ fetched revision: {revision(commit)}\n"), rest
    assert running.returncode == 0
    assert "PRIVATE" not in rest
    assert fleet.the("GitRepository", "fleet")["spec"]["secretRef"] == {"name": "fleet"}


def test_an_interrupted_wait_leaves_the_request_standing(fleet: Fleet, alone: None) -> None:
    del alone
    fleet.add_source()
    args = ("reconcile", "source", "git", "fleet", "-n", fleet.namespace)
    with subprocess.Popen([*PROGRAM, *args], stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        assert any(line.startswith("◎ waiting for") for line in running.stderr)
        running.send_signal(signal.SIGINT)
        rest = running.stderr.read()
    stands = "✗ interrupted: what was asked for already stands, and penstock goes on with it"
    assert rest.strip() == stands
    assert running.returncode == main.EXIT_INTERRUPTED
    assert fleet.the("GitRepository", "fleet")["metadata"]["annotations"][REQUESTED]


def test_without_rights_it_is_said_which(
    fleet: Fleet, act: Act, kubeconfig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fleet.add_source()
    account = f"/api/v1/namespaces/{fleet.namespace}/serviceaccounts"
    fleet.kube.post(account, {"metadata": {"name": "guest"}})
    token = fleet.kube.post(f"{account}/guest/token", {"spec": {"expirationSeconds": 600}})["status"]["token"]
    config = yaml.safe_load(kubeconfig.read_text())
    config["users"][0]["user"] = {"token": token}
    (tmp_path / "guest").write_text(yaml.safe_dump(config))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "guest"))
    for args in (
        ("reconcile", "source", "git", "fleet"),
        ("suspend", "source", "git", "fleet"),
        ("delete", "source", "git", "fleet", "-s"),
        ("create", "secret", "git", "auth", "--url=https://h/x", "--bearer-token=hunter2"),
    ):
        code, told = act(*args)
        assert (code, len(told)) == (1, 1), told
        assert "forbidden" in told[0] or "it needs the right to get, create and patch Secrets" in told[0]
        assert "hunter2" not in told[0]
    assert ready(fleet.the("GitRepository", "fleet")) == ("", "", "")
