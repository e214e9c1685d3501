"""Kustomizations that a Kustomization brings, followed into local folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import Terminal
from penstock.plans.below import built_below, looked_below, parse_sources
from penstock.plans.preview import built, look_ahead
from penstock.plans.telling import text

from tests.kustomize.builders import changed, config_map, make
from tests.kustomize.world import APPS, NAMESPACE

if TYPE_CHECKING:
    from penstock.api.objects import Json

    from tests.plans.conftest import Planned

A, B = (config_map(name, data={"x": "1"}) for name in "ab")
SOURCE = "GitRepository/flux-system/fleet"


def _kustomization(name: str, **spec: object) -> Json:
    wanted = {
        "interval": "10m",
        "prune": True,
        "path": f"./{name}",
        "sourceRef": {"kind": "GitRepository", "name": "fleet"},
        **spec,
    }
    return make("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name, NAMESPACE, spec=wanted)


def _applied(planned: Planned) -> None:
    """`apps` brings `web`, which brings itself again and a ConfigMap."""
    web = _kustomization("web")
    planned.world.push({"apps/web.yaml": web, "web/a.yaml": [A, web]})
    for _ in range(3):
        planned.world.run()
        planned.world.clock.move(700)


def test_objects_of_kustomizations_below_are_built_as_well(planned: Planned) -> None:
    planned.write({"apps/web.yaml": [_kustomization("web"), B], "web/a.yaml": [A, _kustomization("web")]})
    ports, sources = planned.ports(), parse_sources([f"{SOURCE}={planned.root}"])
    targets = built(ports, planned.job())
    names = [obj["metadata"]["name"] for obj in built_below(ports, targets, sources, (), APPS)]
    assert names == ["a", "web"]


def test_what_would_change_below_is_told_below_the_kustomization(planned: Planned) -> None:
    _applied(planned)
    planned.write(
        {"apps/web.yaml": [_kustomization("web"), _kustomization("new")], "web/a.yaml": changed(A, x="2")}
    )
    ports = planned.ports()
    seen = look_ahead(ports, planned.job())
    outlook = looked_below(ports, seen, parse_sources([f"{SOURCE}={planned.root}"]), ())
    told = text(outlook)
    assert "📁 Kustomization/flux-system/web changed\n► ConfigMap/default/a drifted\n" in told
    assert "► Kustomization/flux-system/new created\n" in told
    assert (outlook.changes, outlook.failures) == (True, ())


def test_a_source_without_a_folder_and_a_folder_that_is_not_there_are_failures(planned: Planned) -> None:
    _applied(planned)
    planned.write({"apps/web.yaml": _kustomization("web")})
    ports = planned.ports()
    for given, why in (
        ([f"GitRepository/flux-system/other={planned.root}"], f"cannot get local path for {SOURCE}"),
        ([f"{SOURCE}={planned.root}"], "invalid resource path"),
    ):
        outlook = looked_below(ports, look_ahead(ports, planned.job()), parse_sources(given), ())
        assert len(outlook.failures) == 1
        assert outlook.failures[0].startswith(f"Kustomization/flux-system/web: {why}")


def test_a_failure_below_is_a_failure_above(planned: Planned) -> None:
    _applied(planned)
    planned.write(
        {"apps/web.yaml": _kustomization("web"), "web/a.yaml": make("example.com/v1", "Widget", "w", "x")}
    )
    ports = planned.ports()
    outlook = looked_below(
        ports, look_ahead(ports, planned.job()), parse_sources([f"{SOURCE}={planned.root}"]), ()
    )
    assert outlook.problems == ()
    assert "Widget/x/w dry-run failed" in outlook.failures[0]


@pytest.mark.parametrize("given", ["fleet=.", "GitRepository/fleet=.", f"{SOURCE}", f"{SOURCE}="])
def test_sources_are_named_by_kind_namespace_and_name(given: str) -> None:
    with pytest.raises(Terminal, match=r"is not of the form Kind/namespace/name=path"):
        parse_sources([given])
    assert {*parse_sources(["A/b/c=x,D/e/f=y", "G/h/i=z"])} == {"A/b/c", "D/e/f", "G/h/i"}
