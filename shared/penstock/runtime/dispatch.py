"""Brings a work item to its flow, unless we have to stand down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from penstock.api.work import Outcome
from penstock.base.errors import Terminal, Transient
from penstock.base.text import printable
from penstock.queue.claims import Taken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from penstock.api.work import Function, WorkItem
    from penstock.base.clock import Clock
    from penstock.base.log import Log
    from penstock.runtime.standdown import StandDown

    Flow: TypeAlias = Callable[[WorkItem], tuple[Outcome, ...]]


@dataclass(frozen=True)
class Dispatcher:
    """Runs work items, each in the thread of its caller."""

    flows: Mapping[Function, Flow]
    standdown: StandDown
    clock: Clock
    log: Log

    def run(self, item: WorkItem) -> tuple[Outcome, ...]:
        """The outcomes; a Terminal error is one. Transient ones are raised: the item is to be tried again.

        When standing down nothing is read or written, and the item is as good as done: the tick finds
        what it was about as soon as we may act again.
        """
        started = self.clock.monotonic()
        log = self.log.bind(function=str(item.function), item=described(item), cause=item.reason)
        controllers = self._controllers()
        if controllers:
            message = f"standing down: Flux's own controllers are running ({', '.join(controllers)})"
            log.warning(message)
            return (Outcome(ok=False, message=message, reason="StandingDown"),)
        try:
            outcomes = self.flows[item.function](item)
        except Terminal as error:
            log.warning("refused", error=error.message, reason=error.reason, seconds=self._since(started))
            return (Outcome(ok=False, message=error.message, reason=error.reason),)
        except Taken as taken:
            log.info("left to the process that is at it", why=taken.message, seconds=self._since(started))
            raise
        failed = sum(not outcome.ok for outcome in outcomes)
        log.info("done", objects=len(outcomes), failed=failed, seconds=self._since(started))
        return outcomes

    def _controllers(self) -> tuple[str, ...]:
        """Whoever may not see them acts only once that is put right, so the item must not be lost."""
        try:
            return self.standdown.controllers()
        except Terminal as error:
            problem = f"it cannot be seen whether Flux's own controllers run: {error.message}"
            raise Transient(problem, reason=error.reason) from error

    def _since(self, started: float) -> float:
        return round(self.clock.monotonic() - started, 3)


def described(item: WorkItem) -> str:
    """What the item is about, in a few words."""
    if item.hint is not None:
        return printable(f"{next(iter(item.hint.urls), '')} {item.hint.ref}", 256)
    return "/".join(part for part in (item.kind, item.namespace, item.name) if part) or str(item.function)
