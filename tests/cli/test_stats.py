"""`penstock stats` on the real API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.cli import main

from tests.kustomize.builders import config_map

if TYPE_CHECKING:
    import pytest

    from tests.kustomize.live import Live


def _table(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("\t")][:5] for line in capsys.readouterr().out.splitlines()]


def test_what_runs_fails_and_is_suspended_is_counted(live: Live, capsys: pytest.CaptureFixture[str]) -> None:
    for name, spec in (("apps", {}), ("broken", {"path": "./nowhere"}), ("off", {"suspend": True})):
        live.add(name, **spec)
    live.push({"apps/all.yaml": config_map("a", live.namespace)})
    live.patch(live.repository, {"status": {"artifact": {"size": 2048}}}, "status")
    assert sorted(outcome.ok for outcome in live.run()) == [False, True]
    assert main.run(["stats", "-n", live.namespace]) == main.EXIT_OK
    head, *rows = _table(capsys)
    assert head == ["RECONCILERS", "RUNNING", "FAILING", "SUSPENDED", "STORAGE"]
    counted = {row[0]: row[1:] for row in rows}
    assert len(counted) == 13
    assert counted["Kustomization"] == ["2", "1", "1", "-"]
    assert counted["GitRepository"] == ["1", "0", "0", "2.0 KiB"]
    assert counted["HelmRelease"] == ["0", "0", "0", "-"]
    assert main.run(["stats", "-A"]) == main.EXIT_OK
    everywhere = {row[0]: row[1:] for row in _table(capsys)[1:]}
    assert int(everywhere["Kustomization"][2]) >= 1
