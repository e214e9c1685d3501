"""What a run of apply needs of the world."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from penstock.base.deadline import Stop
from penstock.base.limits import Limits
from penstock.base.metrics import UNMEASURED
from penstock.base.selector import MAIN_SHARD, WATCHED_CONFIGS
from penstock.kustomize.brake import Brake
from penstock.queue.claims import LocalClaim

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from penstock.api.kustomize import CustomHealthCheck
    from penstock.api.objects import Json
    from penstock.base.clock import Clock
    from penstock.base.log import Log
    from penstock.base.masking import Masker
    from penstock.base.metrics import Metrics
    from penstock.base.selector import Selector
    from penstock.cluster.port import Cluster
    from penstock.kustomize.built import BuildResult
    from penstock.kustomize.expressions import Judged
    from penstock.kustomize.health import Health
    from penstock.kustomize.overlay import Overlay
    from penstock.kustomize.variables import Variables
    from penstock.notify.event import Events
    from penstock.queue.claims import Claim, Claims
    from penstock.queue.queue import Queue
    from penstock.store.artifacts import Artifacts
    from penstock.store.baselines import Baselines
    from penstock.store.records import Records
    from penstock.store.runs import Runs

CONTROLLER = "kustomize-controller"
STATUS_MANAGER = "gotk-kustomize-controller"


class Builder(Protocol):
    """Builds kustomizations; penstock.tools.upstream.Upstream is the real one."""

    def build(
        self,
        tree: Mapping[str, bytes],
        path: str,
        *,
        overlay: Overlay | None = None,
        tree_id: str = "",
        folders: Collection[str] = (),
        variables: Variables | None = None,
    ) -> BuildResult:
        """The objects of the folder `path`, variables put in; BuildError if there are none to be had."""
        ...

    def select(self, targets: Sequence[Json], objects: Sequence[Json]) -> tuple[tuple[int, ...], ...]:
        """For each object which of the targets select it; an error of penstock if one is no target."""
        ...

    def identity(self) -> str:
        """What it is made of: the same text, the same objects from the same files."""
        ...


class Expressions(Protocol):
    """Evaluates CEL; penstock.tools.upstream.Upstream is the real one."""

    def holds(self, expression: str, values: Mapping[str, Json]) -> bool:
        """Whether an expression over whole objects, each under its name, is true.

        InvalidExpression if it is none that gives true or false, NotEvaluated if it has no result for these.
        """
        ...

    def health(self, checks: Sequence[CustomHealthCheck], objects: Sequence[Json] = ()) -> tuple[Judged, ...]:
        """What the checks say of each object; InvalidExpression, without objects too, if one is none."""
        ...


class Judge(Protocol):
    """Tells the health of objects; penstock.tools.upstream.Upstream is the real one."""

    def kstatus(self, objects: Sequence[Json]) -> tuple[Health, ...]:
        """The state of each as kstatus computes it, Unknown with an error where it cannot."""
        ...


@dataclass(frozen=True)
class ApplyPorts:
    """The edges and settings of apply. `namespaces` are those it serves (empty: all).

    `selector` says which objects, `claim` is what a run holds of `claims`.
    """

    cluster: Cluster
    artifacts: Artifacts
    records: Records
    runs: Runs
    queue: Queue
    claims: Claims
    builder: Builder
    expressions: Expressions
    judge: Judge
    events: Events
    clock: Clock
    log: Log
    masker: Masker
    claim: Claim = field(default_factory=LocalClaim)
    limits: Limits = field(default_factory=Limits)
    brake: Brake = field(default_factory=Brake)
    refused_kinds: tuple[str, ...] = ()
    hold_flux: bool = True
    """Whether Flux's own controllers are applied with 0 replicas."""
    refuse_shared: bool = False
    """Whether an object of another Kustomization is an error, instead of being taken over."""
    strict_substitutions: bool = True
    """Whether a variable without a value and without a default is an error."""
    metrics: Metrics = UNMEASURED
    namespaces: tuple[str, ...] = ()
    selector: Selector = MAIN_SHARD
    watched_configs: Selector = WATCHED_CONFIGS
    """Which ConfigMaps and Secrets make those due that take variables from them, when they change."""
    budget_seconds: float = 540
    """What one run may take; no Kustomization's own timeout goes beyond it."""
    stop: Stop = field(default_factory=Stop)
    """Whether all runs of this process have to end."""
    requests: int = 8
    """Requests at once for one Kustomization."""
    kustomizations: int = 4
    """Kustomizations at once."""
    pause: Callable[[float], None] = time.sleep
    """Waits that many seconds for the API server to catch up with itself."""
    baselines: Baselines | None = None
    """Where it is kept what full passes left; None makes every look a full pass."""
    full_pass_seconds: float = 3600
    """How old that may be."""
