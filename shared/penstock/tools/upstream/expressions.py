"""Requests for CEL expressions, and what their answers mean."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from penstock.base.deadline import OutOfTime
from penstock.kustomize.expressions import Judged, NotEvaluated, State
from penstock.tools.upstream.process import HelperGone, HelperOverdue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from penstock.api.kustomize import CustomHealthCheck
    from penstock.api.objects import Json
    from penstock.base.deadline import Stop
    from penstock.base.limits import Limits


GRACE_S = 1.0
"""How much later than the limit a helper is ended that has not said itself that it is reached."""


def holds_request(expression: str, values: Mapping[str, Json], limits: Limits) -> Json:
    """Whether an expression over whole objects is true."""
    return {"op": "holds", "expression": expression, "values": dict(values), "limits": cel_limits(limits)}


def health_request(checks: Sequence[CustomHealthCheck], objects: Sequence[Json], limits: Limits) -> Json:
    """What the checks say of each object."""
    listed = msgspec.to_builtins(tuple(checks))
    return {"op": "health", "checks": listed, "objects": list(objects), "limits": cel_limits(limits)}


def judged(answer: Json) -> tuple[Judged, ...]:
    """What was said, object by object."""
    return tuple(
        Judged(State(one["state"]) if one["state"] else None, one["error"]) for one in answer["states"]
    )


def cel_limits(limits: Limits) -> Json:
    """The limits of one expression under the helper's names (shared/upstream/internal/expr)."""
    return {"bytes": limits.cel_bytes, "cost": limits.cel_cost, "seconds": limits.cel_seconds}


@contextmanager
def bounded(what: str, seconds: float, stop: Stop) -> Iterator[None]:
    """A helper that is lost or late within is the expression's failure; OutOfTime once `stop` is told."""
    try:
        yield
    except HelperOverdue as overdue:
        if stop.told:
            raise OutOfTime(f"{what} was cut short: the process was told to end") from overdue
        raise NotEvaluated(f"{what} takes longer than {seconds:g} s (PENSTOCK_LIMIT_CEL_SECONDS)") from None
    except HelperGone as gone:
        raise NotEvaluated(f"{what} could not be evaluated: {gone.message}") from None
