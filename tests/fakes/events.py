"""Where events go in tests: a list."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.notify.event import Event


class RecordedEvents:
    """Implements penstock.notify.event.Events; `seen` has all of them in order."""

    def __init__(self) -> None:
        self.seen: list[Event] = []

    def emit(self, event: Event) -> None:
        """Remember it."""
        self.seen.append(event)

    def lines(self) -> list[str]:
        """`severity Kind/ns/name reason: message`, one per event."""
        return [f"{e.severity} {e.involved} {e.reason}: {e.message}" for e in self.seen]
