"""What the verbs that change something need: the cluster, the time that they may take, who is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from penstock.base.deadline import Deadline
from penstock.base.errors import PenstockError, Terminal
from penstock.client.waiting import WaitPorts

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.clock import Clock
    from penstock.client.telling import Tell
    from penstock.cluster.port import Cluster

MANAGER = "penstock"
"""The field manager of what a person changes: a run takes back what kubectl writes, and leaves this."""
_NOT_ASKED = (
    "nobody has looked at it yet: the next tick will, or the admission hook where it is installed. With "
    "PENSTOCK_RECEIVER_URL and PENSTOCK_INVOKE_TOKEN set, penstock is asked to do it at once"
)
_ASKED = "penstock was asked to look at it, and has not begun yet: it may be busy; its log tells more"

Ask: TypeAlias = "Callable[[ObjectRef], None]"
"""Has an object looked at now; a PenstockError says why that was not to be had."""


class NotFound(Terminal):
    """There is no such object in that namespace."""

    reason = "NotFound"


@dataclass(frozen=True)
class Ports:
    """The edges of a verb; `ask` is None where it is not known how to have an object looked at now."""

    cluster: Cluster
    clock: Clock
    deadline: Deadline
    timeout_s: float
    pause: Callable[[float], None]
    tell: Tell
    ask: Ask | None = None

    @property
    def bounded(self) -> Cluster:
        """The cluster with every request ending at the deadline."""
        return self.cluster.within(self.deadline)

    def anew(self) -> Ports:
        """The same with all of its time before it: what a person took to answer does not count."""
        return replace(self, deadline=Deadline.after(self.clock, self.timeout_s, self.deadline.stop))

    def read(self, ref: ObjectRef) -> Json:
        """The object; NotFound, with what to do, if there is none."""
        found = self.bounded.get(ref)
        if found is None:
            raise NotFound(
                f"{ref.kind} {ref.name} not found in {ref.namespace} namespace: "
                "-n names another one; `penstock get all -A` shows what there is"
            )
        return found

    def look_now(self, ref: ObjectRef) -> WaitPorts:
        """Ask for a look at the object; what waiting for it needs. Without an answer the tick does it."""
        unseen = _NOT_ASKED
        if self.ask is not None:
            try:
                self.ask(ref)
                unseen = _ASKED
            except PenstockError as error:
                self.tell.warning(f"{error.message}: the next tick looks at {ref.kind} {ref.name}")
                unseen = "nobody has looked at it yet: the next tick will"
        return WaitPorts(self.cluster, self.deadline, self.timeout_s, self.pause, self.tell, unseen)
