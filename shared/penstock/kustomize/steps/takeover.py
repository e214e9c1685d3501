"""Fields of kubectl and of earlier tools made ours, before an object is applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import resource_version
from penstock.base.errors import Transient
from penstock.cluster.errors import Conflict
from penstock.kustomize.managers import cleanup
from penstock.kustomize.owner import FIELD_MANAGER

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.kustomize.scope import Target
    from penstock.kustomize.steps.run import Run

_TRIES = 5


def take_over(run: Run, target: Target, live: Json) -> None:
    """Patch what is to be taken over of the live object; nothing if there is nothing, or the object is gone.

    Transient if it changes all the time.
    """
    found: Json | None = live
    for _ in range(_TRIES):
        if found is None or not (patch := cleanup(target.obj, found)):
            return
        try:
            run.cluster.json_patch(
                target.ref, patch, field_manager=FIELD_MANAGER, resource_version=resource_version(found)
            )
        except Conflict:
            found = run.cluster.get(target.ref)
        else:
            return
    raise Transient(f"{target.ref} changes faster than its fields can be taken over", reason="Conflict")
