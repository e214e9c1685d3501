"""Asking for a reconciliation and waiting for it, as `flux reconcile` does (contract C1)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from penstock.api.meta import REQUESTED_AT
from penstock.base.clock import rfc3339_micro
from penstock.base.errors import Terminal
from penstock.client import parts
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION, kind_called, not_built
from penstock.client.ports import MANAGER
from penstock.client.progress import handled, success, tokens
from penstock.client.waiting import WaitFailed, wait

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.client.kinds import Kind
    from penstock.client.ports import Ports


class Suspended(Terminal):
    """The object is to be left alone."""

    reason = "Suspended"


def reconcile(ports: Ports, kind: Kind, ref: ObjectRef, *, with_source: bool = False) -> None:
    """Have the object reconciled, its source before it if asked for.

    The source has to be done before the object is asked for: its artifact is what is applied.
    """
    found = ports.read(ref)
    _check_not_suspended(kind, ref, found)
    if with_source:
        reconcile(ports, GIT_REPOSITORY, _source(ref, found))
    _request(ports, kind, ref)


def _request(ports: Ports, kind: Kind, ref: ObjectRef) -> None:
    found = ports.read(ref)
    before = tokens(found)
    ports.tell.action(f"annotating {kind.kind} {ref.name} in {ref.namespace} namespace")
    patch = {"metadata": {"annotations": {REQUESTED_AT: rfc3339_micro(ports.clock.now())}}}
    ports.bounded.merge_patch(ref, patch, field_manager=MANAGER)
    ports.tell.success(f"{kind.kind} annotated")
    waiting = ports.look_now(ref)
    ports.tell.waiting(f"waiting for {kind.kind} reconciliation")
    done = success(wait(waiting, ref, partial(handled, before=before)))
    if not done:
        raise WaitFailed(f"{kind.kind} {ref.name} reconciliation completed, but it has no revision")
    ports.tell.success(done)


def _source(ref: ObjectRef, found: Json) -> ObjectRef:
    """The source of a Kustomization; Terminal if it is of a kind that is not built."""
    named, namespace, name = parts.source(found)
    kind = kind_called(named)
    if kind != GIT_REPOSITORY:
        why = not_built(kind) if kind else "it names none"
        raise Terminal(f"cannot reconcile the source of {KUSTOMIZATION.kind} {ref.name}: {why}")
    return kind.ref(namespace, name)


def _check_not_suspended(kind: Kind, ref: ObjectRef, found: Json) -> None:
    if parts.suspended(found):
        raise Suspended(
            f"{kind.kind} {ref.name} is suspended: "
            f"`penstock resume {' '.join(kind.words)} {ref.name} -n {ref.namespace}` first"
        )
