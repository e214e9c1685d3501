"""`penstock undelete` on the real API server, from a bucket in a folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef
from penstock.cli import main

from tests.kustomize.builders import config_map, crd, make
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kustomize.live import Live

GROUP = "kustomize.toolkit.fluxcd.io"


def _all(live: Live) -> list[dict[str, Any]]:
    """A CRD and an object of it, a Secret, a ConfigMap."""
    group = f"{live.namespace}.example.com"
    return [
        crd("Widget", group),
        make(f"{group}/v1", "Widget", "w", live.namespace, spec={"x": 1}),
        make("v1", "Secret", "s", live.namespace, stringData={"password": "from-git"}),
        config_map("b", live.namespace, data={"x": "1"}),
    ]


@pytest.fixture
def lost(live: Live) -> str:
    """The revision that took four objects out."""
    live.add()
    stays = config_map("a", live.namespace)
    live.push({"apps/all.yaml": [stays, *_all(live)]})
    assert live.one().ok
    revision = live.push({"apps/all.yaml": stays})
    assert len(live.one().changes) == 4
    # The API server takes its time for the end of a CRD, and takes no objects of it meanwhile.
    kind = ObjectRef(
        "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "", f"widgets.{live.namespace}.example.com"
    )
    eventually(lambda: live.cluster.get(kind) is None, "the end of the CRD")
    return revision


def test_what_was_deleted_comes_back_and_stays(
    live: Live, lost: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del lost
    group, arguments = f"{live.namespace}.example.com", ["undelete", "apps", "-n", live.namespace]
    assert main.run([*arguments, "--dry-run"]) == main.EXIT_OK
    told = capsys.readouterr().out
    assert "Nothing was changed." in told
    rows = [line.split() for line in told.splitlines() if line.endswith("   create")]
    assert sorted(row[0] for row in rows) == ["ConfigMap", "CustomResourceDefinition", "Secret", "Widget"]
    assert rows[0][0] == "CustomResourceDefinition"
    assert live.get("ConfigMap", "b") is None
    assert main.run([*arguments, "--yes"]) == main.EXIT_OK
    assert "4 of 4 objects are back." in capsys.readouterr().out
    back = live.get("ConfigMap", "b")
    assert back is not None
    assert back["metadata"]["annotations"] == {f"{GROUP}/prune": "disabled"}
    assert back["metadata"]["managedFields"][0]["manager"] == "kustomize-controller"
    assert live.get("Widget", "w", group) is not None
    assert live.one(live.apps).changes == ()
    live.push({"apps/all.yaml": [config_map("a", live.namespace), *_all(live)]})
    assert {line.rpartition(" ")[2] for line in live.one().changes} == {"configured"}
    back = live.get("ConfigMap", "b")
    assert back is not None
    assert "annotations" not in back["metadata"]
    assert main.run([*arguments, "--yes"]) == main.EXIT_OK
    assert "There is nothing to bring back." in capsys.readouterr().out


def test_programs_get_json(live: Live, lost: str, capsys: pytest.CaptureFixture[str]) -> None:
    commit = lost.rpartition(":")[2]
    arguments = ["undelete", "apps", "-n", live.namespace, "--revision", commit[:9], "--yes", "-o", "json"]
    assert main.run(arguments) == main.EXIT_OK
    told = json.loads(capsys.readouterr().out)
    assert [one["back"] for one in told["objects"]] == [True] * 4
    assert told["problems"] == []
    assert main.run([*arguments, "--run", told["runs"][0]]) == main.EXIT_USAGE


def test_nobody_is_asked_without_a_terminal(
    live: Live, lost: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del lost
    assert main.run(["undelete", "apps", "-n", live.namespace]) == main.EXIT_FAILED
    assert "say --yes" in capsys.readouterr().err
    assert live.get("ConfigMap", "b") is None


def test_a_namespace_that_is_gone_keeps_nobody_else(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    team = f"{live.namespace}-team"
    stays, here = (config_map(name, live.namespace) for name in "ab")
    live.add()
    live.cluster.create(make("v1", "Namespace", team))
    live.push({"apps/all.yaml": [stays, here, config_map("c", team)]})
    assert live.one().ok
    live.push({"apps/all.yaml": stays})
    assert live.one().ok
    live.cluster.delete(ObjectRef("", "v1", "Namespace", "", team), uid=None)
    assert main.run(["undelete", "apps", "-n", live.namespace, "--yes"]) == main.EXIT_FAILED
    told = capsys.readouterr()
    assert "1 of 2 objects are back." in told.out
    assert f"ConfigMap/{team}/c: " in told.out
    assert "1 objects are not back" in told.err
    assert live.get("ConfigMap", "b") is not None


@pytest.mark.parametrize("given", [None, "/nowhere/bucket"])
def test_a_bucket_that_is_not_there_is_named(
    place: Path, given: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del place
    monkeypatch.delenv("PENSTOCK_BUCKET")
    if given:
        monkeypatch.setenv("PENSTOCK_BUCKET", given)
    assert main.run(["undelete", "apps"]) == main.EXIT_FAILED
    assert "PENSTOCK_BUCKET" in capsys.readouterr().err
