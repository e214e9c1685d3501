"""Waits until a change is stored that was announced before it was: admission calls come first."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.awaited import stored
from penstock.api.refs import git_repository, kustomization
from penstock.base.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penstock.api.awaited import Awaited
    from penstock.api.work import Outcome, WorkItem
    from penstock.base.clock import Clock
    from penstock.base.deadline import Stop
    from penstock.cluster.port import Cluster
    from penstock.runtime.dispatch import Flow

_LONGEST_S = 3.0
"""The API server waits two seconds for us, and for other hooks at the same time."""
_FIRST_S = 0.01
_LATEST_S = 0.2


@dataclass(frozen=True)
class Storing:
    """Looks at objects of the cluster, which is made when there is something to wait for."""

    cluster: Callable[[], Cluster]
    clock: Clock
    stop: Stop
    pause: Callable[[float], None] = time.sleep

    def first(self, flow: Flow) -> Flow:
        """The flow, begun only once what its item waits for is stored."""

        def run(item: WorkItem) -> tuple[Outcome, ...]:
            self.wait(item.awaits)
            return flow(item)

        return run

    def wait(self, awaits: Sequence[Awaited]) -> bool:
        """Whether all of them are stored; waits for those that are not, a moment only.

        What was refused by somebody else, or replaced before it was seen, never is: the look then finds what
        there is.
        """
        until, pause_s = Deadline.after(self.clock, _LONGEST_S), _FIRST_S
        left = [one for one in awaits if not self._stored(one)]
        while left and not until.expired and not self.stop.told:
            self.pause(pause_s)
            pause_s = min(pause_s * 2, _LATEST_S)
            left = [one for one in left if not self._stored(one)]
        return not left

    def _stored(self, one: Awaited) -> bool:
        make = git_repository if one.kind == "GitRepository" else kustomization
        return stored(one, self.cluster().get(make(one.namespace, one.name)))
