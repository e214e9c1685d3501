"""API versions of Flux's kinds that Flux does not serve any more, and what takes their place. Pure.

Source: contract section 4: removed by Flux 2.7 (the first betas), 2.8 and 2.9 (the second ones).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import group_version

if TYPE_CHECKING:
    from collections.abc import Mapping

_SOURCE, _IMAGE = "source.toolkit.fluxcd.io", "image.toolkit.fluxcd.io"
_NOTIFICATION = "notification.toolkit.fluxcd.io"

REMOVED: Mapping[str, tuple[str, ...]] = {
    _SOURCE: ("v1beta1", "v1beta2"),
    "kustomize.toolkit.fluxcd.io": ("v1beta1", "v1beta2"),
    "helm.toolkit.fluxcd.io": ("v2beta1", "v2beta2"),
    _NOTIFICATION: ("v1beta1", "v1beta2"),
    _IMAGE: ("v1beta1", "v1beta2"),
}
"""Per API group, the versions that are gone."""

SERVED: Mapping[tuple[str, str], str] = {
    **{
        (_SOURCE, kind): "v1"
        for kind in ("GitRepository", "OCIRepository", "Bucket", "HelmRepository", "HelmChart")
    },
    ("kustomize.toolkit.fluxcd.io", "Kustomization"): "v1",
    ("helm.toolkit.fluxcd.io", "HelmRelease"): "v2",
    (_NOTIFICATION, "Alert"): "v1beta3",
    (_NOTIFICATION, "Provider"): "v1beta3",
    (_NOTIFICATION, "Receiver"): "v1",
    **{(_IMAGE, kind): "v1" for kind in ("ImageRepository", "ImagePolicy", "ImageUpdateAutomation")},
}
"""(group, kind) of what had such a version, and the one version that there is now."""


def replacement(api_version: str, kind: str) -> str:
    """The apiVersion to write in place of one that was removed; empty if that one was not."""
    group, version = group_version(api_version)
    now = SERVED.get((group, kind), "")
    return f"{group}/{now}" if now and version in REMOVED[group] else ""
