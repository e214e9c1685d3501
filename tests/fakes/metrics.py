"""Metrics that remember what they were told."""

from __future__ import annotations


class FakeMetrics:
    """Implements penstock.base.metrics.Metrics; `told` has each call as a tuple, its name first."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def hint(self, result: str) -> None:
        self.told.append(("hint", result))

    def reviewed(self, result: str) -> None:
        self.told.append(("reviewed", result))

    def began(self, waited_s: float) -> None:
        self.told.append(("began", waited_s))

    def worked(self, function: str, result: str) -> None:
        self.told.append(("worked", function, result))

    def retried(self, function: str) -> None:
        self.told.append(("retried", function))

    def parked(self, function: str) -> None:
        self.told.append(("parked", function))

    def reconciled(self, kind: str, name: str, namespace: str, seconds: float) -> None:
        self.told.append(("reconciled", kind, name, namespace, seconds))

    def ticked(self) -> None:
        self.told.append(("ticked",))

    def moved(self, direction: str, size: int) -> None:
        self.told.append(("moved", direction, size))
