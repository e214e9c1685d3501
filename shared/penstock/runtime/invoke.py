"""Manual invoke: `POST /invoke` names one object to look at now; `?wait=30s` answers with the outcome.

Nothing in the body chooses content: it names an object, and that is all (threats A-10).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from penstock.api.objects import deleting, labels_of
from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.api.work import Function, Outcome, WorkItem, object_name
from penstock.base import strictjson
from penstock.base.clock import parse_rfc3339
from penstock.base.deadline import Deadline
from penstock.base.duration import parse_duration
from penstock.base.errors import Terminal
from penstock.base.selector import MAIN_SHARD
from penstock.runtime.answers import Answer, Problem
from penstock.runtime.reading import read_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from flask import Request

    from penstock.base.clock import Clock
    from penstock.base.limits import Limits
    from penstock.base.selector import Selector
    from penstock.cluster.port import Cluster
    from penstock.queue.queue import Queue
    from penstock.runtime.gate import Gate
    from penstock.store.records import Records

_FIELDS = ("kind", "namespace", "name")
_LONGEST_WAIT_S = 600.0
"""Ours: a connection that says nothing is kept no longer; the work goes on without it."""
_POLL_S = 0.2
_DELETED = "Deleted"


@dataclass(frozen=True)
class Invoke:
    """Handles invokes; the cluster and the records are asked only for those who wait."""

    gate: Gate
    namespaces: tuple[str, ...]
    limits: Limits
    clock: Clock
    queue: Callable[[], Queue]
    cluster: Callable[[], Cluster]
    records: Callable[[], Records]
    selector: Selector = MAIN_SHARD
    can_wait: bool = True
    pause: Callable[[float], None] = time.sleep

    def __call__(self, request: Request) -> Answer:
        """202 once the work is stored; with `?wait=`, 200 and 500 with the outcome, 504 if there is none."""
        self.gate.check(request)
        wait_s = parse_wait(request.args.to_dict(flat=False))
        if wait_s is not None and not self.can_wait:
            raise Problem(400, "wait is not to be had here: there is no bucket to read outcomes from")
        item = parse_invoke(read_body(request, self.limits, "invoke_body_bytes"))
        if self.namespaces and item.namespace not in self.namespaces:
            raise Problem(403, f"namespace {item.namespace} is not served here")
        note = {"object": f"{item.kind}/{item.namespace}/{item.name}"}
        if wait_s is None:
            self.queue().put(item)
            return Answer(202, {"status": "accepted"}, note=note)
        return self._waited(item, wait_s, note)

    def _waited(self, item: WorkItem, wait_s: float, note: Mapping[str, object]) -> Answer:
        ref = _ref(item)
        found = self.cluster().get(ref)
        if found is None:
            raise Problem(404, f"{ref} does not exist")
        if not self.selector.matches(labels_of(found)):
            raise Problem(403, f"{ref} is left to its shard")
        if (found.get("spec") or {}).get("suspend") is True and not deleting(found):
            raise Problem(409, f"{ref} is suspended: nothing would come of it")
        since = self.clock.now()
        self.queue().put(item)
        until = Deadline.after(self.clock, wait_s)
        outcome = self._outcome(ref, since, until, ending=deleting(found))
        if outcome is None:
            return Answer(504, {"error": f"{ref}: no outcome yet, the work goes on"}, note=note)
        return Answer(200 if outcome.ok else 500, {"outcome": msgspec.to_builtins(outcome)}, note=note)

    def _outcome(self, ref: ObjectRef, since: datetime, until: Deadline, *, ending: bool) -> Outcome | None:
        """What the first run that began after `since` came to; of an object's end no record is left."""
        records, cluster = self.records(), self.cluster()
        while True:
            record = records.read(ref)
            if record is not None and record.outcome is not None and _began(record.started_at, since):
                return record.outcome
            if ending and cluster.get(ref) is None:
                return Outcome(True, f"{ref} is deleted", _DELETED)
            if until.expired:
                return None
            self.pause(min(_POLL_S, until.remaining()))


def parse_invoke(body: bytes) -> WorkItem:
    """The work that the body asks for; Problem 400 for anything else, unknown fields included. Pure."""
    try:
        asked = strictjson.loads(body, depth=4)
    except ValueError as error:
        raise Problem(400, f"the body {error}") from None
    if not isinstance(asked, dict) or not all(isinstance(value, str) for value in asked.values()):
        raise Problem(400, "the body must be a JSON object of texts: kind, namespace, name")
    if unknown := sorted(set(asked).difference(_FIELDS)):
        raise Problem(400, f"unknown field {unknown[0][:64]!r}: known are {', '.join(_FIELDS)}")
    try:
        kind, namespace, name = object_name(*(asked.get(key, "") for key in _FIELDS))
    except Terminal as error:
        raise Problem(400, error.message) from None
    function = Function.FETCH if kind == "GitRepository" else Function.APPLY
    return WorkItem(function, kind, namespace, name, "invoked")


def parse_wait(query: dict[str, list[str]]) -> float | None:
    """Seconds to wait for the outcome, from the query; None if there is no `wait`. Pure."""
    if set(query) - {"wait"}:
        raise Problem(400, "the only parameter is wait, such as ?wait=30s")
    values = query.get("wait", [])
    if not values:
        return None
    try:
        (text,) = values
        seconds = parse_duration(text)
    except ValueError:
        raise Problem(400, "wait must be one duration, such as 30s or 2m") from None
    if not 0 < seconds <= _LONGEST_WAIT_S:
        raise Problem(400, f"wait must be more than 0 and at most {_LONGEST_WAIT_S:.0f} seconds")
    return seconds


def _ref(item: WorkItem) -> ObjectRef:
    make = git_repository if item.kind == "GitRepository" else kustomization
    return make(item.namespace, item.name)


def _began(started_at: str, since: datetime) -> bool:
    try:
        return parse_rfc3339(started_at) >= since
    except ValueError:
        return False
