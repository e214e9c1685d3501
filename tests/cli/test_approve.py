"""`penstock approve` on the real API server."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.cli import main

from tests.kustomize.builders import config_map

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kustomize.live import Live

ANNOTATION = "penstock.dev/approve"


@pytest.fixture
def held(live: Live) -> str:
    """The revision at which the deletions of two ConfigMaps are held."""
    live.add()
    live.push({"apps/all.yaml": [config_map(name, live.namespace) for name in ("a", "b")]})
    assert live.one().ok
    revision = live.push({"apps/kustomization.yaml": "resources: []\n"})
    assert live.one().reason == "PruneFailed"
    return revision


def _annotation(live: Live) -> str | None:
    found = live.cluster.get(live.apps)
    assert found is not None
    value: str | None = (found["metadata"].get("annotations") or {}).get(ANNOTATION)
    return value


def test_what_is_held_is_shown_and_approved_for_that_revision(
    live: Live, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["approve", "apps", "-n", live.namespace, "--yes"]) == main.EXIT_OK
    told = capsys.readouterr().out
    assert f"Kustomization/{live.namespace}/apps holds deletions at revision {held}" in told
    assert "KIND        OBJECTS\nConfigMap   2\n" in told
    assert f"ConfigMap   {live.namespace}" in told
    assert f"Approved for revision {held} only." in told
    assert _annotation(live) == held
    assert live.one().ok
    assert live.owned("ConfigMap") == {}
    assert main.run(["approve", "apps", "-n", live.namespace, "--yes"]) == main.EXIT_FAILED
    assert "holds no deletions. Ready: Applied revision: " in capsys.readouterr().err


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_programs_get_json_or_yaml(
    live: Live, held: str, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["approve", "apps", "-n", live.namespace, "--yes", "-o", output]
    assert main.run(arguments) == main.EXIT_OK
    told = capsys.readouterr().out
    found = json.loads(told) if output == "json" else yaml.safe_load(told)
    assert (found["revision"], found["approved"], found["name"]) == (held, True, "apps")
    assert [one["name"] for one in found["held"]] == ["a", "b"]
    assert main.run(arguments) == main.EXIT_OK, "a second time changes nothing"


def test_without_a_bucket_the_condition_tells_what_is_held(
    live: Live, held: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PENSTOCK_BUCKET")
    assert main.run(["approve", "apps", "-n", live.namespace, "--yes"]) == main.EXIT_OK
    told = capsys.readouterr().out
    assert f"Held: ConfigMap/{live.namespace}/a, ConfigMap/{live.namespace}/b." in told
    assert _annotation(live) == held


def test_nobody_is_asked_without_a_terminal(
    live: Live, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del held
    assert main.run(["approve", "apps", "-n", live.namespace]) == main.EXIT_FAILED
    assert "say --yes if it is meant" in capsys.readouterr().err
    assert _annotation(live) is None


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_on_a_terminal_the_person_is_asked(live: Live, held: str, answer: str, code: int) -> None:
    ours, theirs = pty.openpty()
    program = "from penstock.cli.main import main; main()"
    running = subprocess.Popen(
        [sys.executable, "-c", program, "approve", "apps", "-n", live.namespace],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    os.write(ours, f"{answer}\n".encode())
    _, asked = running.communicate(timeout=60)
    os.close(ours)
    assert "Delete them? [y/N]" in asked
    assert running.returncode == code
    assert _annotation(live) == (held if code == 0 else None)


def test_a_revision_that_is_not_offered_any_more_is_not_approved(
    live: Live, held: str, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = live.push({"apps/all.yaml": config_map("a", live.namespace)})
    assert main.run(["approve", "apps", "-n", live.namespace, "--yes"]) == main.EXIT_FAILED
    told = capsys.readouterr().err
    assert f"offers {newer} by now" in told
    assert held in told
    assert _annotation(live) is None


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["other"], 1, "Kustomization/{namespace}/other not found"),
        (["../x"], 1, "is no Kubernetes name"),
        (["apps", "--kubeconfig", "/nowhere"], 1, "/nowhere"),
        (["apps", "-o", "xml"], 2, "xml"),
        ([], 2, "NAME"),
    ],
)
def test_what_is_wrong_is_told(
    live: Live, arguments: list[str], code: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["approve", *arguments, "-n", live.namespace]) == code
    assert why.format(namespace=live.namespace) in capsys.readouterr().err


def test_the_kubeconfig_in_the_home_folder_is_found_as_kubectl_finds_it(
    live: Live, held: str, kubeconfig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBECONFIG")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").symlink_to(kubeconfig)
    assert main.run(["approve", "apps", "-n", live.namespace, "--yes"]) == main.EXIT_OK
    assert _annotation(live) == held


def test_several_kubeconfigs_are_too_many(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KUBECONFIG", f"{place}/a{os.pathsep}{place}/b")
    assert main.run(["approve", "apps"]) == main.EXIT_FAILED
    assert "--kubeconfig" in capsys.readouterr().err
