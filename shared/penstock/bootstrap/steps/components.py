"""The components: in the repository, and in the cluster if the sync has not applied them yet."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from penstock.api.objects import group_version
from penstock.bootstrap.address import kept_url
from penstock.bootstrap.components import flux_version, merged, objects_of
from penstock.bootstrap.layout import COMPONENTS, KUSTOMIZATIONS, SYNC
from penstock.bootstrap.overlay import overlay
from penstock.bootstrap.steps.looking import stop_flux
from penstock.bootstrap.sync import manifest
from penstock.kustomize.controllers import held

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penstock.api.objects import Json
    from penstock.bootstrap.steps.ports import Origin, Ports
    from penstock.bootstrap.steps.publishing import Branch
    from penstock.bootstrap.takeover import Found
    from penstock.bootstrap.wanted import Wanted

_FLUX = ".toolkit.fluxcd.io"
_NOTHING: Mapping[str, str] = MappingProxyType({})


def components(ports: Ports, wanted: Wanted, origin: Origin, branch: Branch, found: Found) -> None:
    """Commit, push and apply the components.

    What stands in the way in the repository is told before anything is pushed.
    """
    ports.tell.action("generating component manifests")
    branch.check(COMPONENTS, SYNC, *KUSTOMIZATIONS)
    files = branch.texts()
    there = flux_version(files.get(COMPONENTS))
    new: dict[str, str] = {}
    if there is None or wanted.replace_components:
        new = _component_files(wanted, files)
        ports.tell.success("generated component manifests")
    else:
        ports.tell.success(
            f"component manifests of {f'Flux {there}'.strip()} are kept, with 0 replicas in the cluster "
            "(--replace-components puts penstock's in their place)",
        )
    todo = () if found.applied else _without_flux(_to_be(ports, wanted, origin, branch, new))
    if new:
        _publish(wanted, branch)
    stop_flux(ports, found)
    if not found.applied:
        ports.tell.action(f'installing components in "{wanted.name}" namespace')
        ports.apply(todo, ports.deadline)
        ports.tell.success("installed components")
    ports.tell.success("reconciled components")


def _component_files(wanted: Wanted, files: Mapping[str, str]) -> dict[str, str]:
    return {COMPONENTS: merged(files.get(COMPONENTS), wanted.components.render)}


def _publish(wanted: Wanted, branch: Branch) -> None:
    subject = f"Add Flux {wanted.components.version} component manifests"
    branch.publish(lambda files: _component_files(wanted, files), subject, "component manifests")


def sync_files(wanted: Wanted, origin: Origin, files: Mapping[str, str]) -> dict[str, str]:
    """gotk-sync.yaml and the kustomization file, for a folder with these files; OverlayRefused if the latter
    cannot be used.
    """
    text = manifest(wanted.sync(kept_url(origin.sync_url, files.get(SYNC, ""))))
    name, kustomized = overlay({**files, SYNC: text})
    return {SYNC: text, name: kustomized}


def _to_be(
    ports: Ports, wanted: Wanted, origin: Origin, branch: Branch, new: Mapping[str, str]
) -> tuple[Json, ...]:
    """What the folder will build to with these files in it and those of the sync, which come later: a
    kustomization file that is there may name them already, or have to be completed.
    """
    files = {**branch.texts(), **new}
    if any(name in files for name in KUSTOMIZATIONS):
        new = {**new, **sync_files(wanted, origin, files)}
    return built(ports, wanted, branch, new)


def built(
    ports: Ports, wanted: Wanted, branch: Branch, new: Mapping[str, str] = _NOTHING
) -> tuple[Json, ...]:
    """The objects of the folder as its kustomization file says, patches and all; the components without one.

    Flux's own controllers have 0 replicas. `new` are files that take the place of those in the folder.
    """
    layout = wanted.layout
    files = branch.files({layout.file(name): text.encode() for name, text in new.items()})
    if any(layout.file(name) in files for name in KUSTOMIZATIONS):
        return tuple(map(held, ports.builder.build(files, layout.folder).objects))
    return tuple(map(held, objects_of(files[layout.file(COMPONENTS)].decode("utf-8", "replace"))))


def _without_flux(objects: Iterable[Json]) -> tuple[Json, ...]:
    """Without Flux's objects: they have to wait for the Secret, and go with the sync."""
    return tuple(obj for obj in objects if not group_version(str(obj.get("apiVersion")))[0].endswith(_FLUX))
