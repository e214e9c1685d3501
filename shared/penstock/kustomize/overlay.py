"""What a Kustomization's spec asks of the build: the folder, and the fields laid over its kustomization.yaml.

Which file results from them is not decided here: the upstream helper makes it with kustomize's own types, in
the steps of Flux's generator (fluxcd/pkg kustomize, GenerateManifest), so that it is Flux's file.
"""

import posixpath

from penstock.api.fields import Model
from penstock.api.kustomization import BuildMetadata, KustomizationSpec
from penstock.api.kustomize import Image, Patch


class Overlay(Model, frozen=True, kw_only=True):
    """The fields of a spec that change the build, under the spec's names; absent ones change nothing."""

    target_namespace: str = ""
    name_prefix: str = ""
    name_suffix: str = ""
    patches: tuple[Patch, ...] = ()
    components: tuple[str, ...] = ()
    ignore_missing_components: bool = False
    images: tuple[Image, ...] = ()
    build_metadata: tuple[BuildMetadata, ...] = ()


def overlay_of(spec: KustomizationSpec) -> Overlay:
    """The overlay that a spec asks for."""
    return Overlay(
        target_namespace=spec.target_namespace,
        name_prefix=spec.name_prefix,
        name_suffix=spec.name_suffix,
        patches=spec.patches,
        components=spec.components,
        ignore_missing_components=spec.ignore_missing_components,
        images=spec.images,
        build_metadata=spec.build_metadata,
    )


def entry_path(spec_path: str) -> str:
    """The folder that spec.path names, within the artifact; "" is its root.

    As in Flux (securejoin) a path cannot leave the artifact: it is read as if the artifact were the whole
    file system, so `../..` and `/` are the root, and `/apps` is `apps` (threat A-31).
    """
    return posixpath.normpath(f"/{spec_path}").lstrip("/")
