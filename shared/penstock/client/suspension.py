"""Suspending and resuming objects, as `flux suspend` and `flux resume` do (contract C3 for the wait)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.base.errors import PenstockError
from penstock.client.ports import MANAGER, NotFound
from penstock.client.progress import reconciled, success
from penstock.client.waiting import wait
from penstock.cluster.errors import UnknownKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.client.kinds import Kind
    from penstock.client.ports import Ports


@dataclass(frozen=True)
class _Change:
    doing: str
    done: str
    suspend: bool | None


_SUSPEND = _Change("suspending", "suspended", suspend=True)
_RESUME = _Change("resuming", "resumed", suspend=None)
"""As flux sends it: a field at its default is left out."""


def suspend(ports: Ports, kind: Kind, namespace: str, names: Sequence[str]) -> bool:
    """Leave the objects alone from now on, all of the namespace without names; whether all went well.

    What fails is told, and the others go on.
    """
    refs = _chosen(ports, kind, namespace, names)
    done = [_changed(ports, kind, ref, _SUSPEND) for ref in refs]
    return all(done)


def resume(ports: Ports, kind: Kind, namespace: str, names: Sequence[str], *, waits: bool) -> bool:
    """The reverse; `waits` until each was reconciled as it is now. Whether all went well.

    All of them are resumed before the first is waited for.
    """
    refs = _chosen(ports, kind, namespace, names)
    resumed = [ref for ref in refs if _changed(ports, kind, ref, _RESUME)]
    well = len(resumed) == len(refs)
    asked = [(ref, ports.look_now(ref)) for ref in resumed]
    if not waits:
        return well
    for ref, waiting in asked:
        ports.tell.waiting(f"waiting for {kind.kind} reconciliation")
        try:
            found = wait(waiting, ref, reconciled)
        except PenstockError as error:
            ports.tell.failure(error.message)
            well = False
            continue
        _tell_done(ports, kind, ref, found)
    return well


def _tell_done(ports: Ports, kind: Kind, ref: ObjectRef, found: Json) -> None:
    ports.tell.success(f"{kind.kind} {ref.name} reconciliation completed")
    if done := success(found):
        ports.tell.success(done)


def _chosen(ports: Ports, kind: Kind, namespace: str, names: Sequence[str]) -> list[ObjectRef]:
    """Each named object once, or all of the namespace; NotFound if that has none."""
    if names:
        return [kind.ref(namespace, name) for name in dict.fromkeys(names)]
    found = ports.bounded.list(kind.group, kind.version, kind.kind, namespace, metadata_only=True)
    if not found:
        raise NotFound(f"no {kind.kind} objects found in {namespace} namespace")
    return [kind.ref(namespace, obj["metadata"]["name"]) for obj in found]


def _changed(ports: Ports, kind: Kind, ref: ObjectRef, change: _Change) -> bool:
    """Whether the change was written; otherwise the person was told why not."""
    try:
        if ports.bounded.get(ref) is None:
            ports.tell.failure(f"{kind.kind} {ref.name} not found in {ref.namespace} namespace")
            return False
        ports.tell.action(f"{change.doing} {kind.human} {ref.name} in {ref.namespace} namespace")
        ports.bounded.merge_patch(ref, {"spec": {"suspend": change.suspend}}, field_manager=MANAGER)
    except UnknownKind:
        raise
    except PenstockError as error:
        ports.tell.failure(
            f"failed {change.doing} {kind.kind} {ref.name} in {ref.namespace} namespace: {error.message}"
        )
        return False
    ports.tell.success(f"{kind.human} {change.done}")
    return True
