"""A bad push is rolled back and stays off, whatever process looks, until a repair is pushed."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

from penstock.cli import main

from tests.e2e.fleet import Fleet, config_map, ready, revision
from tests.runtime.requesting import TOKEN

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.e2e.conftest import Serve
    from tests.fixtures_git import WorkingCopy
    from tests.support.kube import Kube


def test_a_bad_push_is_kept_off_over_kills_and_ticks_until_the_repair_comes(
    serve: Serve,
    kube: Kube,
    namespace: str,
    repository: WorkingCopy,
    tmp_path: Path,
    kubeconfig: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    monkeypatch.setenv("PENSTOCK_BUCKET", str(tmp_path / "bucket"))
    monkeypatch.setenv("PENSTOCK_INVOKE_TOKEN", TOKEN)
    here = ["ks", "apps", "-n", namespace]
    with serve(tmp_path, namespaces=namespace) as functions:
        monkeypatch.setenv("PENSTOCK_RECEIVER_URL", functions.url)
        fleet = Fleet(kube, functions, namespace, repository)
        fleet.add_source()
        fleet.add_kustomization()
        good = fleet.push({"a.yaml": config_map("a", x="good")}, "Add a")
        fleet.wait_applied(good)
        bad = fleet.push({"a.yaml": config_map("a", x="bad"), "b.yaml": config_map("b")}, "Break it")
        fleet.wait_applied(bad)
        assert main.run(["rollback", *here, "--yes"]) == main.EXIT_OK
        said = capsys.readouterr().err
        assert said.endswith(f"✔ applied revision {revision(good)}\n")
        assert f"► {revision(good)} (Add a; " in said
        assert f"► in place of {revision(bad)} (Break it; " in said
        assert set(fleet.names("ConfigMap")) == {"a"}
        functions.running.end(signal.SIGKILL)
    with serve(tmp_path, namespaces=namespace, tick_seconds=1) as functions:
        fleet.functions = functions
        functions.running.wait_for("tick")
        functions.running.wait_for("tick", queued=0)
        assert fleet.invoke("Kustomization", "apps")[0] == 200
        assert ready(fleet.the("Kustomization", "apps"))[2].startswith(
            f"Applied revision: {revision(good)}; rolled"
        )
        assert fleet.the("ConfigMap", "a")["data"] == {"x": "good"}
        repair = fleet.push({"a.yaml": config_map("a", x="repaired")}, "Repair it")
        fleet.wait_applied(repair)
    assert set(fleet.names("ConfigMap")) == {"a", "b"}
    assert "penstock.dev/rollback" not in fleet.the("Kustomization", "apps")["metadata"]["annotations"]
    assert main.run(["history", "source", "git", "fleet", "-n", namespace, "-o", "json"]) == main.EXIT_OK
    stored = json.loads(capsys.readouterr().out)
    assert [entry["subject"] for entry in stored] == ["Repair it", "Break it", "Add a"]
    assert main.run(["history", *here, "-o", "json"]) == main.EXIT_OK
    entries = json.loads(capsys.readouterr().out)
    # The process may have been killed before it had left the record of the rollback.
    assert [entry["subject"] for entry in entries if entry["subject"] != "Add a"] == ["Repair it", "Break it"]
    assert entries[-1]["subject"] == "Add a"
    assert all(entry["author"] and entry["seconds"] is not None for entry in entries)
