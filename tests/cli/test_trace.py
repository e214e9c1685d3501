"""`penstock trace` on the real API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.cli import main

from tests.kustomize.builders import config_map, make

if TYPE_CHECKING:
    from tests.kustomize.live import Live


@pytest.fixture
def revision(live: Live) -> str:
    """What brought a ConfigMap, which owns another one; a third one is nobody's."""
    live.add()
    revision: str = live.push({"apps/all.yaml": config_map("a", live.namespace)})
    assert live.one().ok
    applied = live.get("ConfigMap", "a")
    assert applied is not None
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": applied["metadata"]["uid"]}
    owned = config_map("owned", live.namespace)
    live.cluster.create({**owned, "metadata": {**owned["metadata"], "ownerReferences": [owner]}})
    live.cluster.create(make("v1", "ConfigMap", "stray", live.namespace))
    return revision


@pytest.mark.parametrize(
    "given",
    [
        ["configmap", "a"],
        ["ConfigMaps/a"],
        ["cm/a"],
        ["a", "--kind", "ConfigMap", "--api-version", "v1"],
        ["configmap", "owned"],
    ],
)
def test_an_object_is_traced_however_it_is_named(
    live: Live, revision: str, given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["trace", *given, "-n", live.namespace]) == main.EXIT_OK
    told = capsys.readouterr().out.splitlines()
    assert told[1].startswith("Object:          ConfigMap/")
    assert told[5] == "Kustomization:   apps"
    assert f"Revision:        {revision}" in told
    assert "GitRepository:   fleet" in told
    assert told[-1] == "Status:          Unknown"


def test_several_are_told_apart_and_those_that_fail_are_named(
    live: Live, revision: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del revision
    names = ["cm/a", "cm/stray", "cm/none", f"namespace/{live.namespace}"]
    assert main.run(["trace", *names, "-n", live.namespace]) == main.EXIT_FAILED
    told = capsys.readouterr()
    assert told.out.count("Object:") == 1
    for one in (
        f"✗ failed to trace ConfigMap/stray in namespace {live.namespace}: object not managed by Flux",
        f"✗ failed to trace ConfigMap/none in namespace {live.namespace}: failed to find object",
        f"✗ failed to trace Namespace/{live.namespace}: object not managed by Flux",
        "✗ 3 of 4 objects could not be traced",
    ):
        assert one in told.err


@pytest.mark.parametrize(
    ("given", "code", "why"),
    [
        (["cm"], 2, "either `<resource>/<name>` or `<resource> <name>` is required"),
        (["cm/a", "b"], 2, "either `<resource>/<name>`"),
        (["cm/"], 2, "either `<resource>/<name>`"),
        ([], 2, "RESOURCE"),
        (["gadget/x"], 1, 'the server doesn\'t have a resource type "gadget"'),
        (["a", "--kind", "ConfigMap"], 2, "object apiVersion is required (--api-version)"),
        (["a", "--api-version", "v1"], 2, "object kind is required (--kind)"),
        (["a", "b", "--kind", "ConfigMap", "--api-version", "v1"], 2, "one object name is required"),
        (["a", "--kind", "Gadget", "--api-version", "x/v1"], 1, 'no matches for kind "Gadget"'),
    ],
)
def test_what_is_wrong_is_told(
    live: Live, given: list[str], code: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["trace", *given, "-n", live.namespace]) == code
    assert why in capsys.readouterr().err
