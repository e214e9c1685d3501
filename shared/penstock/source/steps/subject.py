"""The GitRepository that a look is about, as last read or written, and all that is written to it.

Every write carries the resourceVersion that was decided on. If somebody else was faster, the look starts
over: so an observation that was made earlier never overwrites one made later (decision 1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from penstock.api import gitrepository
from penstock.api.conditions import At
from penstock.api.meta import FINALIZER, Status
from penstock.api.objects import generation, metadata, resource_version
from penstock.api.patch import status_patch
from penstock.api.refs import ObjectRef
from penstock.base.errors import Transient
from penstock.cluster.errors import Conflict, NotFound
from penstock.notify.event import event_about
from penstock.source.steps.ports import CONTROLLER, STATUS_MANAGER

if TYPE_CHECKING:
    from penstock.api.gitrepository import GitRepository
    from penstock.api.objects import Json
    from penstock.source.status import Note
    from penstock.source.steps.ports import FetchPorts

S = TypeVar("S", bound=Status)


class Moved(Transient):
    """The object is not the one that was decided on: read it and look again."""

    reason = "Conflict"


@dataclass(frozen=True)
class Subject:
    """The object at one resourceVersion."""

    ports: FetchPorts
    obj: Json

    @property
    def ref(self) -> ObjectRef:
        """The object's name in the cluster."""
        return ObjectRef.from_object(self.obj)

    @property
    def finalizers(self) -> tuple[str, ...]:
        """The object's finalizers."""
        return tuple(metadata(self.obj).get("finalizers") or ())

    def repo(self) -> GitRepository:
        """The object as its model; InvalidObject if it is not even that."""
        return gitrepository.decode(self.obj)

    def at(self) -> At:
        """Now, and the generation that is looked at."""
        return At(generation(self.obj), self.ports.clock.now())

    def with_status(self, before: S, after: S) -> Subject:
        """The object with what differs written to its status; Moved if it is another one by now."""
        patch = status_patch(before, after)
        return self._patched(patch, subresource="status") if patch else self

    def with_finalizer(self) -> Subject:
        """The object, whose deletion waits for us from now on."""
        if FINALIZER in self.finalizers:
            return self
        return self._patched({"metadata": {"finalizers": [*self.finalizers, FINALIZER]}})

    def without_finalizer(self) -> Subject:
        """The object, let go."""
        left = [name for name in self.finalizers if name != FINALIZER]
        return self._patched({"metadata": {"finalizers": left or None}})

    def emit(self, note: Note) -> None:
        """Tell of an event."""
        self.ports.events.emit(
            event_about(
                self.obj,
                note.severity,
                note.reason,
                note.message,
                controller=CONTROLLER,
                at=self.ports.clock.now(),
                metadata=note.metadata,
            )
        )

    def _patched(self, patch: dict[str, Any], subresource: str = "") -> Subject:
        try:
            stored = self.ports.cluster.merge_patch(
                self.ref,
                patch,
                field_manager=STATUS_MANAGER,
                subresource=subresource,
                resource_version=resource_version(self.obj),
            )
        except (Conflict, NotFound):
            raise Moved(f"{self.ref} changed while it was looked at") from None
        return replace(self, obj=stored)
