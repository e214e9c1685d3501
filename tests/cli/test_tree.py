"""`penstock tree` on the real API server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.cli import main

from tests.kustomize.builders import config_map, make

if TYPE_CHECKING:
    from tests.kustomize.live import Live


@pytest.fixture
def fleet(live: Live) -> Live:
    """Kustomization `apps` brought a ConfigMap and Kustomization `team`, which brought a Secret."""
    source = {"kind": "GitRepository", "name": "fleet"}
    spec = {"interval": "10m", "prune": True, "path": "./team", "sourceRef": source}
    team = make("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "team", live.namespace, spec=spec)
    secret = make("v1", "Secret", "s", live.namespace, stringData={"password": "from-git"})
    live.add()
    live.push({"apps/all.yaml": [config_map("a", live.namespace), team], "team/all.yaml": secret})
    assert all(outcome.ok for outcome in live.run())
    assert live.one(live.apps).ok
    assert all(outcome.ok for outcome in live.run())
    return live


def test_what_was_applied_is_a_tree(fleet: Live, capsys: pytest.CaptureFixture[str]) -> None:
    namespace = fleet.namespace
    arguments = ["tree", "ks", "apps", "-n", namespace]
    assert main.run(arguments) == main.EXIT_OK
    assert capsys.readouterr().out.splitlines() == [
        f"Kustomization/{namespace}/apps",
        f"├── ConfigMap/{namespace}/a",
        f"└── Kustomization/{namespace}/team",
        f"    └── Secret/{namespace}/s",
        "",
    ]
    assert main.run([*arguments, "--compact"]) == main.EXIT_OK
    assert capsys.readouterr().out.splitlines()[1:] == [f"└── Kustomization/{namespace}/team", ""]
    for output, parse in (("json", json.loads), ("yaml", yaml.safe_load)):
        assert main.run([*arguments, "-o", output]) == main.EXIT_OK
        told = parse(capsys.readouterr().out)
        assert told["resource"]["Name"] == "apps"
        assert [one["resource"]["GroupKind"]["Kind"] for one in told["resources"]] == [
            "ConfigMap",
            "Kustomization",
        ]


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["ks", "nothing"], 1, "✗ Kustomization/{namespace}/nothing not found"),
        (["ks"], 2, "NAME"),
        (["hr", "x"], 2, "hr"),
    ],
)
def test_what_is_wrong_is_told(
    live: Live, arguments: list[str], code: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["tree", *arguments, "-n", live.namespace]) == code
    assert why.format(namespace=live.namespace) in capsys.readouterr().err
