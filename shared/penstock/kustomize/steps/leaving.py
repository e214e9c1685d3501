"""What a run of apply had no time for: one more item on the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from penstock.api.work import HANDED_OVER, LEFT_OVER
from penstock.base.deadline import OutOfTime
from penstock.base.errors import Terminal
from penstock.kustomize.handover import waits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.work import Outcome, WorkItem
    from penstock.base.deadline import Budget
    from penstock.kustomize.steps.ports import ApplyPorts


def leave(ports: ApplyPorts, item: WorkItem, outcomes: Sequence[Outcome], budget: Budget) -> None:
    """Hand the rest on. OutOfTime if there is no queue for it, or if the next run would get no further."""
    if not budget.stopped and not any(_got_further(o) for o in outcomes):
        raise OutOfTime(
            f"nothing fits into {budget.seconds:g} s, not even a look at the source: raise"
            " PENSTOCK_APPLY_BUDGET_SECONDS, or see what makes the API server so slow"
        )
    try:
        ports.queue.put(replace(item, reason=LEFT_OVER))
    except Terminal as error:
        # Nothing is lost: whoever sent the item sends it again, and the tick finds what is due.
        raise budget.over(f"it is to be sent again ({error.message})") from None
    ports.log.info("handed over", item=f"{item.kind}/{item.namespace}/{item.name}", stopping=budget.stopped)


def _got_further(outcome: Outcome) -> bool:
    return bool(outcome.changes) or outcome.reason != HANDED_OVER or waits(outcome.message)
