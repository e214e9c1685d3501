"""Kustomizations that need neither build nor dry-run: nothing of what made their last full pass has changed.

Neither the files that the build looked at, nor the spec, the versions and the settings, nor any of the
objects in the cluster: these come from one list per kind for many Kustomizations (architecture decision 3).
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from penstock.api.refs import ObjectRef
from penstock.base.errors import PenstockError
from penstock.kustomize.changes import Action, Change
from penstock.kustomize.fingerprint import UNLABELLED, fingerprint, unlabelled
from penstock.kustomize.health import LEFT_ALONE
from penstock.kustomize.health import mark as health_mark
from penstock.kustomize.inventory import difference
from penstock.kustomize.owner import NAME_LABEL, NAMESPACE_LABEL, owner_of
from penstock.kustomize.readiness import NotUsable, usable
from penstock.kustomize.status import at_rest
from penstock.kustomize.steps.baselining import is_overdue, key_of, left_of, unchanged
from penstock.kustomize.steps.source import Bundles
from penstock.kustomize.steps.values import values_through, variables_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penstock.api.objects import Json
    from penstock.kustomize.steps.ports import ApplyPorts
    from penstock.kustomize.steps.run import Run
    from penstock.kustomize.steps.source import Source
    from penstock.store.baselines import Baseline, Standing

Kind = tuple[str, str, str]


class Seen(NamedTuple):
    """An object's mark, empty if it is not there or not to be used, and whether it is healthy as it was."""

    mark: str
    healthy: bool


_NOWHERE = Seen("", healthy=False)

_LISTED = 100
"""Kustomizations whose objects one list brings: their names have to fit into an address."""
_FRESH_S = 5.0
"""How long such a list is good for."""


class Quiet:
    """The Kustomizations of one run whose files and inputs are those of their last full pass, and no others.

    `bundles` are the files of the source, `values` those that variables have. Threads may share it.
    """

    def __init__(self, ports: ApplyPorts, source: Source, chosen: Sequence[Json]) -> None:
        self.bundles = Bundles(ports)
        self.values = values_through(ports)
        self._ports = ports
        self._left = left_of(ports, self.values, chosen)
        self._known = unchanged(self.bundles, source, self._left, chosen)
        self._chunk = {ref: index // _LISTED for index, ref in enumerate(self._known)}
        self._waits = {
            ref: {one.ref: one.health for one in self._known[ref].objects}
            for obj in chosen
            if (ref := ObjectRef.from_object(obj)) in self._known
            and (obj.get("spec") or {}).get("wait") is True
        }
        """Of the Kustomizations that wait for health: the marks with which their objects had it."""
        self._lists: dict[tuple[Kind, int], tuple[float, Mapping[ObjectRef, Seen]]] = {}
        self._lock = threading.Lock()

    def last(self, chosen: Sequence[Json]) -> tuple[Json, ...]:
        """The same Kustomizations, those that have work to do in front: a change is applied first."""
        return tuple(sorted(chosen, key=lambda obj: ObjectRef.from_object(obj) in self._known))

    def stands(self, run: Run) -> bool:
        """Whether nothing is to be done; then the run knows its objects as if it had built and tried them.

        Not if a full pass is due: then the run is told what it should find.
        """
        baseline = self._known.get(run.subject.ref)
        if baseline is None or not self._holds(run, baseline):
            self._rely(run)
            return False
        if is_overdue(run, baseline):
            run.expected = baseline.build_digest
            return False
        run.attempt = replace(run.attempt, digest=baseline.build_digest)
        run.changes.extend(Change(one.ref, _action(one)) for one in baseline.objects)
        run.objects = run.judged = len(baseline.objects)
        run.seen_healthy = run.model.spec.wait and all(
            one.health == LEFT_ALONE or self._seen(run, one).healthy for one in baseline.objects
        )
        return True

    def _holds(self, run: Run, baseline: Baseline) -> bool:
        try:
            return (
                baseline.key == self._key(run)
                and at_rest(run.subject.status)
                and not difference(run.old, (one.ref for one in baseline.objects))
                and all(self._seen(run, one).mark == one.mark for one in baseline.objects)
            )
        except PenstockError:
            return False

    def _rely(self, run: Run) -> None:
        """Where objects are as they were applied, and are to be applied so again, no dry-run is needed."""
        baseline = self._left.get(run.subject.ref)
        if baseline is None or is_overdue(run, baseline) or not at_rest(run.subject.status):
            return
        with suppress(PenstockError):
            if baseline.key == self._key(run):
                run.trusted = baseline

    def _key(self, run: Run) -> str:
        return key_of(run.ports, run.subject.obj, variables_of(run, self.values))

    def _seen(self, run: Run, wanted: Standing) -> Seen:
        """How the cluster has the object."""
        if wanted.mark.startswith(UNLABELLED):
            return Seen(unlabelled(run.cluster.get(wanted.ref)), healthy=False)
        kind, chunk = (wanted.group, wanted.version, wanted.kind), self._chunk[run.subject.ref]
        with self._lock:
            now = self._ports.clock.monotonic()
            found = self._lists.get((kind, chunk))
            if found is None or now - found[0] > _FRESH_S:
                found = self._lists[kind, chunk] = (now, self._list(run, kind, chunk))
        return found[1].get(wanted.ref, _NOWHERE)

    def _list(self, run: Run, kind: Kind, chunk: int) -> Mapping[ObjectRef, Seen]:
        """What is seen of all objects of the kind that belong to as many Kustomizations.

        None where they cannot be listed: the full passes that follow will say what is wrong.
        """
        owners = [ref for ref, index in self._chunk.items() if index == chunk]
        places = {
            one.namespace
            for owner in owners
            for one in self._known[owner].objects
            if (one.group, one.version, one.kind) == kind
        }
        place = places.pop() if len(places) == 1 else None
        try:
            return dict(run.cluster.list_of(self._look, *kind, namespace=place, label_selector=_of(owners)))
        except PenstockError:
            return {}

    def _look(self, obj: Json) -> tuple[ObjectRef, Seen]:
        ref, mark = _marked(obj)
        known = self._waits.get(owner_of(obj), {}).get(ref, "")
        return ref, Seen(mark, bool(known) and known == health_mark(obj))


def _action(left: Standing) -> Action:
    return Action.SKIPPED if left.health == LEFT_ALONE else Action.UNCHANGED


def _marked(obj: Json) -> tuple[ObjectRef, str]:
    """The object's name and mark, which is empty if what comes after it could not be applied now."""
    try:
        mark = fingerprint(obj) if usable(obj) else ""
    except NotUsable:
        mark = ""
    return ObjectRef.from_object(obj), mark


def _of(owners: Sequence[ObjectRef]) -> str:
    """The label selector for the objects of these Kustomizations."""
    names, namespaces = ({getattr(owner, part) for owner in owners} for part in ("name", "namespace"))
    return (
        f"{NAME_LABEL} in ({','.join(sorted(names))}),{NAMESPACE_LABEL} in ({','.join(sorted(namespaces))})"
    )
