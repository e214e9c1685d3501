"""Objects with a field that cannot be changed: proved that a new one is good, then deleted and made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import deleting, resource_version, uid
from penstock.base.errors import Terminal
from penstock.cluster.errors import AlreadyExists, Refused
from penstock.kustomize.force import trial, wanted
from penstock.kustomize.owner import FIELD_MANAGER
from penstock.kustomize.steps.termination import wait_until_gone

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.kustomize.steps.run import Run


def may_recreate(run: Run, desired: Json, live: Json, error: Refused) -> bool:
    """Whether the object is to be deleted because of this error; Refused if a new one would not be taken.

    Only what the API server calls immutable is, and only if it would take the new object (threats B-18).
    """
    if not error.immutable or not wanted(desired, live, everywhere=run.model.spec.force):
        return False
    try:
        run.cluster.create(trial(desired, live), field_manager=FIELD_MANAGER, dry_run=True)
    except AlreadyExists:
        # The name is looked at last: everything else about the object is good.
        return True
    except Refused as refusal:
        why = f"{error.message}; it is not deleted, for the new one would be refused: {refusal.message}"
        raise Refused(why, reason=error.reason, status=error.status, causes=error.causes) from None
    return True


def clear_away(run: Run, ref: ObjectRef, old: Json) -> None:
    """Delete the object as it was judged and wait until it is gone.

    Conflict if it is another one by now; Terminal if it is not gone in time.
    """
    if not deleting(old):
        run.cluster.delete(ref, uid=uid(old), resource_version=resource_version(old))
    if not wait_until_gone(run.cluster, ref, uid(old), run.deadline, run.budget):
        raise Terminal(f"{ref} immutable field detected, failed to wait for object to be deleted")
