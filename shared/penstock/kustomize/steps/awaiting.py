"""deletionPolicy WaitForTermination: the Kustomization goes when its deleted objects have gone.

Source: kustomize-controller finalize and fluxcd/pkg/ssa WaitForSetTermination: who waits for longer than the
Kustomization's timeout says so, and lets it go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.conditions import ConditionType, get
from penstock.api.kustomization import DeletionPolicy, decode
from penstock.api.resource import InvalidObject
from penstock.api.transitions import progressing
from penstock.base.clock import parse_rfc3339
from penstock.kustomize.prune import Verdict, wait_left_s
from penstock.kustomize.steps.termination import is_left, wait_until_gone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from penstock.api.meta import Status
    from penstock.base.deadline import Budget
    from penstock.kustomize.prune import Stale
    from penstock.kustomize.steps.ports import ApplyPorts
    from penstock.kustomize.steps.pruning import Pruner
    from penstock.kustomize.steps.subject import Subject

WAITING = "Waiting for the deleted objects to be gone"
LEFT_WAITING = "handed over to the next run: waiting for the deleted objects to be gone"
TIMED_OUT = "failed to wait for resources termination"
_FALLBACK_S = 300.0
"""Stands in for the timeout of a spec that cannot be read."""


def waiting_since(status: Status) -> datetime | None:
    """When a run before this one began to wait; None if none did."""
    found = get(status.conditions, ConditionType.RECONCILING)
    if found is None or found.message != WAITING:
        return None
    try:
        return parse_rfc3339(found.last_transition_time)
    except ValueError:
        return None


def await_termination(
    ports: ApplyPorts, subject: Subject[Status], pruner: Pruner, judged: Sequence[Stale], budget: Budget
) -> str:
    """Wait until what was deleted is gone; what to tell if that takes longer than the timeout, else empty.

    OutOfTime if the function's time ends first: the status says that somebody waits, and since when.
    """
    doomed = [(ref, stale.uid) for stale in judged if (ref := pruner.doomed(stale)) is not None]
    left = [one for one in doomed if is_left(pruner.cluster, *one)]
    if not left:
        return ""
    since = waiting_since(subject.status)
    subject.conclude(lambda status: progressing(status, WAITING, subject.at(), drift=False))
    deadline = budget.deadline.sooner(wait_left_s(_timeout_s(subject), since, ports.clock.now()))
    for ref, of in left:
        ports.claim.check()
        if not wait_until_gone(pruner.cluster, ref, of, deadline, budget):
            ports.log.error(TIMED_OUT, object=str(subject.ref), waited_for=str(ref))
            return TIMED_OUT
    return ""


def waits(subject: Subject[Status]) -> bool:
    """Whether the Kustomization's policy is to wait."""
    spec = subject.obj.get("spec") or {}
    return bool(spec.get("deletionPolicy") == DeletionPolicy.WAIT_FOR_TERMINATION)


def still_to_delete(subject: Subject[Status], judged: Sequence[Stale]) -> tuple[Stale, ...]:
    """Without what an earlier run has deleted already, and told of."""
    if waiting_since(subject.status) is None:
        return tuple(judged)
    return tuple(one for one in judged if not (one.verdict is Verdict.DELETE and one.terminating))


def _timeout_s(subject: Subject[Status]) -> float:
    try:
        return decode(subject.obj).spec.timeout_s
    except InvalidObject:
        return _FALLBACK_S
