"""The admission hook of `up`: proven, shown to work by one annotation, and taken away in the end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from penstock.admission.flow import Probe, probe, remove
from penstock.api.meta import REQUESTED_AT
from penstock.base.errors import PenstockError, Transient
from penstock.cluster.errors import Forbidden
from penstock.runtime.up.brought import MANAGER

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.admission.review import Scope
    from penstock.api.refs import ObjectRef
    from penstock.base.deadline import Deadline
    from penstock.cluster.port import Cluster
    from penstock.runtime.wiring import Wiring

_PAUSE_S = 0.05


def prove(
    cluster: Cluster, scope: Scope, deadline: Deadline, pause: Callable[[float], None] = time.sleep
) -> Probe:
    """Whether the API server reaches the functions, which put the hook there as they start.

    A hook that leads nowhere would only cost time, so it is taken away again: not every cluster reaches this
    machine. Where we may not put one there, there is none.
    """
    try:
        while not (found := probe(cluster, deadline, scope)).installed and not deadline.expired:
            pause(_PAUSE_S)
        if not found.reached:
            remove(cluster, scope)
    except Forbidden:
        return Probe(installed=False)
    return found


def ask(cluster: Cluster, ref: ObjectRef, token: str, deadline: Deadline) -> None:
    """What `flux reconcile` does: annotate, and wait for the answer; Transient if there is none in time."""
    patch = {"metadata": {"annotations": {REQUESTED_AT: token}}}
    stored = cluster.merge_patch(ref, patch, field_manager=MANAGER)
    version, left_s = str(stored["metadata"]["resourceVersion"]), deadline.remaining()
    events = cluster.watch(ref.group, ref.version, ref.kind, ref.namespace, ref.name, version, left_s)
    answers = ((event["object"].get("status") or {}).get("lastHandledReconcileAt") for event in events)
    if not any(answer == token for answer in answers):
        raise Transient(f"{ref} was not looked at after it was annotated")


def take_away(wiring: Wiring) -> None:
    """Nobody is there to be called any more; where that fails, nothing else does."""
    try:
        remove(wiring.cluster, wiring.scope)
    except PenstockError as error:
        wiring.log.warning("the admission hook stays, if there is one", error=error.message)
