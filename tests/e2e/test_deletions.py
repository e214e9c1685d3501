"""A push that takes too much away, from Git to the cluster: held, approved by command, and brought back."""

from __future__ import annotations

import pytest
from penstock.cli import main

from tests.e2e.fleet import Fleet, condition, config_map, revision

NAMES = tuple(f"map-{number}" for number in range(24))


@pytest.fixture
def standing(fleet: Fleet, monkeypatch: pytest.MonkeyPatch, kubeconfig: object) -> Fleet:
    """Many ConfigMaps, pushed and applied; commands find the cluster and the bucket of `serve`."""
    monkeypatch.setenv("PENSTOCK_BUCKET", str(fleet.functions.bucket))
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    fleet.add_source()
    fleet.add_kustomization()
    fleet.wait_applied(fleet.push({f"{name}.yaml": config_map(name, x="1") for name in NAMES}))
    return fleet


def test_a_mass_deletion_waits_for_its_approval_and_can_be_undone(
    standing: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["apps", "-n", standing.namespace, "--yes"]
    commit = standing.push({f"{name}.yaml": None for name in NAMES[1:]}, "Lose most of it")
    message = standing.wait_failed("PruneFailed")
    assert "the build would delete 23 of 24 objects" in message
    assert condition(standing.the("Kustomization", "apps"), "Stalled")[:2] == ("True", "PruneFailed")
    assert len(standing.names("ConfigMap")) == 24
    standing.wait_told("PruneFailed", message)
    assert main.run(["approve", *where]) == main.EXIT_OK
    assert "ConfigMap   23" in capsys.readouterr().out
    assert standing.invoke("Kustomization", "apps")[0] == 200
    standing.wait_applied(commit)
    assert list(standing.names("ConfigMap")) == [NAMES[0]]
    assert main.run(["undelete", *where]) == main.EXIT_OK
    told = capsys.readouterr().out
    assert "23 of 23 objects are back." in told
    assert revision(commit) not in told
    assert len(standing.names("ConfigMap")) == 24
    assert standing.invoke("Kustomization", "apps")[0] == 200
    assert len(standing.names("ConfigMap")) == 24
    standing.copy.git("revert", "--no-edit", "HEAD")
    standing.copy.push()
    standing.announce()
    standing.wait_applied(standing.copy.git("rev-parse", "HEAD"))
    entries = standing.the("Kustomization", "apps")["status"]["inventory"]["entries"]
    assert len(entries) == len(standing.names("ConfigMap")) == 24
    adopted = standing.the("ConfigMap", NAMES[5])["metadata"]
    assert "annotations" not in adopted
