"""Whether a CRD or a Namespace can be used by what is applied after it. Pure.

Source: kstatus (fluxcd/cli-utils) for CustomResourceDefinitions and for objects being deleted; threats B-16,
B-36.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import deleting
from penstock.api.refs import ObjectRef
from penstock.base.errors import Transient
from penstock.kustomize.order import Stage, stage_of

if TYPE_CHECKING:
    from penstock.api.objects import Json


class NotUsable(Transient):
    """Waiting for the object is useless, or took too long."""

    reason = "ReconciliationFailed"


def usable(obj: Json) -> bool:
    """Whether what comes after the object can be applied now; NotUsable if waiting would not help."""
    ref = ObjectRef.from_object(obj)
    if stage_of(ref) is not Stage.DEFINITIONS:
        return True
    if deleting(obj):
        raise NotUsable(f"{ref} is being deleted, nothing can be applied to it until it is gone")
    return ref.kind != "CustomResourceDefinition" or _established(ref, obj)


def _established(ref: ObjectRef, obj: Json) -> bool:
    conditions = {found.get("type"): found for found in (obj.get("status") or {}).get("conditions") or ()}
    names, established = conditions.get("NamesAccepted", {}), conditions.get("Established", {})
    if names.get("status") == "False":
        raise NotUsable(f"{ref} is refused by the cluster: {names.get('message')}")
    return bool(established.get("status") == "True")
