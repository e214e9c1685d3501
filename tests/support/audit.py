"""What reached the API server, from its own audit log."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from penstock.tools.controlplane.plane import ControlPlane

    from tests.support.kube import Kube

_WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_ITSELF = "system:apiserver"
_marks = itertools.count(1)


@dataclass(frozen=True)
class Request:
    """One finished request: the user, the verb as RBAC names it, the address, the status code."""

    user: str
    verb: str
    uri: str
    code: int
    agent: str

    @property
    def writes(self) -> bool:
        """Whether it was meant to change something; a dry run was not."""
        return self.verb in _WRITES and "dryRun=" not in self.uri


class Audit:
    """`mark`, do something, then ask what came `since`."""

    def __init__(self, plane: ControlPlane, kube: Kube) -> None:
        self._log = plane.audit_log
        self._kube = kube

    def mark(self) -> int:
        """The place in the log that everything so far is before."""
        self._settle()
        return self._log.stat().st_size

    def since(self, mark: int) -> tuple[Request, ...]:
        """The requests after that place, in the order they ended, without our own look-ups and without what
        the API server asks of itself, such as the renewal of its lease."""
        self._settle()
        with self._log.open("rb") as stream:
            stream.seek(mark)
            requests = [_request(json.loads(line)) for line in stream.read().splitlines()]
        return tuple(
            request for request in requests if "penstock-mark=" not in request.uri and request.user != _ITSELF
        )

    def _settle(self) -> None:
        """Waits until a request of our own is in the log: those answered before it are too."""
        sign = f"penstock-mark={next(_marks)}."
        self._kube.request("GET", f"/version?{sign}")
        eventually(lambda: sign.encode() in self._log.read_bytes(), "the audit log")


def _request(event: dict[str, Any]) -> Request:
    code = event.get("responseStatus", {}).get("code", 0)
    return Request(
        event["user"].get("username", ""),
        event["verb"],
        event["requestURI"],
        code,
        event.get("userAgent", ""),
    )
