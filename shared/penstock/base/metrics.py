"""The port through which is told how much was done, and how long it took."""

from __future__ import annotations

from typing import Protocol


class Metrics(Protocol):
    """Counts and measures; none of it ever fails or waits."""

    def hint(self, result: str) -> None:
        """A push was announced: `accepted`, `ignored`, `refused`, or `failed` if it could not be kept."""
        ...

    def reviewed(self, result: str) -> None:
        """The API server called the admission hook: `accepted`, `ignored`, `probe`, `refused`, or `failed`
        if the look could not be kept.
        """
        ...

    def began(self, waited_s: float) -> None:
        """The look that a hint asked for began, so many seconds after the hint was stored."""
        ...

    def worked(self, function: str, result: str) -> None:
        """A function was done with a work item, or failed; penstock.runtime.measured has the results."""
        ...

    def retried(self, function: str) -> None:
        """A work item failed and is to be tried again."""
        ...

    def parked(self, function: str) -> None:
        """A work item was given up."""
        ...

    def reconciled(self, kind: str, name: str, namespace: str, seconds: float) -> None:
        """A Flux object was looked at, which took so long."""
        ...

    def ticked(self) -> None:
        """A tick has looked at everything."""
        ...

    def moved(self, direction: str, size: int) -> None:
        """Bytes of artifacts were `read` from the bucket, or `written` to it."""
        ...


class Unmeasured:
    """For whom nobody asks."""

    def hint(self, result: str) -> None:
        """Told to nobody."""

    def reviewed(self, result: str) -> None:
        """Told to nobody."""

    def began(self, waited_s: float) -> None:
        """Told to nobody."""

    def worked(self, function: str, result: str) -> None:
        """Told to nobody."""

    def retried(self, function: str) -> None:
        """Told to nobody."""

    def parked(self, function: str) -> None:
        """Told to nobody."""

    def reconciled(self, kind: str, name: str, namespace: str, seconds: float) -> None:
        """Told to nobody."""

    def ticked(self) -> None:
        """Told to nobody."""

    def moved(self, direction: str, size: int) -> None:
        """Told to nobody."""


UNMEASURED = Unmeasured()
