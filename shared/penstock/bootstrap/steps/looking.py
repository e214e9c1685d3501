"""What is on the cluster before anything is written, and what the person says to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.base.errors import Terminal
from penstock.bootstrap.reached import ready_of
from penstock.bootstrap.takeover import (
    Found,
    another_repository,
    check_path,
    controllers,
    foreign_manager,
    running_flux,
)
from penstock.cluster.errors import UnknownKind
from penstock.cluster.flux import PART_OF_FLUX, running_controllers
from penstock.install.found import PROBE
from penstock.kustomize.controllers import is_controller

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.bootstrap.reached import Before
    from penstock.bootstrap.steps.ports import Ports
    from penstock.bootstrap.wanted import Wanted
    from penstock.cluster.port import Cluster

_MANAGER = "penstock"
_POLL_S = 0.5


def look(ports: Ports, wanted: Wanted) -> Found:
    """What is there; PathDiffers if the cluster follows another path, Terminal unless the person agrees to
    what would be taken over.
    """
    cluster = ports.cluster
    deployments = cluster.list("apps", "v1", "Deployment", label_selector=PART_OF_FLUX)
    found = Found(
        probe=cluster.get(PROBE),
        controllers=controllers(deployments),
        kustomization=there(cluster, kustomization(wanted.name, wanted.name)),
    )
    check_path(found, wanted.layout.spec_path)
    for question in (foreign_manager(found) if not wanted.force else "", running_flux(found)):
        if question:
            ports.ask(question)
    return found


def agree_to_repository(ports: Ports, wanted: Wanted, found: Found, url: str) -> None:
    """Terminal unless the cluster follows that repository already, or none, or the person agrees to it."""
    source = there(ports.cluster, git_repository(wanted.name, wanted.name))
    if question := another_repository(found, source, url):
        ports.ask(question)


def before(ports: Ports, wanted: Wanted) -> dict[str, Before]:
    """How the two objects of the sync stand before bootstrap touches them, by kind."""
    refs = (git_repository(wanted.name, wanted.name), kustomization(wanted.name, wanted.name))
    return {ref.kind: ready_of(there(ports.cluster, ref)) for ref in refs}


def there(cluster: Cluster, ref: ObjectRef) -> Json | None:
    """The object; None too where the cluster does not have its kind yet."""
    try:
        return cluster.get(ref)
    except UnknownKind:
        return None


def stop_flux(ports: Ports, found: Found) -> None:
    """Scale Flux's controllers to 0, kustomize-controller first, and wait until none of them is ready."""
    if not found.controllers:
        return
    ports.tell.action("scaling Flux's own controllers to 0")
    for ref in found.controllers:
        ports.cluster.merge_patch(ref, {"spec": {"replicas": 0}}, field_manager=_MANAGER)
        _wait_gone(ports, f"{ref.namespace}/{ref.name}")
    ports.tell.success("Flux's own controllers are at 0 replicas")


def confirm(ports: Ports, wanted: Wanted) -> None:
    """Say which of Flux's controllers there are, and that penstock does their work; Terminal if one runs."""
    ports.tell.action("confirming components are healthy")
    if running := running_controllers(ports.cluster):
        raise Terminal(
            f"Flux's own controllers run again ({', '.join(running)}): see what scales them; penstock stands "
            "down until they have 0 replicas"
        )
    kind = ("apps", "v1", "Deployment", wanted.name)
    for obj in ports.cluster.list(*kind, label_selector=PART_OF_FLUX):
        if is_controller(obj):
            name = ObjectRef.from_object(obj).name
            ports.tell.success(f"{name}: 0 replicas, penstock does its work")
    ports.tell.success("all components are healthy")


def _wait_gone(ports: Ports, name: str) -> None:
    """One after the other: kustomize-controller would bring back what was scaled beside it."""
    while name in running_controllers(ports.cluster):
        if ports.deadline.expired:
            raise Terminal(
                f"Deployment {name} still has ready replicas: look at its pods, then run this again"
            )
        ports.pause(_POLL_S)
