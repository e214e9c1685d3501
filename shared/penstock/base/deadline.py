"""How long a piece of work may still take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.base.clock import Clock


@dataclass(frozen=True)
class Deadline:
    """A fixed moment on a clock's monotonic scale."""

    clock: Clock
    at: float

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> Deadline:
        """The deadline that lies `seconds` from now."""
        return cls(clock, clock.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at - self.clock.monotonic())

    @property
    def expired(self) -> bool:
        """Whether nothing is left."""
        return self.remaining() == 0.0

    def sooner(self, seconds: float) -> Deadline:
        """The nearer of this deadline and one `seconds` from now."""
        return Deadline(self.clock, min(self.at, self.clock.monotonic() + seconds))
