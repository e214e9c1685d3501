"""Kustomizations that need neither build nor dry-run: nothing of what made their last full pass has changed.

Neither the files that the build looked at, nor the spec, the versions and the settings, nor any of the
objects in the cluster: these come from one list per kind for many Kustomizations (architecture decision 3).
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from penstock import __version__
from penstock.api.kustomization import decode
from penstock.api.objects import annotations_of, generation, uid
from penstock.api.refs import ObjectRef
from penstock.api.rollback import ROLLBACK_ANNOTATION
from penstock.base.clock import parse_rfc3339, rfc3339
from penstock.base.errors import PenstockError
from penstock.cluster.parallel import parallel
from penstock.kustomize.built import Reads
from penstock.kustomize.changes import Action, Change
from penstock.kustomize.closure import closure_digest
from penstock.kustomize.fingerprint import UNLABELLED, fingerprint, unlabelled
from penstock.kustomize.health import LEFT_ALONE
from penstock.kustomize.health import mark as health_mark
from penstock.kustomize.inventory import difference
from penstock.kustomize.owner import NAME_LABEL, NAMESPACE_LABEL, owner_of
from penstock.kustomize.readiness import NotUsable, usable
from penstock.kustomize.status import at_rest
from penstock.kustomize.steps.source import Bundles, rolled_back
from penstock.kustomize.steps.values import values_through, variables_of
from penstock.schedule.due import fraction
from penstock.store.baselines import Baseline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penstock.api.objects import Json
    from penstock.kustomize.steps.ports import ApplyPorts
    from penstock.kustomize.steps.run import Run
    from penstock.kustomize.steps.source import Files, Source
    from penstock.kustomize.steps.values import Values
    from penstock.kustomize.variables import Variables
    from penstock.store.baselines import Standing

Kind = tuple[str, str, str]


class Seen(NamedTuple):
    """An object's mark, empty if it is not there or not to be used, and whether it is healthy as it was."""

    mark: str
    healthy: bool


_NOWHERE = Seen("", healthy=False)

_READS = 16
"""Baselines read at once: they are small, and a bucket in a cloud is far away."""
_LISTED = 100
"""Kustomizations whose objects one list brings: their names have to fit into an address."""
_FRESH_S = 5.0
"""How long such a list is good for."""
_CLOCK_SLACK_S = 60.0
"""One from further in the future was made under another clock (threats B-29)."""
_JITTER = 0.2
"""Full passes come earlier by up to this share, so that not all fall due at once."""


class Quiet:
    """The Kustomizations of one run whose files and inputs are those of their last full pass, and no others.

    `bundles` are the files of the source, `values` those that variables have. Threads may share it.
    """

    def __init__(self, ports: ApplyPorts, source: Source, chosen: Sequence[Json]) -> None:
        self.bundles = Bundles(ports)
        self.values = values_through(ports)
        self._ports = ports
        self._left = _left(ports, self.values, chosen)
        self._known = _unchanged(self.bundles, source, self._left, chosen)
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
        if _overdue(run, baseline):
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
        if baseline is None or _overdue(run, baseline) or not at_rest(run.subject.status):
            return
        with suppress(PenstockError):
            if baseline.key == self._key(run):
                run.trusted = baseline

    def _key(self, run: Run) -> str:
        return _key(run.ports, run.subject.obj, variables_of(run, self.values))

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


def _overdue(run: Run, baseline: Baseline) -> bool:
    wait_s = run.ports.full_pass_seconds * (1 - _JITTER * fraction(uid(run.subject.obj)))
    try:
        age_s = (run.ports.clock.now() - parse_rfc3339(baseline.at)).total_seconds()
    except ValueError:
        return True
    return not -_CLOCK_SLACK_S <= age_s < wait_s


def baseline_of(run: Run, files: Files) -> Baseline | None:
    """What a full pass that succeeded came from and left; None if a list does not show all its objects."""
    refs = [change.ref for change in run.changes]
    if run.ports.baselines is None or not all(ref in run.standing for ref in refs):
        return None
    try:
        key = _key(run.ports, run.subject.found, run.variables)
        closure = closure_digest(run.reads, files.tree())
    except PenstockError:
        # The run is over, and went well.
        return None
    reads = run.reads
    return Baseline(
        at=run.trusted.at if run.trusted is not None and run.relied else rfc3339(run.ports.clock.now()),
        key=key,
        closure=closure,
        files_read=reads.files_read,
        absent=reads.absent,
        listed=reads.listed,
        directories=reads.directories,
        build_digest=run.attempt.digest,
        objects=tuple(_left_alone(run, change) for change in run.changes),
    )


def _left_alone(run: Run, change: Change) -> Standing:
    """How the object was left; marked if it was left alone."""
    left = run.standing[change.ref]
    return msgspec.structs.replace(left, health=LEFT_ALONE) if change.action is Action.SKIPPED else left


def _action(left: Standing) -> Action:
    return Action.SKIPPED if left.health == LEFT_ALONE else Action.UNCHANGED


def _left(ports: ApplyPorts, values: Values, chosen: Sequence[Json]) -> Mapping[ObjectRef, Baseline]:
    """The baselines that the spec, its variables, the versions and the settings of today would make again."""
    if ports.baselines is None:
        return {}
    answers = parallel(partial(_baseline, ports, values), chosen, _READS)
    return {
        ObjectRef.from_object(obj): baseline
        for obj, baseline in zip(chosen, answers, strict=True)
        if isinstance(baseline, Baseline)
    }


def _unchanged(
    bundles: Bundles, source: Source, left: Mapping[ObjectRef, Baseline], chosen: Sequence[Json]
) -> Mapping[ObjectRef, Baseline]:
    """Those of them that the files of today would make again."""
    known: dict[ObjectRef, Baseline] = {}
    for obj in chosen:
        baseline = left.get(ref := ObjectRef.from_object(obj))
        # Whoever cannot have its files will fail by it, and say so.
        with suppress(PenstockError):
            files = bundles.of(rolled_back(source, obj))
            if baseline is not None and closure_digest(_reads(baseline), files.tree()) == baseline.closure:
                known[ref] = baseline
    return known


def _baseline(ports: ApplyPorts, values: Values, obj: Json) -> Baseline | None:
    found = ports.baselines.read(ObjectRef.from_object(obj)) if ports.baselines is not None else None
    if found is None:
        return None
    variables = values.of(decode(obj)) if "postBuild" in (obj.get("spec") or {}) else None
    return found if found.key == _key(ports, obj, variables) else None


def _reads(baseline: Baseline) -> Reads:
    return Reads(
        files_read=baseline.files_read,
        absent=baseline.absent,
        listed=baseline.listed,
        directories=baseline.directories,
    )


def _key(ports: ApplyPorts, obj: Json, variables: Variables | None) -> str:
    """The digest of everything that a run comes from, beside the artifact and the cluster."""
    parts = (
        __version__,
        ports.builder.identity(),
        uid(obj),
        generation(obj),
        ports.refused_kinds,
        ports.refuse_shared,
        ports.hold_flux,
        ports.limits,
        ports.strict_substitutions,
        variables.mark if variables is not None else (),
        annotations_of(obj).get(ROLLBACK_ANNOTATION),
    )
    return sha256(repr(parts).encode()).hexdigest()


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
