"""What a run of fetch needs of the world."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.base.deadline import Stop
from penstock.base.metrics import UNMEASURED
from penstock.base.selector import MAIN_SHARD
from penstock.queue.claims import LocalClaim

if TYPE_CHECKING:
    from penstock.base.clock import Clock
    from penstock.base.limits import Limits
    from penstock.base.log import Log
    from penstock.base.masking import Masker
    from penstock.base.metrics import Metrics
    from penstock.base.selector import Selector
    from penstock.cluster.port import Cluster
    from penstock.notify.event import Events
    from penstock.queue.claims import Claim, Claims
    from penstock.queue.queue import Queue
    from penstock.source.fetchers.port import Fetcher
    from penstock.store.artifacts import Artifacts
    from penstock.store.records import Records
    from penstock.store.runs import Runs

CONTROLLER = "source-controller"
STATUS_MANAGER = "source-controller"


@dataclass(frozen=True)
class FetchPorts:
    """The edges and settings of fetch. `namespaces` are those it serves (empty: all).

    `selector` says which objects, `claim` is what a look holds of `claims`.
    """

    cluster: Cluster
    fetcher: Fetcher
    artifacts: Artifacts
    records: Records
    runs: Runs
    queue: Queue
    claims: Claims
    events: Events
    clock: Clock
    log: Log
    masker: Masker
    limits: Limits
    claim: Claim = field(default_factory=LocalClaim)
    metrics: Metrics = UNMEASURED
    namespaces: tuple[str, ...] = ()
    selector: Selector = MAIN_SHARD
    budget_seconds: float = 240
    """What one run may take; no repository's own timeout goes beyond it."""
    stop: Stop = field(default_factory=Stop)
    """Whether all runs of this process have to end."""
    keep_count: int = 5
    keep_seconds: float = 86_400
    """Artifacts of a source that are neither among the newest nor young enough are collected."""
