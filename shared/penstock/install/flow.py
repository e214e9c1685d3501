"""`penstock install`: the components come into a cluster, as `flux install` brings Flux's.

CRDs and the Namespace first; once they are established the rest. The field manager is Flux's, so that `flux
install` and `penstock install` hand the same objects over to each other, and no field is left behind.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.objects import deleting
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal
from penstock.cluster.definitions import wait_established, wait_gone, wait_served
from penstock.cluster.errors import NotFound
from penstock.cluster.flux import running_controllers
from penstock.kustomize.changes import Action, Change
from penstock.kustomize.order import Stage, stage_of
from penstock.kustomize.plan import drifted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from penstock.api.objects import Json
    from penstock.base.deadline import Deadline
    from penstock.client.telling import Tell
    from penstock.cluster.port import Cluster

MANAGER = "flux"
_PAUSE_S = 0.2


@dataclass(frozen=True)
class InstallPorts:
    """What an installation needs; it is over by the deadline."""

    cluster: Cluster
    deadline: Deadline
    tell: Tell
    pause: Callable[[float], None] = time.sleep


def install(ports: InstallPorts, objects: Sequence[Json], *, dry_run: bool = False) -> tuple[Change, ...]:
    """Applies the objects and says what was done to each; returns once they are in force.

    With `dry_run` nothing is written. Refused or Failed if the API server does not take one: what was applied
    before stays, and doing it again goes on. Transient at the deadline.
    """
    first = [obj for obj in objects if _defines(obj)]
    if not dry_run:
        _wait_for_the_end(ports, first)
    changes = [_apply(ports.cluster, obj, dry_run=dry_run) for obj in first]
    if not dry_run:
        _wait_in_force(ports, first)
    rest = (obj for obj in objects if not _defines(obj))
    changes += [_apply(ports.cluster, obj, dry_run=dry_run) for obj in rest]
    return tuple(changes)


def wait_at_rest(ports: InstallPorts) -> None:
    """Returns once none of Flux's own controllers is ready any more; Terminal naming those that run on."""
    told = False
    while running := running_controllers(ports.cluster):
        if ports.deadline.expired:
            raise Terminal(
                f"Flux's own controllers still run ({', '.join(running)}): penstock stands down until they "
                "have 0 replicas; see what scales them"
            )
        if not told:
            ports.tell.waiting(f"waiting for the end of Flux's own controllers: {', '.join(running)}")
            told = True
        ports.pause(_PAUSE_S)


def _defines(obj: Json) -> bool:
    return stage_of(ObjectRef.from_object(obj)) is Stage.DEFINITIONS


def _wait_for_the_end(ports: InstallPorts, objects: Iterable[Json]) -> None:
    """What an uninstall is still removing would take what is applied now with it."""
    for ref in map(ObjectRef.from_object, objects):
        found = ports.cluster.get(ref)
        if found is not None and deleting(found):
            ports.tell.waiting(f"{ref} is being deleted: waiting for its end")
            wait_gone(ports.cluster, ref, ports.deadline, ports.pause)


def _apply(cluster: Cluster, obj: Json, *, dry_run: bool) -> Change:
    ref = ObjectRef.from_object(obj)
    live = cluster.get(ref)
    try:
        tried = cluster.apply(obj, field_manager=MANAGER, dry_run=True)
    except NotFound:
        if dry_run and ref.namespace:  # of a Namespace that would have been made by now
            return Change(ref, Action.CREATED)
        raise
    if live is not None and not drifted(live, tried):
        return Change(ref, Action.UNCHANGED)
    if not dry_run:
        cluster.apply(obj, field_manager=MANAGER)
    return Change(ref, Action.CREATED if live is None else Action.CONFIGURED)


def _wait_in_force(ports: InstallPorts, objects: Iterable[Json]) -> None:
    crds = [obj for obj in objects if obj["kind"] == "CustomResourceDefinition"]
    wait_established(ports.cluster, [obj["metadata"]["name"] for obj in crds], ports.deadline)
    kinds = [
        (obj["spec"]["group"], str(version["name"]), obj["spec"]["names"]["kind"])
        for obj in crds
        for version in obj["spec"]["versions"]
        if version["served"]
    ]
    wait_served(ports.cluster, kinds, ports.deadline, ports.pause)
