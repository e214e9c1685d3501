"""Deleting one object, as `flux delete` does: it is asked for, and nobody waits for the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import metadata, uid
from penstock.client.ports import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.refs import ObjectRef
    from penstock.client.kinds import Kind
    from penstock.client.ports import Ports


def delete(ports: Ports, kind: Kind, ref: ObjectRef, confirm: Callable[[str], None]) -> None:
    """Delete exactly the object that was looked at; `confirm` raises if the person does not want that.

    The finalizer keeps it until penstock has done what its end asks for, which is not waited for.
    """
    found = ports.read(ref)
    confirm(f"Are you sure you want to delete this {kind.human}")
    ports = ports.anew()
    ports.tell.action(f"deleting {kind.human} {ref.name} in {ref.namespace} namespace")
    if not ports.bounded.delete(ref, uid=uid(found)):
        raise NotFound(f"{kind.kind} {ref.name} is gone by now: somebody else has deleted it")
    ports.tell.success(f"{kind.human} deleted")
    if metadata(found).get("finalizers"):
        ports.look_now(ref)
