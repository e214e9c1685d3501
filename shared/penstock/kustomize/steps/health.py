"""Health checks: a look at all objects, and while some are not healthy yet, watches that bring the news.

Once all of them were seen healthy they are looked at again, as what was healthy first may not be so any more:
Flux, too, needs them to be so at one moment.

Source: kustomize-controller checkHealth; architecture decision 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.conditions import ConditionType, has_status
from penstock.api.meta import REQUESTED_AT, ConditionStatus
from penstock.api.objects import annotations_of, deleting, generation
from penstock.api.transitions import answered
from penstock.base.duration import format_duration
from penstock.base.errors import PenstockError
from penstock.cluster.errors import Unauthorized
from penstock.kustomize.changes import Action, effective
from penstock.kustomize.handover import WAITS
from penstock.kustomize.health import judge, problem, targets, tells_of_success, without_itself
from penstock.kustomize.status import Reason, canceled, checking, waited_since
from penstock.kustomize.steps.run import StepFailed, failing_as
from penstock.kustomize.steps.sightings import Sightings
from penstock.kustomize.steps.source import Superseded, check_current
from penstock.kustomize.steps.subject import Moved
from penstock.notify.event import Severity
from penstock.queue.claims import ClaimLost

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.kustomize.health import Verdict
    from penstock.kustomize.inventory import Refs
    from penstock.kustomize.steps.run import Run

_LONGEST_WATCH_S = 3.0
"""Then it is looked whether all of this is still wanted, and whether the process has been told to end."""
_QUICK_S = 0.05
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 1.0
"""After watches that end at once; each time twice as long."""


def check_health(run: Run) -> None:
    """Wait until all that is to be checked is healthy; run.health then says so, empty if nothing is.

    StepFailed naming those that are not. OutOfTime if the function's time ends first. Superseded or Moved,
    with a status that says so, if there is something newer to be done.
    """
    with failing_as(Reason.HEALTH_CHECK_FAILED):
        refs = targets(run.model.spec, _applied(run))
        if not refs:
            return
        check = _Check(run, without_itself(refs, run.subject.ref))
        if not run.seen_healthy:
            check.pass_or_fail()
    run.health = f"Health check passed in {format_duration(check.elapsed_s)}"
    if _is_news(run):
        run.tell(Severity.INFO, Reason.PROGRESSING, run.health)


def _applied(run: Run) -> list[ObjectRef]:
    """Who is left alone on purpose may be in any state."""
    return [change.ref for change in run.changes if change.action is not Action.SKIPPED]


def _is_news(run: Run) -> bool:
    found = run.model.status
    return tells_of_success(
        was_healthy=has_status(found.conditions, ConditionType.HEALTHY, ConditionStatus.TRUE),
        new_revision=found.last_applied_revision != run.attempt.revision,
        changed=bool(effective(run.changes)),
    )


class _Check:
    """The health checks of one run. Their time counts from when the first of the runs began to wait."""

    def __init__(self, run: Run, refs: Refs) -> None:
        self._run = run
        self._refs = refs
        self._sightings = Sightings(run, refs)
        self._timeout_s = run.model.spec.timeout_s
        self._pause_s = _FIRST_PAUSE_S
        self._announced = False
        before = waited_since(run.model.status, run.attempt, self._timeout_s)
        self._goes_on = before is not None
        waited_s = (run.ports.clock.now() - before).total_seconds() if before is not None else 0.0
        self._began = run.ports.clock.monotonic() - max(waited_s, 0.0)

    @property
    def elapsed_s(self) -> float:
        """Seconds since it began, in the runs before this one as well."""
        return self._run.ports.clock.monotonic() - self._began

    def pass_or_fail(self) -> None:
        """Return once all are healthy; StepFailed once it is clear that they will not be, or not in time."""
        self._sightings.look()
        while not (verdict := self._verdict()).healthy:
            if not verdict.failed and self.elapsed_s >= self._timeout_s:
                self._sightings.look()
                self._fail_unless_healthy()
                return
            if verdict.failed:
                self._fail_unless_healthy()
            self._wait(verdict)
            if self._verdict().healthy:
                self._sightings.look()

    def _verdict(self) -> Verdict:
        return judge(self._refs, self._sightings.states, self._run.vanishing)

    def _fail_unless_healthy(self) -> None:
        verdict = self._verdict()
        if not verdict.healthy:
            found = problem(verdict, self._sightings.states)
            message = f"health check failed after {format_duration(self.elapsed_s)}: {found}"
            raise StepFailed(Reason.HEALTH_CHECK_FAILED, message, unhealthy=found)

    def _wait(self, verdict: Verdict) -> None:
        """Until there is news, or it is time to see whether the wait is still wanted."""
        run, clock = self._run, self._run.ports.clock
        self._announce()
        run.waits_for = f"{WAITS}the health of {len(verdict.waiting)} of {len(self._refs)} objects"
        run.go_on()
        _stop_if_newer(run)
        began = clock.monotonic()
        left_s = min(self._timeout_s - self.elapsed_s, run.budget.usable(), _LONGEST_WATCH_S)
        self._sightings.watch(verdict.waiting, left_s)
        if clock.monotonic() - began < _QUICK_S and not self._verdict().healthy:
            run.ports.pause(self._pause_s)
            self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)

    def _announce(self) -> None:
        """Say that health is waited for, once that is so."""
        run = self._run
        if self._announced:
            return
        run.assure()
        inventory, anew = run.inventory, not self._goes_on
        run.subject.announce(
            lambda status: checking(
                status, run.attempt, inventory, self._timeout_s, run.subject.at(), anew=anew
            )
        )
        run.covered, run.announced, self._announced = inventory, True, True


def _stop_if_newer(run: Run) -> None:
    """Superseded if the source offers another revision, Moved if the Kustomization is another one by now."""
    try:
        check_current(run.ports, run.source)
        now = run.ports.cluster.get(run.subject.ref)
    except Superseded:
        _cancel(run, run.source.ref)
        raise
    except (ClaimLost, Unauthorized):
        raise
    except PenstockError as error:
        # What is waited for may come all the same, and before anything is written this is asked again.
        run.ports.log.warning("it cannot be seen whether the wait is still wanted", error=error.message)
        return
    if now is None or _asks_for_more(run.subject.obj, now):
        _cancel(run, run.subject.ref)
        raise Moved(f"{run.subject.ref} changed while its health was waited for")


def _asks_for_more(before: Json, now: Json) -> bool:
    token, asked = (annotations_of(obj).get(REQUESTED_AT) for obj in (before, now))
    return deleting(now) or generation(now) != generation(before) or asked != token


def _cancel(run: Run, trigger: ObjectRef) -> None:
    timeout_s, token = run.model.spec.timeout_s, run.model.metadata.requested_at
    run.subject.conclude(
        lambda status: answered(canceled(status, run.attempt, trigger, timeout_s, run.subject.at()), token)
    )
    why = f"Health checks canceled due to new reconciliation triggered by {trigger}"
    run.tell(Severity.INFO, Reason.HEALTH_CHECK_CANCELED, why)
