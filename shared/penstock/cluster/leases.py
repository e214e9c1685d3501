"""Leases in the cluster: taken, renewed, marked and released, each step guarded by its resourceVersion.

What each step may do is decided in penstock.api.lease.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api import lease as leases
from penstock.api.objects import resource_version, uid
from penstock.api.refs import ObjectRef
from penstock.base.errors import Transient
from penstock.cluster.errors import AlreadyExists, Conflict, Forbidden, Invalid, NotFound
from penstock.cluster.served import list_served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from penstock.api.lease import ClaimKey, Lease
    from penstock.api.objects import Json
    from penstock.base.clock import Clock
    from penstock.base.log import Log
    from penstock.cluster.port import Cluster

_MANAGER = "penstock"
_TRIES = 10
_SELECTOR = ",".join(f"{key}={value}" for key, value in leases.MANAGED_BY.items())


@dataclass(frozen=True)
class Leases:
    """The Leases of a cluster, for one `holder`; each is held for `duration_s` from its last renewal.

    `gone` tells of another holder that it is certainly dead.
    """

    cluster: Cluster
    clock: Clock
    holder: str
    duration_s: int
    gone: Callable[[str], bool] = lambda _: False

    def retake(self, key: ClaimKey, mark: str, known: Lease) -> Lease | None:
        """Takes a Lease that nobody has touched since it was `known`; None if somebody has."""
        with suppress(Conflict, NotFound), _rights():
            return self._take(key.lease, known, mark)
        return None

    def take(self, key: ClaimKey, owner_uid: str, mark: str) -> Lease | None:
        """The Lease as it is now: ours, or another holder's, who then has our mark if there was room for it.

        None where there cannot be one, as in a namespace that does not exist or is being deleted. Transient
        if we have not the right, or if it never stands still.
        """
        for _ in range(_TRIES):
            with suppress(Conflict, NotFound, AlreadyExists), _rights():
                found = self.cluster.get(key.lease)
                if found is None:
                    return self._create(key, owner_uid)
                return self._take_or_mark(key.lease, leases.read(found), mark)
        raise Transient(f"{key.lease} changes faster than it can be taken", reason="Conflict")

    def renew(self, key: ClaimKey, held: Lease) -> Lease | None:
        """The Lease, ours for another while; None if we have lost it."""
        return self._as_holder(key, held, lambda: leases.renewed(self.clock.now()), "renewed")

    def confirm(self, key: ClaimKey, held: Lease) -> Lease | None:
        """The Lease as it is now; None if we have lost it."""
        obj = self.cluster.get(key.lease)
        found = leases.read(obj) if obj is not None else None
        return found if found is not None and found.same_hold(held) else None

    def release(self, key: ClaimKey, held: Lease) -> Lease | None:
        """The Lease, free for others, with the marks that they left; None if we had lost it."""
        return self._as_holder(key, held, leases.released, "released")

    def unmark(self, ref: ObjectRef, marks: Iterable[str]) -> Lease | None:
        """Takes away marks that have been seen to; the Lease as it is now, None if it is gone."""
        for _ in range(_TRIES):
            found = self.cluster.get(ref)
            if found is None:
                return None
            lease = leases.read(found)
            if not lease.marks.intersection(marks):
                return lease
            with suppress(Conflict, NotFound):
                return self._patch(ref, leases.unmarked(lease, marks), lease)
        raise Transient(f"{ref} changes faster than it can be written", reason="Conflict")

    def remove(self, ref: ObjectRef) -> None:
        """Deletes a Lease that nobody has; one that somebody has, or takes meanwhile, is theirs to see to."""
        found = self.cluster.get(ref)
        if found is not None and self._may_take(leases.read(found)):
            with suppress(Conflict):
                self.cluster.delete(ref, uid=uid(found), resource_version=resource_version(found))

    def left_over(self, namespaces: Sequence[str], log: Log) -> tuple[tuple[ObjectRef, Lease], ...]:
        """The Leases with marks that nobody holds any more (no `namespaces`: in all of them)."""
        listed = list_served(self.cluster, leases.KIND, namespaces, log, _SELECTOR)
        found = ((ObjectRef.from_object(obj), leases.read(obj)) for obj in listed)
        return tuple((ref, lease) for ref, lease in found if lease.marks and self._may_take(lease))

    def _as_holder(self, key: ClaimKey, held: Lease, patch: Callable[[], Json], done: str) -> Lease | None:
        """The Lease as its holder patched it, whatever others marked meanwhile; None if we have lost it."""
        found: Lease | None = held
        for _ in range(_TRIES):
            if found is None:
                return None
            with suppress(Conflict, NotFound):
                return self._patch(key.lease, patch(), found)
            found = self.confirm(key, held)
        raise Transient(f"{key.lease} changes faster than it can be {done}", reason="Conflict")

    def _may_take(self, lease: Lease) -> bool:
        gone = bool(lease.holder) and self.gone(lease.holder)
        return leases.may_take(lease, self.holder, self.clock.now(), gone=gone)

    def _take_or_mark(self, ref: ObjectRef, found: Lease, mark: str) -> Lease:
        if self._may_take(found):
            return self._take(ref, found, mark)
        patch = leases.marked(found, mark) if mark not in found.marks else None
        return self._patch(ref, patch, found) if patch is not None else found

    def _take(self, ref: ObjectRef, found: Lease, mark: str) -> Lease:
        patch = leases.taken(found, self.holder, self.clock.now(), self.duration_s, mark)
        return self._patch(ref, patch, found)

    def _create(self, key: ClaimKey, owner_uid: str) -> Lease | None:
        obj = leases.new(key, owner_uid, self.holder, self.clock.now(), self.duration_s)
        try:
            return leases.read(self.cluster.create(obj))
        except (NotFound, Invalid):
            return None
        except Forbidden as error:
            if any(cause.reason == "NamespaceTerminating" for cause in error.causes):
                return None
            raise

    def _patch(self, ref: ObjectRef, patch: Json, found: Lease) -> Lease:
        stored = self.cluster.merge_patch(ref, patch, field_manager=_MANAGER, resource_version=found.version)
        return leases.read(stored)


@contextmanager
def _rights() -> Iterator[None]:
    """Whoever may not claim acts only once that is put right, so the work must not be lost."""
    try:
        yield
    except Forbidden as error:
        remedy = "grant get, list, create, patch and delete on leases (docs/operate.md)"
        raise Transient(f"{error.message}: {remedy}", reason=error.reason) from error
