"""One run of one Kustomization: what it works with, what it has promised, and what it has done so far."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from penstock.base.deadline import OutOfTime
from penstock.base.errors import PenstockError
from penstock.cluster.errors import Timeout, Unauthorized
from penstock.kustomize.built import Reads
from penstock.kustomize.changes import Change, effective
from penstock.kustomize.fingerprint import fingerprint, made_from
from penstock.kustomize.handover import Spent
from penstock.kustomize.inventory import Refs, union
from penstock.kustomize.oldversions import advice, places
from penstock.kustomize.status import Attempt, Reason, intended
from penstock.kustomize.steps.source import Superseded, check_current
from penstock.kustomize.steps.subject import Moved
from penstock.queue.claims import ClaimLost
from penstock.store.baselines import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from penstock.api.kustomization import Kustomization, KustomizationStatus
    from penstock.api.meta import Artifact
    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.api.work import Outcome
    from penstock.base.deadline import Budget, Deadline
    from penstock.cluster.port import Cluster
    from penstock.kustomize.health import Key
    from penstock.kustomize.oldversions import Place
    from penstock.kustomize.steps.ports import ApplyPorts
    from penstock.kustomize.steps.source import Source
    from penstock.kustomize.steps.subject import Subject
    from penstock.kustomize.variables import Variables
    from penstock.notify.event import Severity
    from penstock.store.baselines import Baseline
    from penstock.store.records import Applied


_FRESH_SECONDS = 5.0


class StepFailed(Exception):
    """A step failed for a reason that goes into the status; `quiet` failures make no event, as in Flux.

    `unhealthy` is what health checks found, in short.
    """

    def __init__(self, reason: Reason, message: str, *, quiet: bool = False, unhealthy: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.quiet = quiet
        self.unhealthy = unhealthy


@dataclass(frozen=True)
class Ended:
    """How a look at a Kustomization ended, and what is kept of it.

    `artifact` is what the source offered and `digest` that of the build, `applied` what now stands to the end
    if the run got that far; `changes` are those that changed something, `held` the deletions that wait for
    approval, `gone` what a run that was cut off had deleted; `baseline` is what later looks can be spared by,
    `parked` what waits for its kind.
    """

    outcome: Outcome
    artifact: Artifact | None = None
    digest: str = ""
    applied: Applied | None = None
    changes: tuple[Change, ...] = ()
    held: Refs = ()
    gone: Refs = ()
    baseline: Baseline | None = None
    parked: Refs = ()


@dataclass
class Run:
    """The state of a run.

    `cluster` ends every request at the `deadline`: that of the object's own timeout, or of the function's
    `budget`. `objects` were built, `judged` of them tried. `old` is the inventory that the run found,
    `covered` what the inventory in the status covers now, `touched` what may exist because of this run;
    `changes` what became of the built objects, in Flux's order, `applied` whether that was all of them;
    `pruned` what became of those that left the build, `kept` those of them that stay in the inventory, `held`
    those of these that wait for approval, `gone` those that a run before this one deleted and could not tell.
    `parked` are the objects of kinds that the cluster does not have, each with what the API server says.
    `variables` is what was put into the build, `reads` what it looked at in `files`, `standing` how the
    cluster has each object afterwards where that is known, `expected` the digest of the build if nothing
    should have changed, else empty, `trusted` what the last full pass left, if it is to be relied on, and
    `relied` whether it was.
    `assured_at` is when (monotonic) the source was last seen to offer what this run works with.
    `vanishing` are Jobs of the build that are healthy once they are gone, `seen_healthy` whether all applied
    objects were just seen to be healthy, `health` says that the health checks passed, and `waits_for` what
    they wait for.
    """

    ports: ApplyPorts
    subject: Subject[KustomizationStatus]
    model: Kustomization
    source: Source
    cluster: Cluster
    deadline: Deadline
    budget: Budget
    started: float
    attempt: Attempt
    old: Refs
    covered: Refs
    announced: bool = False
    assured_at: float = 0.0
    variables: Variables | None = None
    reads: Reads = field(default_factory=Reads)
    files: Mapping[str, bytes] = field(default_factory=dict)
    standing: dict[ObjectRef, Standing] = field(default_factory=dict)
    expected: str = ""
    trusted: Baseline | None = None
    relied: bool = False
    objects: int = 0
    judged: int = 0
    touched: list[ObjectRef] = field(default_factory=list)
    parked: list[tuple[ObjectRef, str]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    applied: bool = False
    pruned: tuple[Change, ...] = ()
    kept: Refs = ()
    held: Refs = ()
    gone: Refs = ()
    vanishing: frozenset[Key] = frozenset()
    seen_healthy: bool = False
    health: str = ""
    waits_for: str = ""
    _places: tuple[Place, ...] | None = None

    @property
    def elapsed_s(self) -> float:
        """Seconds since the run began."""
        return self.ports.clock.monotonic() - self.started

    @property
    def done(self) -> Attempt:
        """The attempt with the time that it took."""
        return replace(self.attempt, duration_s=self.elapsed_s)

    @property
    def effects(self) -> tuple[Change, ...]:
        """What this run has changed so far."""
        return effective((*self.changes, *self.pruned))

    @property
    def inventory(self) -> Refs:
        """What this Kustomization has in the cluster, as far as this run got."""
        if not self.applied:
            return union(self.old, self.touched)
        return union((change.ref for change in self.changes), self.kept)

    @property
    def spent(self) -> Spent:
        """How far this run got with its time."""
        return Spent(
            effects=len(self.effects),
            judged=self.judged,
            objects=self.objects,
            stopped=self.budget.stopped,
            whole=self.budget.whole(self.started),
            waits_for=self.waits_for,
        )

    def tell(self, severity: Severity, reason: Reason, message: str, **details: str) -> None:
        """An event about the Kustomization at this revision; `details` are further metadata."""
        revision, origin = self.source.revision, self.source.origin_revision
        self.subject.emit(severity, reason, message, revision=revision, originRevision=origin, **details)

    def saw(self, ref: ObjectRef, applied: Json, found: Json) -> None:
        """How the cluster has an object of this build."""
        self.standing[ref] = Standing(
            ref.group, ref.version, ref.kind, ref.namespace, ref.name, fingerprint(found), made_from(applied)
        )

    def advice(self, ref: ObjectRef) -> str:
        """What to write in place of an API version that Flux has removed; empty for every other one."""
        if self._places is None:
            self._places = places(self.files, self.reads.files_read)
        return advice(ref, self._places)

    def passed_over(self, ref: ObjectRef, mark: str) -> None:
        """An object of this build that is left alone, and does not carry our labels."""
        self.standing[ref] = Standing(ref.group, ref.version, ref.kind, ref.namespace, ref.name, mark, "")

    def go_on(self) -> None:
        """Before anything is begun: OutOfTime once the function's time is there for recording only."""
        self.budget.go_on("what is left")

    def raise_if_over(self, answers: Iterable[object]) -> None:
        """Raise what ends the whole run, if one of the answers is that."""
        if over := what_ends(self.budget, answers):
            raise over

    def intend(self, refs: Iterable[ObjectRef]) -> None:
        """Before an effect: make sure that this run is still wanted, and that nothing it makes can be lost.

        The inventory in the status covers `refs` and everything before, so whoever takes over after a kill
        finds all of it (architecture decision 6). Superseded, ClaimLost or Moved if the run is not wanted
        any more.
        """
        self._assure()
        wanted = union(refs, self.covered)
        if self.announced and len(wanted) == len(self.covered):
            return
        self.subject.announce(
            lambda status: intended(
                status, self.attempt, wanted, self.model.spec.timeout_s, self.subject.at()
            )
        )
        self.covered, self.announced = wanted, True

    def assure(self) -> None:
        """Before each write: look again if the last look was a while ago, as after a pause of this process.

        So nothing but the requests under way at that moment comes late (threats B-13). Superseded or
        ClaimLost if this run is not wanted any more.
        """
        self.ports.claim.check()
        if self.ports.clock.monotonic() - self.assured_at > _FRESH_SECONDS:
            self._assure()

    def _assure(self) -> None:
        check_current(self.ports, self.source)
        self.assured_at = self.ports.clock.monotonic()


def what_ends(budget: Budget, answers: Iterable[object]) -> PenstockError | None:
    """The answer that ends a whole run, not just one object's part in it.

    Credentials that expired will not come back within it (threats B-28).
    """
    for answer in answers:
        if isinstance(answer, OutOfTime | Unauthorized | ClaimLost | Superseded):
            return answer
        if isinstance(answer, Timeout) and budget.closing:
            return OutOfTime(answer.message)
    return None


@contextmanager
def failing_as(reason: Reason) -> Iterator[None]:
    """Errors within are failures of the run: with their own reason if it is one of Flux's, else with this."""
    try:
        yield
    except (Moved, Superseded, ClaimLost, OutOfTime, Unauthorized):
        raise
    except PenstockError as error:
        own = error.reason in set(Reason)
        raise StepFailed(Reason(error.reason) if own else reason, error.message) from error
