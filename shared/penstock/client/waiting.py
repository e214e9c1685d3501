"""Waiting for a Flux object, as a person's command does: by watch, by looking again where there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.api.objects import resource_version
from penstock.base.duration import format_duration
from penstock.base.errors import Terminal
from penstock.client.progress import Stage
from penstock.cluster.errors import Failed, Forbidden, Unauthorized, Untrusted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.deadline import Deadline
    from penstock.client.progress import Progress
    from penstock.client.telling import Tell
    from penstock.cluster.port import Cluster

POLL_S = 2.0
"""Flux's own, where nothing can be watched."""
PATIENCE_S = 10.0
"""Ours: a watch lasts no longer, and whoever waits in vain hears of it after that time."""


class WaitFailed(Terminal):
    """It came to another end than was waited for."""

    reason = "WaitFailed"


class WaitTimedOut(Terminal):
    """The time is over; penstock goes on with it."""

    reason = "Timeout"


@dataclass(frozen=True)
class WaitPorts:
    """What waiting needs; `timeout_s` is what the deadline was made of, for people.

    `unseen` is what a person is told once where nobody looks at the object for a while.
    """

    cluster: Cluster
    deadline: Deadline
    timeout_s: float
    pause: Callable[[float], None]
    tell: Tell
    unseen: str = ""


def wait(ports: WaitPorts, ref: ObjectRef, decide: Callable[[Json | None], Progress]) -> Json:
    """The object once `decide` calls it done; WaitFailed or WaitTimedOut, which say why it is not."""
    waited = _Waited(ports, ref)
    for obj in _looks(ports, ref, waited):
        progress = decide(obj)
        if progress.stage is Stage.DONE and obj is not None:
            return obj
        if progress.stage is Stage.FAILED:
            raise WaitFailed(f"{ref.kind} {ref.name} reconciliation failed: {progress.message}")
        waited.hear(progress)
    raise waited.over()


def _looks(ports: WaitPorts, ref: ObjectRef, waited: _Waited) -> Iterator[Json | None]:
    """The object as it is, again and again until the deadline; None where it is gone.

    An API server that is away for a while is waited for. There is a first look even without any time left.
    """
    deadline, cluster = ports.deadline, ports.cluster
    while True:
        began = deadline.remaining()
        try:
            found = cluster.get(ref)
            yield found
            yield from _events(ports, ref, resource_version(found or {}))
        except (Unauthorized, Untrusted):
            raise
        except Failed as error:
            if not deadline.expired:
                waited.trouble = error.message
        if deadline.expired:
            return
        cluster = ports.cluster.within(deadline)
        # A watch that is refused, or ends at once, must not become a loop without a pause.
        spent = began - deadline.remaining()
        ports.pause(max(0.0, min(POLL_S - spent, deadline.remaining())))


def _events(ports: WaitPorts, ref: ObjectRef, since: str) -> Iterator[Json | None]:
    """What becomes of the object within a while; nothing where it may not be watched."""
    seconds = min(ports.deadline.remaining(), PATIENCE_S)
    if seconds <= 0:
        return
    try:
        for event in ports.cluster.within(ports.deadline).watch(
            ref.group, ref.version, ref.kind, ref.namespace, ref.name, since, seconds
        ):
            if event["type"] in {"ADDED", "MODIFIED"}:
                yield event["object"]
            elif event["type"] == "DELETED":
                yield None
    except Forbidden:
        return


@dataclass
class _Waited:
    """What was heard while waiting, so that a person hears each thing once."""

    ports: WaitPorts
    ref: ObjectRef
    progress: Progress | None = None
    trouble: str = ""
    """Why the API server could not be asked at last."""
    began: float = field(init=False)
    told: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.began = self.ports.deadline.remaining()

    def hear(self, progress: Progress) -> None:
        """Tells of a failure that is tried again, and of nobody looking at it."""
        self.progress, self.trouble = progress, ""
        if progress.stage is Stage.RETRYING:
            self._tell(
                f"{self.ref.kind} {self.ref.name} is not ready, and is tried again: {progress.message}"
            )
        unseen_s = self.began - self.ports.deadline.remaining()
        if progress.stage is Stage.UNSEEN and unseen_s >= PATIENCE_S and self.ports.unseen:
            self._tell(self.ports.unseen)

    def over(self) -> WaitTimedOut:
        """The error at the end of the time."""
        time = format_duration(self.ports.timeout_s)
        subject = f"{self.ref.kind} {self.ref.name} is not ready after {time}"
        if self.trouble or self.progress is None:
            return WaitTimedOut(f"{subject}: {self.trouble or 'the API server was not asked in time'}")
        if self.progress.stage is Stage.UNSEEN:
            return WaitTimedOut(
                f"{subject}: {self.progress.message}: does penstock run, and does its tick? "
                "`penstock check` tells. It may still happen"
            )
        return WaitTimedOut(
            f"{subject}: {self.progress.message}. penstock goes on with it; --timeout waits longer"
        )

    def _tell(self, text: str) -> None:
        if text not in self.told:
            self.told.add(text)
            self.ports.tell.waiting(text)
