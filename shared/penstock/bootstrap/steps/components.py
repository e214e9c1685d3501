"""The components: in the repository, and in the cluster if the sync has not applied them yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import group_version
from penstock.bootstrap.components import flux_version, merged, objects_of
from penstock.bootstrap.layout import COMPONENTS, KUSTOMIZATIONS
from penstock.bootstrap.steps.looking import stop_flux
from penstock.kustomize.controllers import held

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penstock.api.objects import Json
    from penstock.bootstrap.steps.ports import Ports
    from penstock.bootstrap.steps.publishing import Branch
    from penstock.bootstrap.takeover import Found
    from penstock.bootstrap.wanted import Wanted

_FLUX = ".toolkit.fluxcd.io"


def components(ports: Ports, wanted: Wanted, branch: Branch, found: Found) -> None:
    """Commit, push and apply the components."""
    _publish(ports, wanted, branch)
    stop_flux(ports, found)
    if not found.applied:
        ports.tell.action(f'installing components in "{wanted.name}" namespace')
        ports.apply(_without_flux(built(ports, wanted, branch)), ports.deadline)
        ports.tell.success("installed components")
    ports.tell.success("reconciled components")


def _publish(ports: Ports, wanted: Wanted, branch: Branch) -> None:
    ports.tell.action("generating component manifests")
    there = flux_version(branch.texts().get(COMPONENTS))
    if there is not None and not wanted.replace_components:
        ports.tell.success(
            f"component manifests of Flux {there} are kept, with 0 replicas in the cluster "
            "(--replace-components puts penstock's in their place)",
        )
        return
    ports.tell.success("generated component manifests")

    def make(files: Mapping[str, str]) -> dict[str, str]:
        return {COMPONENTS: merged(files.get(COMPONENTS), wanted.components.render)}

    subject = f"Add Flux {wanted.components.version} component manifests"
    branch.publish(make, subject, "component manifests")


def built(ports: Ports, wanted: Wanted, branch: Branch) -> tuple[Json, ...]:
    """The objects of the folder as its kustomization file says, patches and all; the components without one.

    Flux's own controllers have 0 replicas.
    """
    files = branch.files()
    layout = wanted.layout
    if any(layout.file(name) in files for name in KUSTOMIZATIONS):
        return tuple(map(held, ports.builder.build(files, layout.folder).objects))
    return tuple(map(held, objects_of(files[layout.file(COMPONENTS)].decode("utf-8", "replace"))))


def _without_flux(objects: Iterable[Json]) -> tuple[Json, ...]:
    """Without Flux's objects: they have to wait for the Secret, and go with the sync."""
    return tuple(obj for obj in objects if not group_version(str(obj.get("apiVersion")))[0].endswith(_FLUX))
