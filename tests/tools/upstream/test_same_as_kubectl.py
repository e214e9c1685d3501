"""Builds equal those of the real kustomize, as kubectl brings it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from penstock.kustomize.overlay import Overlay

from tests.tools.upstream.features import FLEETS
from tests.tools.upstream.kubeyaml import read_all

if TYPE_CHECKING:
    from penstock.tools.upstream import Upstream

    from tests.tools.upstream.fleets import Files

SHARED = Path(__file__).resolve().parents[4] / "shared" / "fleets"
SAMPLES = (
    ("podinfo", "kustomize"),
    ("flux2-kustomize-helm-example", "apps/production"),
    ("flux2-kustomize-helm-example", "clusters/staging"),
    ("flux2-kustomize-helm-example", "infrastructure/controllers"),
)


def read_tree(root: Path) -> Files:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def write_tree(root: Path, tree: Files) -> None:
    for name, content in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def render(kubectl: Path, folder: Path) -> list[dict[str, Any]]:
    argv = [str(kubectl), "kustomize", "--load-restrictor=LoadRestrictionsNone", str(folder)]
    done = subprocess.run(argv, capture_output=True, check=False, timeout=120, env={})
    assert done.returncode == 0, done.stderr.decode()
    return read_all(done.stdout)


def ordered(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """kubectl sorts by kind, Flux does not: here both by identity."""
    return sorted(
        objects, key=lambda one: (one["kind"], one["metadata"]["name"], one["metadata"].get("namespace", ""))
    )


def compare(upstream: Upstream, kubectl: Path, tree: Files, path: str, overlay: Overlay, work: Path) -> None:
    made = upstream.overlaid(tree, path, overlay)
    write_tree(work, {**tree, made.path: made.content.encode()})
    expected = ordered(render(kubectl, work / path))
    assert ordered(list(upstream.build(tree, path, overlay=overlay).objects)) == expected


@pytest.mark.parametrize("name", FLEETS)
def test_a_fleet_builds_to_what_kubectl_kustomize_prints(
    name: str, upstream: Upstream, kubectl: Path, tmp_path: Path
) -> None:
    compare(upstream, kubectl, FLEETS[name], "app", Overlay(), tmp_path)


@pytest.mark.parametrize("name", ["resources", "overlay", "scan", "references", "generators"])
def test_a_target_namespace_gives_what_kustomize_gives_for_it(
    name: str, upstream: Upstream, kubectl: Path, tmp_path: Path
) -> None:
    compare(upstream, kubectl, FLEETS[name], "app", Overlay(target_namespace="target"), tmp_path)


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is absent: no public fleets to build")
@pytest.mark.parametrize(("fleet", "path"), SAMPLES)
def test_a_real_fleet_builds_to_what_kubectl_kustomize_prints(
    fleet: str, path: str, upstream: Upstream, kubectl: Path, tmp_path: Path
) -> None:
    compare(upstream, kubectl, read_tree(SHARED / fleet), path, Overlay(), tmp_path)
