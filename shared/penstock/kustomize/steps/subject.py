"""The object that a run is about, as last read or written: the only place that writes it.

Every write is guarded by the resourceVersion of what was decided on. Whoever announces work on an object that
has changed meanwhile decides again; the outcome of work that is done is written unless another has worked on
it since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from penstock.api.conditions import At
from penstock.api.meta import FINALIZER, Status
from penstock.api.objects import generation, metadata, resource_version, uid
from penstock.api.patch import status_patch
from penstock.api.refs import ObjectRef
from penstock.base.errors import Transient
from penstock.cluster.errors import Conflict, NotFound
from penstock.kustomize.steps.ports import CONTROLLER, STATUS_MANAGER
from penstock.notify.event import event_about

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from penstock.api.objects import Json
    from penstock.kustomize.steps.ports import ApplyPorts
    from penstock.notify.event import Severity

S = TypeVar("S", bound=Status)
_TRIES = 5


class Moved(Transient):
    """The object is not the one that was decided on: read it and decide again."""

    reason = "Conflict"


class Subject(Generic[S]):
    """One object and its status; `read` gets the status out of an object.

    `obj` is the object as last read or written, `found` as it was when work on it began: that spec is obeyed.
    """

    def __init__(self, ports: ApplyPorts, obj: Json, read: Callable[[Json], S]) -> None:
        self._ports = ports
        self._read = read
        self.obj = self.found = obj
        self.status = read(obj)
        self.ref = ObjectRef.from_object(obj)
        self._generation = generation(obj)
        self._uid = uid(obj)

    def at(self) -> At:
        """Now, and the generation that the run is about."""
        return At(generation=self._generation, now=self._ports.clock.now())

    def announce(self, change: Callable[[S], S]) -> None:
        """Write the changed status; Moved if the object is another one by now."""
        try:
            self._write(change)
        except (Conflict, NotFound):
            raise Moved(f"{self.ref} changed while it was looked at") from None

    def conclude(self, change: Callable[[S], S]) -> None:
        """Write the changed status, whatever was done to the object; nothing if it does not exist any more.

        Moved if somebody else wrote its status meanwhile: theirs is the later look (architecture decision 5).
        """
        for _ in range(_TRIES):
            try:
                self._write(change)
            except NotFound:
                return
            except Conflict:
                found = self._ports.cluster.get(self.ref)
                if found is None or uid(found) != self._uid:
                    return
                if self._read(found) != self.status:
                    raise Moved(f"{self.ref} was looked at by somebody else") from None
                self._take(found)
            else:
                return
        raise Transient(f"the status of {self.ref} changes faster than it can be written", reason="Conflict")

    def set_finalizers(self, finalizers: Sequence[str]) -> None:
        """Replace the finalizers; Moved if the object is another one by now."""
        patch = {"metadata": {"finalizers": list(finalizers) or None}}
        try:
            stored = self._ports.cluster.merge_patch(
                self.ref, patch, field_manager=STATUS_MANAGER, resource_version=resource_version(self.obj)
            )
        except (Conflict, NotFound):
            raise Moved(f"{self.ref} changed while it was looked at") from None
        self._take(stored)

    def annotate(self, annotations: Mapping[str, str | None]) -> None:
        """Set annotations, or take them off (None); Moved if the object is another one by now."""
        try:
            stored = self._ports.cluster.merge_patch(
                self.ref,
                {"metadata": {"annotations": dict(annotations)}},
                field_manager=STATUS_MANAGER,
                resource_version=resource_version(self.obj),
            )
        except (Conflict, NotFound):
            raise Moved(f"{self.ref} changed while it was looked at") from None
        self._take(stored)

    @property
    def finalizers(self) -> tuple[str, ...]:
        """The object's finalizers."""
        return tuple(metadata(self.obj).get("finalizers") or ())

    def emit(self, severity: Severity, reason: str, message: str, **details: str) -> None:
        """An event about the object; `details` without a value are left out."""
        self._ports.events.emit(
            event_about(
                self.obj,
                severity,
                reason,
                message,
                controller=CONTROLLER,
                at=self._ports.clock.now(),
                metadata={key: value for key, value in details.items() if value},
            )
        )

    def _write(self, change: Callable[[S], S]) -> None:
        patch = status_patch(self.status, change(self.status))
        if patch:
            stored = self._ports.cluster.merge_patch(
                self.ref,
                patch,
                field_manager=STATUS_MANAGER,
                subresource="status",
                resource_version=resource_version(self.obj),
            )
            self._take(stored)

    def _take(self, obj: Json) -> None:
        self.obj = obj
        self.status = self._read(obj)


def with_finalizer(subject: Subject[S]) -> None:
    """Make sure that a deletion will wait for us; before anything else is done."""
    if FINALIZER not in subject.finalizers:
        subject.set_finalizers((*subject.finalizers, FINALIZER))
