"""The sync: its manifests in the repository and in the cluster, and the wait until the commit is applied."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.base.errors import PenstockError, Transient
from penstock.bootstrap.address import kept_url
from penstock.bootstrap.layout import SYNC
from penstock.bootstrap.reached import NotReconciled, late, reached, slow
from penstock.bootstrap.steps.components import built, sync_files
from penstock.bootstrap.steps.looking import there
from penstock.bootstrap.sync import covers, objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.objects import Json
    from penstock.bootstrap.reached import Before
    from penstock.bootstrap.steps.ports import Origin, Ports
    from penstock.bootstrap.steps.publishing import Branch
    from penstock.bootstrap.takeover import Found
    from penstock.bootstrap.wanted import Wanted

_POLL_S = 0.5
_POLLS_BEFORE_WORD = 20
"""After ten seconds a person is told, once, what is waited for."""
_POLLS_PER_LOOK = 10
"""How often is looked whether somebody else has pushed: every five seconds."""


def publish(ports: Ports, wanted: Wanted, origin: Origin, branch: Branch) -> None:
    """Commit and push gotk-sync.yaml and kustomization.yaml, if they change."""
    ports.tell.action("generating sync manifests")

    def make(files: Mapping[str, str]) -> dict[str, str]:
        return sync_files(wanted, origin, files)

    make(branch.texts())
    ports.tell.success("generated sync manifests")
    branch.publish(make, "Add Flux sync manifests", "sync manifests")


def apply(ports: Ports, wanted: Wanted, origin: Origin, branch: Branch, found: Found) -> None:
    """Apply what the folder builds to; where the cluster follows it already, only a sync that changes."""
    ports.tell.action("applying sync manifests")
    everything = built(ports, wanted, branch)
    if not found.applied:
        ports.apply(everything, ports.deadline)
    else:
        plain = objects(wanted.sync(kept_url(origin.sync_url, branch.texts().get(SYNC, ""))))
        patched = {ObjectRef.from_object(obj): obj for obj in everything}
        for obj in plain:
            ref = ObjectRef.from_object(obj)
            to_be = patched.get(ref, obj)
            if not covers(there(ports.cluster, ref) or {}, to_be):
                ports.apply((to_be,), ports.deadline)
    ports.tell.success("reconciled sync configuration")


def wait(ports: Ports, wanted: Wanted, branch: Branch, before: Mapping[str, Before]) -> None:
    """Return once GitRepository and Kustomization stand at the commit, or at one that others have pushed on
    top of it meanwhile; NotReconciled if they will not.
    """
    for ref in (git_repository(wanted.name, wanted.name), kustomization(wanted.name, wanted.name)):
        ports.tell.waiting(f'waiting for {ref.kind} "{ref.namespace}/{ref.name}" to be reconciled')
        try:
            _ask(ports, ref, branch, before[ref.kind])
            _until(ports, ref, branch, before[ref.kind])
        except NotReconciled as error:
            ports.tell.failure(error.message)
            raise NotReconciled(
                f"error while waiting for {ref.kind} to be ready: '{error.message}'"
            ) from None
        ports.tell.success(f"{ref.kind} reconciled successfully")


def _ask(ports: Ports, ref: ObjectRef, branch: Branch, before: Before) -> None:
    """Have it looked at now, rather than at the next tick."""
    found = there(ports.cluster, ref) or _nothing(ref)
    if ports.look is None or reached(found, branch.revision, before):
        return
    try:
        ports.look(ref)
    except PenstockError as error:
        ports.tell.warning(f"{error.message}: the next tick looks at {ref.kind} {ref.name}")


def _nothing(ref: ObjectRef) -> Json:
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": {"name": ref.name}}


def _until(ports: Ports, ref: ObjectRef, branch: Branch, before: Before) -> None:
    obj: Json | None = _nothing(ref)
    for poll in count(1):
        if ports.deadline.expired:
            raise NotReconciled(late(obj, ref.kind, f"{ref.namespace}/{ref.name}"))
        obj = _read(ports, ref, obj)
        if obj is None:
            raise NotReconciled(late(obj, ref.kind, f"{ref.namespace}/{ref.name}"))
        if reached(obj, branch.revision, before):
            return
        if poll == _POLLS_BEFORE_WORD:
            ports.tell.waiting(slow(obj, ref.kind, f"{ref.namespace}/{ref.name}"))
            _ask(ports, ref, branch, before)
        ports.pause(_POLL_S)
        if poll % _POLLS_PER_LOOK == 0:
            branch.follow()


def _read(ports: Ports, ref: ObjectRef, known: Json | None) -> Json | None:
    """The object as it is now; as it was, if there was no time to ask."""
    try:
        return there(ports.cluster, ref)
    except Transient:
        if not ports.deadline.expired:
            raise
        return known
