"""Writing an object that a person has described: made if it is missing, else its spec replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import labels_of, resource_version
from penstock.api.patch import merge_patch
from penstock.api.refs import ObjectRef
from penstock.base.errors import Transient
from penstock.client.ports import MANAGER, NotFound
from penstock.client.progress import reconciled
from penstock.client.waiting import wait
from penstock.cluster.errors import AlreadyExists, Conflict, Forbidden
from penstock.cluster.errors import NotFound as Missing

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.client.ports import Ports

_TRIES = 5


def upsert(ports: Ports, obj: Json) -> bool:
    """Write the object; whether it was made anew. Labels that it has beside the given ones stay.

    The spec becomes exactly the given one, as with flux. A Secret gets the given keys and keeps others.
    """
    ref = ObjectRef.from_object(obj)
    try:
        return _upsert(ports, ref, obj)
    except Forbidden as error:
        if ref.kind != "Secret":
            raise
        # What the API server says of a Secret is not shown: it may quote it.
        raise Forbidden(
            f"Secret {ref.name} in {ref.namespace} namespace is not written: it needs the right to get, "
            "create and patch Secrets there",
            status=error.status,
        ) from None


def _upsert(ports: Ports, ref: ObjectRef, obj: Json) -> bool:
    for _ in range(_TRIES):
        found = ports.bounded.get(ref)
        try:
            if found is None:
                _create(ports, ref, obj)
                return True
            _update(ports, ref, found, obj)
        except (AlreadyExists, Conflict):
            continue
        else:
            return False
    raise Transient(f"{ref} changes faster than it can be written: try again", reason="Conflict")


def write_and_wait(ports: Ports, obj: Json, noun: str) -> Json:
    """Write a Flux object and wait until it was reconciled as it is now (contract C3); `noun` names it."""
    ref = ObjectRef.from_object(obj)
    ports.tell.action(f"applying {noun}")
    made = upsert(ports, obj)
    ports.tell.success(f"{noun} {'created' if made else 'updated'}")
    waiting = ports.look_now(ref)
    ports.tell.waiting(f"waiting for {noun} reconciliation")
    return wait(waiting, ref, reconciled)


def _create(ports: Ports, ref: ObjectRef, obj: Json) -> None:
    try:
        ports.bounded.create(obj, field_manager=MANAGER)
    except Missing as error:
        raise NotFound(
            f"{ref.kind} {ref.name} could not be created in {ref.namespace} namespace: {error.message}"
        ) from None


def _update(ports: Ports, ref: ObjectRef, found: Json, obj: Json) -> None:
    patch: Json = {}
    if "spec" in obj:
        patch = merge_patch({"spec": found.get("spec") or {}}, {"spec": obj["spec"]})
    if "stringData" in obj:
        patch = {"stringData": obj["stringData"]}
    labels = labels_of(obj)
    if labels.items() - labels_of(found).items():
        patch["metadata"] = {"labels": labels}
    if patch:
        ports.bounded.merge_patch(ref, patch, field_manager=MANAGER, resource_version=resource_version(found))
