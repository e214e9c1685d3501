"""What reached the API server, who sent it and when it was answered: from its own audit log."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - msgspec reads it
from typing import TYPE_CHECKING, Any

import msgspec

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.support.kube import Kube

_marks = itertools.count(1)
_MARK = "bench-mark="


class _Object(msgspec.Struct, frozen=True):
    resource: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""


class _Answer(msgspec.Struct, frozen=True):
    code: int = 0


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of an event of audit.k8s.io/v1."""

    verb: str
    request_uri: str = msgspec.field(name="requestURI")
    stage_timestamp: datetime
    request_received_timestamp: datetime
    user_agent: str = ""
    object_ref: _Object = _Object()
    response_status: _Answer = _Answer()


_DECODER = msgspec.json.Decoder(_Event)


@dataclass(frozen=True)
class Request:
    """One finished request. `agent` is the program, the verb as RBAC names it; times in seconds since 1970.

    A server-side apply has the verb `apply`, and a dry-run of whatever sort `dry-run`.
    """

    agent: str
    verb: str
    resource: str
    namespace: str
    name: str
    code: int
    came_at: float
    ended_at: float

    @property
    def stores(self) -> bool:
        """Whether it may have changed an object."""
        return self.verb in {"create", "update", "patch", "apply", "delete"} and 200 <= self.code < 300


def parse(line: bytes) -> Request:
    """A line of the log."""
    event = _DECODER.decode(line)
    found = event.object_ref
    return Request(
        agent=event.user_agent.partition("/")[0],
        verb=_verb(event),
        resource=f"{found.resource}/{found.subresource}" if found.subresource else found.resource,
        namespace=found.namespace,
        name=found.name,
        code=event.response_status.code,
        came_at=event.request_received_timestamp.timestamp(),
        ended_at=event.stage_timestamp.timestamp(),
    )


def _verb(event: _Event) -> str:
    query = event.request_uri.partition("?")[2]
    if "dryRun=" in query:
        return "dry-run"
    return "apply" if event.verb == "patch" and "force=" in query else event.verb


def of_agents(requests: Iterable[Request], agents: frozenset[str]) -> tuple[Request, ...]:
    """Those of these programs, without watches, which stay open for as long as their program likes."""
    return tuple(one for one in requests if one.agent in agents and one.verb != "watch")


def by_agent(requests: Iterable[Request]) -> dict[str, int]:
    """`program verb` -> how many; those about Leases apart: `program lease`."""
    counted = Counter(f"{one.agent} {'lease' if one.resource == 'leases' else one.verb}" for one in requests)
    return dict(sorted(counted.items()))


def stored_at(
    requests: Iterable[Request], resource: str, namespace: str, names: frozenset[str]
) -> float | None:
    """When the last of these objects was stored for the first time; None if one of them was not."""
    first: dict[str, float] = {}
    for one in sorted(requests, key=lambda request: request.ended_at):
        if one.stores and (one.resource, one.namespace) == (resource, namespace) and one.name in names:
            first.setdefault(one.name, one.ended_at)
    return max(first.values()) if first.keys() >= names and names else None


class AuditLog:
    """`mark`, do something, then ask what came `since`."""

    def __init__(self, path: Path, kube: Kube) -> None:
        self._path = path
        self._kube = kube

    def mark(self) -> int:
        """The place in the log that everything answered so far is before."""
        return self._settle()

    def since(self, mark: int) -> tuple[Request, ...]:
        """The requests after that place, in the order in which they ended."""
        end = self._settle()
        with self._path.open("rb") as stream:
            stream.seek(mark)
            lines = stream.read(end - mark).splitlines()
        return tuple(parse(line) for line in lines if _MARK.encode() not in line)

    def _settle(self) -> int:
        """Waits until a request of our own is in the log: those answered before it are too. Where that is."""
        start = self._path.stat().st_size
        sign = f"{_MARK}{next(_marks)}."
        self._kube.request("GET", f"/version?{sign}")
        found: dict[str, Any] = {"end": -1}

        def seen() -> bool:
            with self._path.open("rb") as stream:
                stream.seek(start)
                there = stream.read()
            place = there.find(sign.encode())
            end = there.find(b"\n", place) if place >= 0 else -1
            found["end"] = start + end + 1 if end >= 0 else -1
            return end >= 0

        eventually(seen, "the audit log")
        return int(found["end"])
