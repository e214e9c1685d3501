"""Flux objects and records as the schedule reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from penstock.base.clock import rfc3339

if TYPE_CHECKING:
    from penstock.api.work import Outcome

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """What a record says of the last check: that it went well, just now."""

    checked_at: str = rfc3339(NOW)
    ok: bool = True
    failures: int = 0
    generation: int = 1
    outcome: Outcome | None = None
    pause_s: float = 0.0


def made(
    kind: str = "Kustomization",
    *,
    metadata: dict[str, Any] | None = None,
    spec: dict[str, Any] | None = None,
    status: dict[str, Any] | None = None,
    ready: str = "True",
    reason: str = "ReconciliationSucceeded",
    message: str = "",
    stalled: bool = False,
) -> dict[str, Any]:
    """An object that was looked at and is ready, but for what is said."""
    conditions = [{"type": "Ready", "status": ready, "reason": reason, "message": message}]
    if stalled:
        conditions.append({"type": "Stalled", "status": "True"})
    return {
        "kind": kind,
        "metadata": {
            "name": "apps",
            "uid": "u",
            "generation": 1,
            "finalizers": ["finalizers.fluxcd.io"],
            **(metadata or {}),
        },
        "spec": {"interval": "10m", **(spec or {})},
        "status": {"observedGeneration": 1, "conditions": conditions, **(status or {})},
    }
