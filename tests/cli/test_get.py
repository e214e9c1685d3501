"""`penstock get` on the real API server, with objects that penstock reconciled."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.api.refs import kustomization
from penstock.cli import main

from tests.kustomize.builders import config_map
from tests.runtime.processes import environment, running
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kustomize.live import Live

PENSTOCK = [sys.executable, "-c", "from penstock.cli.main import main; main()"]


@pytest.fixture
def revision(live: Live) -> str:
    """What Kustomization `apps` has applied; `other` was never looked at."""
    live.add()
    live.push({"apps/all.yaml": config_map("a", live.namespace)})
    assert live.one().ok
    live.add("other", suspend=True)
    revision: str = live.push({"apps/all.yaml": config_map("a", live.namespace), "x": "x"})
    assert live.one(live.apps).ok
    return revision


def _cells(told: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("\t")] for line in told.splitlines()]


def test_each_kind_has_fluxs_table(live: Live, revision: str, capsys: pytest.CaptureFixture[str]) -> None:
    short, place = revision[: len("main@sha1:") + 8], ["-n", live.namespace]
    for noun in ("kustomizations", "kustomization", "ks"):
        assert main.run(["get", noun, *place]) == main.EXIT_OK
        told = capsys.readouterr()
        assert _cells(told.out) == [
            ["NAME", "REVISION", "SUSPENDED", "READY", "MESSAGE"],
            ["apps", short, "False", "True", f"Applied revision: {short}", ""],
            ["other", "", "True", "False", "waiting to be reconciled", ""],
        ]
        assert told.err == ""
    assert main.run(["get", "sources", "git", "fleet", *place, "--no-header"]) == main.EXIT_OK
    assert _cells(capsys.readouterr().out) == [
        ["fleet", short, "False", "False", "waiting to be reconciled", ""]
    ]
    assert main.run(["get", "ks", *place, "--show-source", "--status-selector", "ready=true"]) == main.EXIT_OK
    assert [row[:2] for row in _cells(capsys.readouterr().out)] == [
        ["NAME", "SOURCE"],
        ["apps", f"GitRepository/{live.namespace}/fleet"],
    ]


def test_all_of_them_are_in_tables_of_their_own(
    live: Live, revision: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del revision
    assert main.run(["get", "all", "-n", live.namespace]) == main.EXIT_OK
    assert [row[0] for row in _cells(capsys.readouterr().out)] == [
        *("NAME", "gitrepository/fleet", "", "NAME", "kustomization/apps", "kustomization/other", "")
    ]
    assert main.run(["get", "source", "all", "-A", "--status-selector", "Ready!=True"]) == main.EXIT_OK
    told = _cells(capsys.readouterr().out)
    assert told[0][:2] == ["NAMESPACE", "NAME"]
    assert [live.namespace, "gitrepository/fleet"] in [row[:2] for row in told]
    assert all(row[1].startswith("gitrepository/") for row in told[1:-1])


def test_wide_tables_and_documents_have_everything(
    live: Live, revision: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["-n", live.namespace]
    assert main.run(["get", "ks", *place, "-o", "wide"]) == main.EXIT_OK
    head, apps, _ = _cells(capsys.readouterr().out)
    assert head[-2:] == ["SOURCE", "AGE"]
    assert (apps[1], apps[5]) == (revision, f"GitRepository/{live.namespace}/fleet")
    assert main.run(["get", "ks", *place, "-o", "json"]) == main.EXIT_OK
    listed = json.loads(capsys.readouterr().out)
    assert (listed["kind"], [one["metadata"]["name"] for one in listed["items"]]) == (
        "List",
        ["apps", "other"],
    )
    assert main.run(["get", "ks", "apps", *place, "-o", "yaml"]) == main.EXIT_OK
    apps = yaml.safe_load(capsys.readouterr().out)
    assert apps["status"]["lastAppliedRevision"] == revision
    assert "managedFields" not in apps["metadata"]
    assert main.run(["get", "all", *place, "-o", "yaml"]) == main.EXIT_OK
    kinds = [one["kind"] for one in yaml.safe_load(capsys.readouterr().out)["items"]]
    assert kinds == ["GitRepository", "Kustomization", "Kustomization"]


@pytest.mark.parametrize(
    ("arguments", "code", "out", "err"),
    [
        (["ks"], 1, "", '✗ no Kustomization objects found in "{namespace}" namespace'),
        (["ks", "x"], 1, "", "✗ Kustomization object 'x' not found in \"{namespace}\" namespace"),
        (["ks", "x", "-o", "json"], 1, "", "✗ Kustomization object 'x' not found"),
        (["ks", "-l", "a=b", "-o", "yaml"], 0, "apiVersion: v1\nitems: []\nkind: List\n", ""),
        (["sources", "git", "fleet", "-l", "a=b"], 1, "", "✗ GitRepository object 'fleet' not found"),
        (["all", "--status-selector", "ready=true"], 1, "", '✗ no objects found in "{namespace}" namespace'),
        (["all", "-w"], 2, "", "expected a single resource type, but found all"),
        (["ks", "--status-selector", "ready"], 2, "", "expected status selector in type=status"),
        (["ks", "-l", "(a)"], 2, "", "no condition on a label"),
        (["ks", "-o", "name"], 2, "", "wide"),
        (["hr"], 1, "", "✗ HelmRelease is not built here yet"),
        (["sources", "oci", "x", "-A"], 1, "", "✗ OCIRepository is not built here yet"),
        (["kustomizatons"], 2, "", "kustomizations"),
    ],
)
def test_what_is_not_there_or_wrong_is_told(
    live: Live, arguments: list[str], code: int, out: str, err: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["get", *arguments, "-n", live.namespace]) == code
    told = capsys.readouterr()
    assert told.out == out
    assert err.format(namespace=live.namespace) in told.err


def test_changes_are_told_as_they_come_until_ctrl_c(live: Live, revision: str, kubeconfig: Path) -> None:
    del revision
    watching = [*PENSTOCK, "get", "ks", "-n", live.namespace, "-w"]
    with running(watching, environment(kubeconfig=kubeconfig)) as started:
        eventually(lambda: len(started.lines) >= 3, "the table")
        live.patch(live.apps, {"spec": {"suspend": True}})
        eventually(lambda: len(started.lines) >= 4, "the change")
        live.cluster.delete(kustomization(live.namespace, "other"), uid=None)
        eventually(lambda: len(started.lines) >= 5, "the deletion")
        assert started.end(signal.SIGINT) == main.EXIT_INTERRUPTED
    _, _, _, changed, gone = _cells(started.output.rstrip())
    assert (changed[0], changed[2], gone[0], gone[4]) == ("apps", "True", "other", "deleted")


def test_a_watch_ends_at_the_timeout_that_is_given(
    live: Live, revision: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del revision
    watching = ["get", "ks", "apps", "-n", live.namespace, "-w", "--timeout", "3s", "-o", "yaml"]
    assert main.run(watching) == main.EXIT_OK
    (apps,) = yaml.safe_load_all(capsys.readouterr().out)
    assert apps["metadata"]["name"] == "apps"
