"""How long a piece of work may still take, and how a process tells all of its work to end."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from penstock.base.errors import Transient

if TYPE_CHECKING:
    from penstock.base.clock import Clock

_LONGEST_RESERVE_S = 10.0
_RESERVED_SHARE = 0.2
_WHOLE_SHARE = 0.75


class OutOfTime(Transient):
    """Something is not begun: the time of the run is over, or the process was told to end."""

    reason = "OutOfTime"


class Stopping(OutOfTime):
    """The same, where the process ends: nobody's fault, so that such a try does not count."""

    reason = "Stopping"


class Stop:
    """Whether the work of a process was told to end; all of its deadlines look at the same one.

    It has no lock: it is told from signal handlers, which may come while this very thread holds any lock.
    """

    def __init__(self) -> None:
        self.at = math.inf

    def tell(self, clock: Clock, seconds: float) -> None:
        """Nothing new is begun from now on, and what is under way has to be over within `seconds`."""
        self.at = min(self.at, clock.monotonic() + seconds)

    @property
    def told(self) -> bool:
        """Whether it was told."""
        return self.at < math.inf


@dataclass(frozen=True)
class Deadline:
    """A moment on a clock's monotonic scale, fixed but for `stop`, which brings it nearer."""

    clock: Clock
    at: float
    stop: Stop = field(default_factory=Stop)

    @classmethod
    def after(cls, clock: Clock, seconds: float, stop: Stop | None = None) -> Deadline:
        """The deadline that lies `seconds` from now."""
        return cls(clock, clock.monotonic() + seconds, stop or Stop())

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, min(self.at, self.stop.at) - self.clock.monotonic())

    @property
    def expired(self) -> bool:
        """Whether nothing is left."""
        return self.remaining() == 0.0

    def sooner(self, seconds: float) -> Deadline:
        """The nearer of this deadline and one `seconds` from now."""
        return replace(self, at=min(self.at, self.clock.monotonic() + seconds))


@dataclass(frozen=True)
class Budget:
    """The time of one run of a function: `seconds` until its deadline, and when its work began (monotonic).

    The last part of it is a reserve, in which what was done is recorded and the rest is handed over.
    """

    deadline: Deadline
    seconds: float
    opened: float

    @classmethod
    def start(cls, clock: Clock, seconds: float, stop: Stop | None = None) -> Budget:
        """A budget that is spent from now on."""
        return cls(Deadline.after(clock, seconds, stop), seconds, clock.monotonic())

    def go_on(self, what: str) -> None:
        """Before anything is begun: OutOfTime once what is left is there for recording only."""
        if self.closing:
            raise self.over(f"{what} is not begun")

    def over(self, what: str) -> OutOfTime:
        """The error that says what came of it, and why."""
        if self.stopped:
            return Stopping(f"{what}: the process was told to end", retry_after=1.0)
        return OutOfTime(f"{what}: the {self.seconds:g} s of this run are over", retry_after=1.0)

    def opening(self) -> Budget:
        """The same budget, what it is for beginning only now."""
        return replace(self, opened=self.deadline.clock.monotonic())

    @property
    def stopped(self) -> bool:
        """Whether it ends because the process ends."""
        return self.deadline.stop.told

    @property
    def closing(self) -> bool:
        """Whether nothing new is to be begun any more."""
        return self.stopped or self.usable() <= 0

    def usable(self) -> float:
        """Seconds left before the reserve; 0 or less within it."""
        return self.deadline.remaining() - min(_LONGEST_RESERVE_S, self.seconds * _RESERVED_SHARE)

    def whole(self, since: float) -> bool:
        """Whether what began at `since` (monotonic) had most of the budget: more is not to be had."""
        return self.deadline.at - since >= _WHOLE_SHARE * (self.deadline.at - self.opened)
