"""Events of the bucket: an artifact was written, so whoever applies it may look (never what to apply).

The same work is queued by fetch. Both together have one effect: what is due is read from the cluster, where
the status names the artifact, so the second look finds nothing to do, and one that comes too early as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.gitrepository import KIND
from penstock.api.work import Function, WorkItem, object_name
from penstock.base.errors import Terminal
from penstock.notify.receivers import storage
from penstock.notify.receivers.delivery import Ignored
from penstock.runtime.answers import Answer
from penstock.runtime.reading import read_body
from penstock.source.artifact import source_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Request

    from penstock.base.limits import Limits
    from penstock.base.location import CloudBucket
    from penstock.runtime.gate import Gate


@dataclass(frozen=True)
class Events:
    """Takes CloudEvents of the bucket at `place`; `take` does or keeps the work and says so."""

    gate: Gate
    place: CloudBucket
    namespaces: tuple[str, ...]
    limits: Limits
    take: Callable[[WorkItem], Answer]

    def __call__(self, request: Request) -> Answer:
        """2xx for the work and for what is of no use; 4xx for what is no event; 503 to be sent again."""
        self.gate.check(request)
        body = read_body(request, self.limits, "invoke_body_bytes")
        found = storage.receive(request.headers.items(), body, depth=self.limits.json_depth)
        if isinstance(found, Ignored):
            return _ignored(found.reason)
        item = work_of(found, self.place)
        if item is None:
            return _ignored("the object is no artifact of this bucket")
        if self.namespaces and item.namespace not in self.namespaces:
            return _ignored("the artifact's namespace is not served here")
        return self.take(item)


def work_of(written: storage.Written, place: CloudBucket) -> WorkItem | None:
    """What is to be looked at after an object was written; None if it is no artifact of ours. Pure."""
    source = source_of(place.key_of(written.name)) if written.bucket == place.name else None
    if source is None or source[0] != KIND.lower():
        return None
    try:
        kind, namespace, name = object_name(KIND, *source[1:])
    except Terminal:
        return None
    return WorkItem(Function.APPLY, kind, namespace, name, "artifact written")


def _ignored(why: str) -> Answer:
    return Answer(200, {"status": "ignored", "reason": why}, note={"ignored": why})
