"""The sync: its manifests in the repository and in the cluster, and the wait until the commit is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.base.errors import PenstockError, Transient
from penstock.bootstrap.address import kept_url
from penstock.bootstrap.layout import SYNC
from penstock.bootstrap.overlay import overlay
from penstock.bootstrap.reached import NotReconciled, late, reached
from penstock.bootstrap.steps.components import built
from penstock.bootstrap.steps.looking import there
from penstock.bootstrap.sync import covers, manifest, objects
from penstock.source.revision import Revision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.objects import Json
    from penstock.bootstrap.reached import Before
    from penstock.bootstrap.steps.ports import Origin, Ports
    from penstock.bootstrap.steps.publishing import Branch
    from penstock.bootstrap.takeover import Found
    from penstock.bootstrap.wanted import Wanted

_POLL_S = 0.5


def publish(ports: Ports, wanted: Wanted, origin: Origin, branch: Branch) -> None:
    """Commit and push gotk-sync.yaml and kustomization.yaml, if they change."""
    ports.tell.action("generating sync manifests")

    def make(files: Mapping[str, str]) -> dict[str, str]:
        text = manifest(wanted.sync(kept_url(origin.sync_url, files.get(SYNC, ""))))
        name, kustomized = overlay({**files, SYNC: text})
        return {SYNC: text, name: kustomized}

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
    """Return once GitRepository and Kustomization stand at the commit; NotReconciled if they will not."""
    revision = str(Revision(wanted.branch, branch.head))
    for ref in (git_repository(wanted.name, wanted.name), kustomization(wanted.name, wanted.name)):
        name = f"{ref.namespace}/{ref.name}"
        ports.tell.waiting(f'waiting for {ref.kind} "{name}" to be reconciled')
        _ask(ports, ref, revision, before[ref.kind])
        try:
            _until(ports, ref, revision, before[ref.kind])
        except NotReconciled as error:
            ports.tell.failure(error.message)
            raise NotReconciled(
                f"error while waiting for {ref.kind} to be ready: '{error.message}'"
            ) from None
        ports.tell.success(f"{ref.kind} reconciled successfully")


def _ask(ports: Ports, ref: ObjectRef, revision: str, before: Before) -> None:
    """Have it looked at now, rather than at the next tick."""
    if ports.look is None or reached(there(ports.cluster, ref) or _nothing(ref), revision, before):
        return
    try:
        ports.look(ref)
    except PenstockError as error:
        ports.tell.warning(f"{error.message}: the next tick looks at {ref.kind} {ref.name}")


def _nothing(ref: ObjectRef) -> Json:
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": {"name": ref.name}}


def _until(ports: Ports, ref: ObjectRef, revision: str, before: Before) -> None:
    obj: Json | None = _nothing(ref)
    while not ports.deadline.expired:
        try:
            obj = there(ports.cluster, ref)
        except Transient:
            if not ports.deadline.expired:
                raise
            break
        if obj is None or reached(obj, revision, before):
            break
        ports.pause(_POLL_S)
    if obj is None or not reached(obj, revision, before):
        raise NotReconciled(late(obj, ref.kind, f"{ref.namespace}/{ref.name}"))
