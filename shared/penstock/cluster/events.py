"""Events written to the cluster; equal ones are counted instead of repeated, without a memory of our own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from penstock.api.objects import resource_version
from penstock.api.refs import ObjectRef
from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.errors import PenstockError
from penstock.cluster.errors import AlreadyExists, Conflict
from penstock.notify.event import core_event, counted_again

if TYPE_CHECKING:
    from penstock.base.clock import Clock
    from penstock.base.log import Log
    from penstock.base.masking import Masker
    from penstock.cluster.port import Cluster
    from penstock.notify.event import Event

_PATIENCE_S = 3.0
"""An event is not worth the time that a run needs to record what it did."""


class ClusterEvents:
    """Implements penstock.notify.event.Events with core/v1 Events."""

    def __init__(self, cluster: Cluster, log: Log, masker: Masker, *, clock: Clock | None = None) -> None:
        self._cluster = cluster
        self._clock = clock or SystemClock()
        self._log = log
        self._masker = masker

    def emit(self, event: Event) -> None:
        """Create the Event, or count it again; what fails is logged, the run goes on."""
        clean = self._masked(event)
        try:
            self._write(clean)
        except PenstockError as error:
            self._log.warning(
                "the event could not be written",
                object=str(event.involved),
                event=event.reason,
                error=error.message,
            )

    def _masked(self, event: Event) -> Event:
        metadata = tuple((key, self._masker.mask(value)) for key, value in event.metadata)
        return replace(event, message=self._masker.mask(event.message), metadata=metadata)

    def _write(self, event: Event) -> None:
        cluster = self._cluster.within(Deadline.after(self._clock, _PATIENCE_S))
        body = core_event(event)
        try:
            cluster.create(body)
        except AlreadyExists:
            self._count(cluster, ObjectRef.from_object(body), event)

    def _count(self, cluster: Cluster, ref: ObjectRef, event: Event) -> None:
        """A Conflict means that another run counted at the same moment: that one is enough."""
        stored = cluster.get(ref)
        if stored is None:
            return
        try:
            cluster.merge_patch(
                ref,
                counted_again(stored, event),
                field_manager=event.controller,
                resource_version=resource_version(stored),
            )
        except Conflict:
            return
