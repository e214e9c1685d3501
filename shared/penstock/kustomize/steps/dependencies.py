"""What the Kustomizations of a run wait for, as the cluster has it: read once, after it was looked at."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef
from penstock.base.errors import PenstockError
from penstock.cluster.errors import Refused
from penstock.kustomize.dependencies import (
    as_typed,
    circle,
    circular,
    dependencies_of,
    missing,
    why_not_ready,
)
from penstock.kustomize.expressions import InvalidExpression, NotEvaluated

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.objects import Json
    from penstock.kustomize.dependencies import Dependency
    from penstock.kustomize.steps.ports import ApplyPorts

_FRESH_S = 5.0
"""How long what was read is good for, of those that nobody looks at in this run."""


class Dependencies:
    """Answers for one run; threads may share it. `listed` are Kustomizations whose specs are known anyway."""

    def __init__(self, ports: ApplyPorts, listed: Iterable[Json] = ()) -> None:
        self._ports = ports
        self._listed = {ObjectRef.from_object(obj): obj for obj in listed}
        self._read: dict[ObjectRef, tuple[float, Json | Refused | None]] = {}
        self._lock = threading.Lock()

    def why_not(self, obj: Json, revision: str) -> str:
        """Why a Kustomization cannot begin at that revision of its source; empty if it can.

        InvalidExpression in Flux's words, if it never will; whatever keeps the cluster from being read.
        """
        whys = (self._why_not(wanted, obj, revision) for wanted in dependencies_of(obj))
        return next((why for why in whys if why), "")

    def ready(self, obj: Json, revision: str) -> bool:
        """Whether it can begin; what cannot be told now is no."""
        try:
            return not self.why_not(obj, revision)
        except PenstockError:
            return False

    def looked_at(self, ref: ObjectRef) -> None:
        """This run is through with a Kustomization: what was read of it before is out of date."""
        with self._lock:
            self._read.pop(ref, None)

    def _why_not(self, wanted: Dependency, obj: Json, revision: str) -> str:
        found = self._get(wanted.ref)
        if isinstance(found, Refused):
            return missing(wanted, found.message)
        if found is None:
            return missing(wanted)
        if wanted.ready_expr:
            return self._by_expression(wanted, found, obj)
        why = why_not_ready(wanted, found, obj, revision)
        return why and why + circular(circle(ObjectRef.from_object(obj), self._parents))

    def _by_expression(self, wanted: Dependency, found: Json, obj: Json) -> str:
        values = {"self": as_typed(obj), "dep": as_typed(found)}
        try:
            holds = self._ports.expressions.holds(wanted.ready_expr, values)
        except InvalidExpression as error:
            text = f"terminal error: failed to evaluate dependency {wanted.ref.name}: {error.message}"
            raise InvalidExpression(text) from error
        except NotEvaluated as error:
            return error.message
        return "" if holds else f"dependency '{wanted.shown}' is not ready according to readyExpr eval"

    def _parents(self, ref: ObjectRef) -> tuple[ObjectRef, ...]:
        """What a Kustomization waits for; nothing if that cannot be read."""
        found = self._listed.get(ref) or self._get(ref)
        return tuple(one.ref for one in dependencies_of(found)) if isinstance(found, dict) else ()

    def _get(self, ref: ObjectRef) -> Json | Refused | None:
        now = self._ports.clock.monotonic()
        with self._lock:
            known = self._read.get(ref)
        if known is not None and now - known[0] <= _FRESH_S:
            return known[1]
        try:
            found: Json | Refused | None = self._ports.cluster.get(ref)
        except Refused as error:
            found = error
        with self._lock:
            self._read[ref] = (now, found)
        return found
