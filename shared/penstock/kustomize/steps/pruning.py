"""Objects that left the build: looked up, judged, held or deleted; and what has to stay in the inventory."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from penstock.api.conditions import ConditionType, get
from penstock.api.objects import annotations_of
from penstock.base.errors import PenstockError, Transient
from penstock.cluster.errors import Conflict, NotFound, UnknownKind
from penstock.cluster.parallel import parallel
from penstock.kustomize.brake import hold, message
from penstock.kustomize.changes import Action, Change
from penstock.kustomize.handover import was_handed_over
from penstock.kustomize.inventory import difference
from penstock.kustomize.order import ranks
from penstock.kustomize.prune import Stale, Verdict, judge
from penstock.kustomize.status import Reason
from penstock.kustomize.steps.presence import Presence
from penstock.kustomize.steps.run import StepFailed, what_ends

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penstock.api.refs import ObjectRef
    from penstock.base.deadline import Budget, Deadline
    from penstock.cluster.port import Cluster
    from penstock.kustomize.brake import Held
    from penstock.kustomize.inventory import Refs
    from penstock.kustomize.steps.run import Run

_TRIES = 5


@dataclass(frozen=True)
class Pruned:
    """What was done, what has to be tried again, and why; `over` if time ended it, or the credentials did."""

    changes: tuple[Change, ...] = ()
    survivors: Refs = ()
    problems: tuple[str, ...] = ()
    over: PenstockError | None = None

    @property
    def failure(self) -> str:
        """All problems in Flux's words; empty if there are none."""
        return (
            "delete failed, errors: " + "".join(f"{text};" for text in self.problems) if self.problems else ""
        )


def prune(run: Run) -> str:
    """Delete what left the build and is not held; why the rest is held, or empty.

    What is held or could not be deleted or looked up stays in the inventory (run.kept). StepFailed for the
    latter, unless something is held: that is the more lasting of the two, and its reason names both.
    OutOfTime if there was no time for all of it: what is left stays there as well.
    """
    stale = difference(run.old, (change.ref for change in run.changes))
    if not stale or not run.model.spec.prune:
        return ""
    run.kept = stale
    pruner = pruner_of(run)
    judged, lost = pruner.look_up(stale)
    held = held_of(run, judged)
    run.held, run.gone = held.refs, _deleted_before(run, judged)
    done = _delete(run, pruner, tuple(one for one in judged if one.ref not in set(held.refs)))
    run.kept = (*held.refs, *done.survivors, *lost.survivors, *_may_come_late(run, judged, done.survivors))
    if done.over:
        raise done.over
    failure = replace(lost, problems=(*lost.problems, *done.problems)).failure
    if held.why:
        why = message(held, run.subject.ref, run.attempt.revision)
        return f"{why}\n{failure}" if failure else why
    if failure:
        raise StepFailed(Reason.PRUNE_FAILED, failure)
    return ""


def _delete(run: Run, pruner: Pruner, judged: Sequence[Stale]) -> Pruned:
    """Delete what is to be deleted, once the status covers what is left if that is cut off."""
    if _doomed(judged):
        run.intend(change.ref for change in run.changes)
    done = pruner.delete(judged)
    run.pruned = done.changes
    return done


def _deleted_before(run: Run, judged: Sequence[Stale]) -> Refs:
    """What is not there any more after a run that was cut off: it left no record of what it deleted."""
    return tuple(one.ref for one in judged if one.verdict is Verdict.GONE) if _after_a_cut(run) else ()


def _may_come_late(run: Run, judged: Sequence[Stale], survivors: Refs) -> Refs:
    """What is not there now, and may come into being after all: whoever was cut off may only be paused.

    No precondition keeps a write that was under way from making an object anew, so the entry stays for the
    next run to look at (threats B-13).
    """
    absent = (one.ref for one in judged if one.verdict in {Verdict.GONE, Verdict.DELETE})
    return tuple(ref for ref in absent if ref not in {*run.held, *survivors}) if _after_a_cut(run) else ()


def _after_a_cut(run: Run) -> bool:
    """Whether the status that this run found announces another one, which has not ended."""
    found = get(run.model.status.conditions, ConditionType.RECONCILING)
    return found is not None and found.reason == Reason.PROGRESSING and not was_handed_over(found.message)


def _doomed(judged: Sequence[Stale]) -> Refs:
    return tuple(one.ref for one in judged if one.verdict is Verdict.DELETE)


def pruner_of(run: Run) -> Pruner:
    """What looks up, and deletes, for a run."""
    return Pruner(run.cluster, run.subject.ref, run.ports.requests, run.deadline, run.budget, run.assure)


def held_of(run: Run, judged: Sequence[Stale]) -> Held:
    """Which of the deletions the brake holds at the revision of the run."""
    doomed = _doomed(judged)
    return hold(
        run.ports.brake,
        doomed,
        applied=_applied(run) if doomed else None,
        built=len(run.changes),
        revision=run.attempt.revision,
        annotations=annotations_of(run.subject.obj),
    )


def _applied(run: Run) -> int | None:
    """How many objects there were when last all was as the source had it.

    Not what the inventory lists now: after a run that was held or failed that has the new objects as well,
    and the old ones would seem to be the smaller part of it.
    """
    record = run.ports.records.read(run.subject.ref)
    return None if record is None or record.applied is None else min(record.applied.objects, len(run.old))


@dataclass(frozen=True)
class Pruner:
    """Looks up and deletes the objects of one owner; `assure` raises when it is not to any more."""

    cluster: Cluster
    owner: ObjectRef
    requests: int
    deadline: Deadline
    budget: Budget
    assure: Callable[[], None] = lambda: None

    @cached_property
    def presence(self) -> Presence:
        """Which kinds are gone."""
        return Presence(self.cluster)

    def look_up(self, refs: Sequence[ObjectRef]) -> tuple[tuple[Stale, ...], Pruned]:
        """What is to be done about each entry; and, apart from them, those that nobody can tell of.

        Raises what ends the whole run: who does not know all of them must not delete any.
        """
        answers = parallel(self._look_up, refs, self.requests, self.deadline)
        if over := what_ends(self.budget, answers):
            raise over
        judged: list[Stale] = []
        lost: dict[ObjectRef, str] = {}
        for ref, answer in zip(refs, answers, strict=True):
            if isinstance(answer, PenstockError):
                lost[ref] = answer.message
            elif answer.verdict is Verdict.UNKNOWN:
                lost[ref] = f"the API server does not show all of the API group {ref.group!r}"
            else:
                judged.append(answer)
        problems = tuple(f"{ref} query failed: {why}" for ref, why in lost.items())
        return tuple(judged), Pruned(survivors=tuple(lost), problems=problems)

    def delete(self, judged: Sequence[Stale]) -> Pruned:
        """Delete what is to be deleted, in the reverse order of applying; go on where one fails."""
        changes: list[Change] = []
        failed: dict[ObjectRef, str] = {}
        over: PenstockError | None = None
        for rank in ranks(judged, lambda stale: stale.ref, reverse=True):
            answers = parallel(self._delete, rank, self.requests, self.deadline)
            over = over or what_ends(self.budget, answers)
            for stale, answer in zip(rank, answers, strict=True):
                if isinstance(answer, PenstockError):
                    failed[stale.ref] = answer.message
                elif answer is not None:
                    changes.append(answer)
        problems = tuple(f"{ref} delete failed: {why}" for ref, why in failed.items())
        return Pruned(tuple(changes), tuple(failed), problems, over)

    def doomed(self, stale: Stale) -> ObjectRef | None:
        """The name of what was to be deleted, in a version that the cluster serves; None if it was not."""
        return self._served(stale.ref) if stale.verdict is Verdict.DELETE else None

    def _look_up(self, ref: ObjectRef) -> Stale:
        self.budget.go_on(str(ref))
        try:
            return self._judge(ref)
        except UnknownKind:
            # The catalog is older than the answer: look at the kind once more.
            self.cluster.discovery().refresh()
            return self._judge(ref)

    def _judge(self, ref: ObjectRef) -> Stale:
        served = self._served(ref)
        if served is None:
            return judge(ref, None, self.owner, served=False, gone=self.presence.gone(ref))
        return judge(ref, self.cluster.get(served), self.owner, served=True, gone=False)

    def _served(self, ref: ObjectRef) -> ObjectRef | None:
        """The reference in a version that the cluster serves; None if it serves the kind in none."""
        discovery = self.cluster.discovery()
        found = discovery.find(ref.group, ref.kind, ref.version) or discovery.find(ref.group, ref.kind)
        return replace(ref, version=found.version) if found is not None else None

    def _delete(self, stale: Stale) -> Change | None:
        """The change line; None for what was gone already.

        What changed since it was judged is judged again: another Kustomization may own it by now.
        """
        self.budget.go_on(str(stale.ref))
        for _ in range(_TRIES):
            try:
                return self._delete_as_judged(stale)
            except Conflict:
                stale = self._look_up(stale.ref)
                if stale.verdict is Verdict.UNKNOWN:
                    break
        raise Transient("it changes faster than it can be judged", reason="Conflict")

    def _delete_as_judged(self, stale: Stale) -> Change | None:
        if stale.verdict is Verdict.SKIP:
            return Change(stale.ref, Action.SKIPPED)
        served = self._served(stale.ref)
        if stale.verdict is not Verdict.DELETE or served is None:
            return None
        self.assure()
        try:
            deleted = self.cluster.delete(served, uid=stale.uid, resource_version=stale.resource_version)
        except NotFound:
            deleted = False
        return Change(stale.ref, Action.DELETED) if deleted else None
