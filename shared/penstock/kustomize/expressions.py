"""What comes out of the CEL expressions of a Kustomization: readyExpr and healthCheckExprs. Pure.

They are evaluated by penstock.tools.upstream, in the environment of fluxcd/pkg/runtime/cel.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from penstock.base.errors import Terminal, Transient


class InvalidExpression(Terminal):
    """An expression that cannot be used, whatever it is asked of."""

    reason = "InvalidCELExpression"


class NotEvaluated(Transient):
    """An expression that has no result for what it was asked of, or none within the limits."""

    reason = "NotEvaluated"


class State(StrEnum):
    """The states that a health check tells, in the words of kstatus."""

    CURRENT = "Current"
    IN_PROGRESS = "InProgress"
    FAILED = "Failed"


@dataclass(frozen=True)
class Judged:
    """What the user's own checks say of an object: a state, none where no check is about it, or an error."""

    state: State | None = None
    error: str = ""
