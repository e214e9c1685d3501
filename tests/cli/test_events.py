"""`penstock events` on the real API server, with events that penstock emitted."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

import pytest
from penstock.cli import main

from tests.kustomize.builders import config_map, make
from tests.runtime.processes import environment, running
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kustomize.live import Live

PENSTOCK = [sys.executable, "-c", "from penstock.cli.main import main; main()"]


def _event(live: Live, name: str, kind: str, about: str, **rest: str) -> None:
    group = {
        "Kustomization": "kustomize.toolkit.fluxcd.io/v1",
        "GitRepository": "source.toolkit.fluxcd.io/v1",
    }
    involved = {"kind": kind, "name": about, "namespace": live.namespace, "apiVersion": group.get(kind, "v1")}
    moment = "2026-01-01T00:00:00Z"
    words = {"reason": "Test", "message": f"about {about}", "type": "Normal", **rest}
    times = {"firstTimestamp": moment, "lastTimestamp": moment, "count": 1}
    live.cluster.create(make("v1", "Event", name, live.namespace, involvedObject=involved, **words, **times))


@pytest.fixture
def told(live: Live) -> Live:
    """A run of `apps` has told what it did; others have events as well."""
    live.add()
    live.push({"apps/all.yaml": config_map("a", live.namespace)})
    assert live.one().ok
    _event(live, "one", "GitRepository", "fleet", type="Warning")
    _event(live, "two", "Pod", "p")
    _event(live, "three", "Kustomization", "other")
    return live


def _rows(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    """Object and message of each line."""
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [cell.strip() for cell in lines[0][-5:]] in (
        ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"],
        [],
    )
    return [(line[-3].strip(), line[-2].strip()) for line in lines[1:]]


def test_fluxs_events_are_shown_oldest_first(told: Live, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["events", "-n", told.namespace]) == main.EXIT_OK
    found = _rows(capsys)
    assert {one for one, _ in found} == {"GitRepository/fleet", "Kustomization/apps", "Kustomization/other"}
    assert {one for one, _ in found[:2]} == {"GitRepository/fleet", "Kustomization/other"}
    assert ("Kustomization/apps", f"ConfigMap/{told.namespace}/a created") in found


def test_those_of_an_object_come_with_those_of_its_source(
    told: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["-n", told.namespace]
    assert main.run(["events", "--for", "kustomization/apps", *place]) == main.EXIT_OK
    assert {one for one, _ in _rows(capsys)} == {"GitRepository/fleet", "Kustomization/apps"}
    assert main.run(["events", "--for", "Kustomization", *place, "--types", "normal"]) == main.EXIT_OK
    assert {one for one, _ in _rows(capsys)} == {"Kustomization/other", "Kustomization/apps"}
    assert (
        main.run(["events", "-A", "--for", "Kustomization/other", "--types", "Normal,Warning"])
        == main.EXIT_OK
    )
    assert ("Kustomization/other", "about other") in _rows(capsys)


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        ([], 0, "✗ No events found in {namespace} namespace."),
        (["--for", "Kustomization/gone"], 0, "✗ No events found in {namespace} namespace."),
        (["--for", "Deployment/x"], 2, "'Deployment' is not a recognized Flux kind"),
        (["--for", "/x"], 2, "--for selector must be of format <kind>[/<name>]"),
        (["--types", "Normal", "--types", "Odd"], 2, "type 'Odd' not supported. Supported types are Normal"),
        (["--for", "HelmRelease/x"], 1, "no matches for kind"),
    ],
)
def test_what_is_not_there_or_wrong_is_told(
    live: Live, arguments: list[str], code: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["events", *arguments, "-n", live.namespace]) == code
    assert why.format(namespace=live.namespace) in capsys.readouterr().err


def test_new_ones_are_told_as_they_come_until_ctrl_c(told: Live, kubeconfig: Path) -> None:
    watching = [*PENSTOCK, "events", "-n", told.namespace, "-w", "--types", "Warning"]
    with running(watching, environment(kubeconfig=kubeconfig)) as started:
        eventually(lambda: len(started.lines) >= 2, "the table")
        _event(told, "four", "Kustomization", "quiet")
        _event(told, "five", "Kustomization", "loud", type="Warning")
        eventually(lambda: len(started.lines) >= 3, "the event")
        assert started.end(signal.SIGINT) == main.EXIT_INTERRUPTED
    assert [line.split("\t")[3].strip() for line in started.lines[:3]] == [
        "OBJECT", "GitRepository/fleet", "Kustomization/loud",
    ]  # fmt: skip
