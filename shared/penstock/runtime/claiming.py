"""The claims of a process, put together from its settings."""

from __future__ import annotations

from pathlib import Path
from socket import gethostname
from typing import TYPE_CHECKING
from uuid import uuid4

from penstock.base.errors import PenstockError
from penstock.base.options import Role
from penstock.cluster.leases import Leases
from penstock.queue.claims import LocalClaims
from penstock.queue.leased import LeasedClaims, Parts

if TYPE_CHECKING:
    from penstock.api.work import WorkItem
    from penstock.runtime.wiring import Wiring

_PATIENCE_S = 1.0
"""A worker has other items to do than to wait for a source that is busy."""
_PATIENCE_ALONE_S = 30.0


def claims_of(wiring: Wiring) -> LeasedClaims:
    """Claims among the threads of this process, and among all that work on its cluster."""
    local = LocalClaims(_PATIENCE_S if wiring.settings.role is Role.SERVE else _PATIENCE_ALONE_S)
    return LeasedClaims(
        local, Parts(_leases(wiring), lambda item: _hand_on(wiring, item), wiring.clock, wiring.log)
    )


def _leases(wiring: Wiring) -> Leases:
    """Processes on one folder know of each other who is dead; of all others only time tells."""
    duration_s, host = wiring.settings.claim_seconds, gethostname()
    if not isinstance(wiring.settings.queue, Path):
        return Leases(wiring.cluster, wiring.clock, f"{host}/{uuid4().hex}", duration_s)
    queue = wiring.folder_queue
    return Leases(
        wiring.cluster,
        wiring.clock,
        f"{host}/{queue.member}",
        duration_s,
        gone=lambda holder: queue.gone(holder.rpartition("/")[2]),
    )


def _hand_on(wiring: Wiring, item: WorkItem) -> bool:
    """Whether the item waits in a queue now; a function that has none does it itself."""
    if wiring.settings.queue is None:
        return False
    try:
        wiring.queue.put(item)
    except PenstockError as error:
        wiring.log.warning("done again here, as the queue does not work", error=error.message)
        return False
    return True
