"""The versions that Flux has removed, beside the CRDs of the Flux that we follow."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from penstock.api.removed import REMOVED, SERVED, replacement

FLUX_CRDS = Path(__file__).resolve().parents[3] / "shared" / "flux-crds"


@pytest.mark.parametrize(
    ("old", "kind", "instead"),
    [
        ("source.toolkit.fluxcd.io/v1beta1", "GitRepository", "source.toolkit.fluxcd.io/v1"),
        ("source.toolkit.fluxcd.io/v1beta2", "HelmChart", "source.toolkit.fluxcd.io/v1"),
        ("kustomize.toolkit.fluxcd.io/v1beta2", "Kustomization", "kustomize.toolkit.fluxcd.io/v1"),
        ("helm.toolkit.fluxcd.io/v2beta1", "HelmRelease", "helm.toolkit.fluxcd.io/v2"),
        ("notification.toolkit.fluxcd.io/v1beta2", "Alert", "notification.toolkit.fluxcd.io/v1beta3"),
        ("notification.toolkit.fluxcd.io/v1beta1", "Receiver", "notification.toolkit.fluxcd.io/v1"),
        ("image.toolkit.fluxcd.io/v1beta2", "ImagePolicy", "image.toolkit.fluxcd.io/v1"),
    ],
)
def test_a_removed_version_has_one_in_its_place(old: str, kind: str, instead: str) -> None:
    assert replacement(old, kind) == instead


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
        ("notification.toolkit.fluxcd.io/v1beta3", "Alert"),
        ("source.extensions.fluxcd.io/v1beta1", "ArtifactGenerator"),
        ("kustomize.config.k8s.io/v1beta1", "Kustomization"),
        ("kustomize.toolkit.fluxcd.io/v1beta2", "Kustomisation"),
        ("helm.toolkit.fluxcd.io/v1beta2", "HelmRelease"),
        ("v1", "ConfigMap"),
        ("", ""),
    ],
)
def test_every_other_version_stays(version: str, kind: str) -> None:
    assert replacement(version, kind) == ""


@pytest.mark.skipif(not FLUX_CRDS.is_dir(), reason="../shared is absent: no CRDs of Flux to compare with")
def test_what_is_written_instead_is_what_flux_serves_and_it_serves_nothing_that_was_removed() -> None:
    served: dict[tuple[str, str], list[str]] = {}
    for file in FLUX_CRDS.glob("*.yaml"):
        spec = yaml.safe_load(file.read_text(encoding="utf-8"))["spec"]
        versions = [version["name"] for version in spec["versions"] if version["served"]]
        served[spec["group"], spec["names"]["kind"]] = versions
    assert {kind: served[kind] for kind in SERVED} == {kind: [version] for kind, version in SERVED.items()}
    assert not [kind for kind in SERVED if set(REMOVED[kind[0]]) & set(served[kind])]
