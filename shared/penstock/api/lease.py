"""The Lease by which processes agree on who works on a source, and what may be done with it. Pure.

Times and holders are arguments. The clocks of two processes may differ by a third of the duration before one
takes what the other still holds; then the other notices at its next check, for every holder has a number of
its own (the fence, `leaseTransitions`) and every write carries the resourceVersion that was decided on. No
clock can keep a Lease for ever: a `renewTime` in the future is no better than one long ago (threats B-29).

Source: coordination.k8s.io/v1 Lease; client-go's leader election for the meaning of its fields.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from penstock.api.objects import annotations_of, resource_version, uid
from penstock.api.refs import ObjectRef
from penstock.api.work import Function, WorkItem, object_name
from penstock.base.clock import parse_rfc3339, rfc3339_micro
from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from penstock.api.objects import Json

RUN_AGAIN = "penstock.dev/run-again"
"""The annotation with the keys of the work that others wanted while the Lease was held."""
MANAGED_BY = {"app.kubernetes.io/managed-by": "penstock"}
MOST_MARKS = 100
"""Ours: Kubernetes takes 256 KiB of annotations, a mark has less than 350. Who finds no room tries later."""
KIND = ObjectRef("coordination.k8s.io", "v1", "Lease", "", "")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_NAME = 253
"""Kubernetes'."""
_DIGEST = 16
_LONGEST_S = 3600.0
"""Ours: whatever a Lease says, nobody is waited for longer."""


@dataclass(frozen=True)
class ClaimKey:
    """What is claimed: the work of one function on one source."""

    function: Function
    source: ObjectRef

    def __str__(self) -> str:
        return f"{self.function}/{self.source}"

    @property
    def lease(self) -> ObjectRef:
        """The Lease that stands for it, beside the source."""
        return replace(KIND, namespace=self.source.namespace, name=lease_name(self))


@dataclass(frozen=True)
class Lease:
    """What a Lease says: who has it (empty: nobody), as which holder in a row, since when unrenewed and for
    how many seconds, and what others want to be done again. `uid` and `version` are those of the object."""

    holder: str = ""
    fence: int = 0
    renewed: datetime | None = None
    duration_s: float = 0.0
    marks: frozenset[str] = frozenset()
    uid: str = ""
    version: str = ""

    def same_hold(self, other: Lease) -> bool:
        """Whether it is still held by the same holder as the other, without a break."""
        return (self.uid, self.holder, self.fence) == (other.uid, other.holder, other.fence)


def lease_name(key: ClaimKey) -> str:
    """The name of the Lease, one for each key; long and impossible names end in a digest, or are one."""
    start, name = f"penstock-{key.function}", f"{key.source.kind.lower()}-{key.source.name}"
    if _NAME.fullmatch(name) is None:
        return f"{start}-{_digest(name)}"
    if len(start) + 1 + len(name) <= _LONGEST_NAME:
        return f"{start}-{name}"
    room = _LONGEST_NAME - len(start) - _DIGEST - 2
    return f"{start}-{name[:room].rstrip('.-')}-{_digest(name)}"


def read(obj: Json) -> Lease:
    """The Lease in an object of any shape; what cannot be read is as if it were not there."""
    found = obj.get("spec")
    spec = found if isinstance(found, dict) else {}
    return Lease(
        holder=str(spec.get("holderIdentity") or ""),
        fence=_whole(spec.get("leaseTransitions")),
        renewed=_time(spec.get("renewTime")),
        duration_s=min(float(_whole(spec.get("leaseDurationSeconds"))), _LONGEST_S),
        marks=frozenset(str(annotations_of(obj).get(RUN_AGAIN) or "").split()),
        uid=uid(obj),
        version=resource_version(obj),
    )


def left_s(lease: Lease, now: datetime) -> float:
    """Seconds for which its holder has the Lease if it does not renew it; 0 if it is anybody's.

    One that was renewed further in the future than it lasts was renewed under another clock: it is anybody's.
    """
    if not lease.holder or lease.renewed is None:
        return 0.0
    elapsed = (now - lease.renewed).total_seconds()
    return max(lease.duration_s - elapsed, 0.0) if elapsed >= -lease.duration_s else 0.0


def may_take(lease: Lease, holder: str, now: datetime, *, gone: bool) -> bool:
    """Whether `holder` may have it: it is nobody's any more, its own from before, or a dead holder's."""
    return gone or lease.holder == holder or left_s(lease, now) == 0


def new(key: ClaimKey, owner_uid: str, holder: str, now: datetime, duration_s: int) -> Json:
    """The object of a Lease that nobody had before. It goes with its source, if that exists (`owner_uid`)."""
    ref, source = key.lease, key.source
    meta: Json = {"namespace": ref.namespace, "name": ref.name, "labels": MANAGED_BY}
    if owner_uid:
        owner = {"apiVersion": source.api_version, "kind": source.kind, "name": source.name}
        meta["ownerReferences"] = [{**owner, "uid": owner_uid}]
    spec = _taken(1, holder, now, duration_s)
    return {"apiVersion": ref.api_version, "kind": ref.kind, "metadata": meta, "spec": spec}


def taken(lease: Lease, holder: str, now: datetime, duration_s: int, mark: str) -> Json:
    """The patch that takes the Lease; what others want stays, but for `mark`: that is what is done now."""
    spec = _taken(lease.fence + 1, holder, now, duration_s)
    return {"spec": spec, **(_marks(lease.marks - {mark}) if mark in lease.marks else {})}


def renewed(now: datetime) -> Json:
    """The patch of a holder that goes on."""
    return {"spec": {"renewTime": rfc3339_micro(now)}}


def released() -> Json:
    """The patch of a holder that is done. The fence stays, so that the next holder has a higher one."""
    return {"spec": {"holderIdentity": None}}


def marked(lease: Lease, mark: str) -> Json | None:
    """The patch that asks the holder to do work again; None if there is no room for more."""
    return _marks(lease.marks | {mark}) if len(lease.marks) < MOST_MARKS else None


def unmarked(lease: Lease, marks: Iterable[str]) -> Json:
    """The patch that takes marks away once they are seen to; the unknown ones stay (threats B-30)."""
    return _marks(lease.marks - frozenset(marks))


def item(function: Function, wanted: ObjectRef) -> WorkItem:
    """The work that a mark asks for; the mark is its key."""
    return WorkItem(function, wanted.kind, wanted.namespace, wanted.name, "run again")


def items(lease: Lease) -> tuple[WorkItem, ...]:
    """The work that its marks ask for, those passed over that are none we know."""
    found = (_item(mark) for mark in sorted(lease.marks)[:MOST_MARKS])
    return tuple(one for one in found if one is not None)


def _item(mark: str) -> WorkItem | None:
    function, _, rest = mark.partition("/")
    try:
        kind, namespace, name = object_name(*rest.split("/", 2))
        return item(Function(function), ObjectRef("", "", kind, namespace, name))
    except (Terminal, ValueError, TypeError):
        return None


def _taken(fence: int, holder: str, now: datetime, duration_s: int) -> Json:
    return {
        "holderIdentity": holder,
        "leaseTransitions": fence,
        "leaseDurationSeconds": duration_s,
        "acquireTime": rfc3339_micro(now),
        "renewTime": rfc3339_micro(now),
    }


def _marks(marks: frozenset[str]) -> Json:
    return {"metadata": {"annotations": {RUN_AGAIN: " ".join(sorted(marks)) or None}}}


def _digest(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()[:_DIGEST]


def _whole(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _time(value: object) -> datetime | None:
    try:
        return parse_rfc3339(str(value))
    except (ValueError, OverflowError):
        return None
