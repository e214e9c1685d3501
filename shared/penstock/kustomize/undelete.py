"""Brings back what a run deleted: built again from the artifact that was applied before, and applied.

The objects carry the owner labels and the mark that keeps them from being deleted, and they are in no
inventory: the next run neither deletes nor loses them, and adopts them when Git has them again. Nothing is
read from what was deleted: live data is never stored, Secrets have the values of the artifact, and variables
those of today.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from penstock.api.kustomization import decode
from penstock.api.refs import ObjectRef
from penstock.api.unsupported import check_supported
from penstock.base.clock import rfc3339_micro
from penstock.base.deadline import Deadline
from penstock.base.errors import PenstockError, Terminal
from penstock.cluster.errors import UnknownKind
from penstock.cluster.parallel import parallel
from penstock.kustomize.changes import Action
from penstock.kustomize.inventory import object_id, union
from penstock.kustomize.objects import prepare
from penstock.kustomize.order import ranks, stages
from penstock.kustomize.overlay import entry_path, overlay_of
from penstock.kustomize.owner import FIELD_MANAGER
from penstock.kustomize.readiness import usable
from penstock.kustomize.scope import declared_kinds, place
from penstock.kustomize.steps.values import values_through
from penstock.kustomize.undeletion import Fate, Item, NothingDeleted, choose, refs_of, sort_out
from penstock.source.archive import unpack
from penstock.store.artifacts import ArtifactMissing
from penstock.store.runs import RunChange, RunRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from penstock.api.kustomization import Kustomization
    from penstock.api.objects import Json
    from penstock.base.clock import Clock
    from penstock.base.limits import Limits
    from penstock.base.log import Log
    from penstock.base.masking import Masker
    from penstock.cluster.port import Cluster
    from penstock.kustomize.inventory import Refs
    from penstock.kustomize.scope import Target
    from penstock.kustomize.steps.ports import Builder
    from penstock.source.archive import Unpacked
    from penstock.store.artifacts import Artifacts
    from penstock.store.records import Applied
    from penstock.store.runs import Runs

UNDELETED = "Undeleted"
_SERVED_S = 60.0
_PAUSE_S = 0.1


@dataclass(frozen=True)
class UndeletePorts:
    """What bringing back needs of the world; `requests` at once, `pause` waits that many seconds.

    `hold_flux`: Flux's own controllers come back with 0 replicas.
    """

    cluster: Cluster
    artifacts: Artifacts
    runs: Runs
    builder: Builder
    limits: Limits
    clock: Clock
    log: Log
    masker: Masker
    pause: Callable[[float], None]
    requests: int = 8
    hold_flux: bool = True
    strict_substitutions: bool = True


@dataclass(frozen=True)
class Plan:
    """What is to be brought back: of which Kustomization, as of which revision, deleted by which runs."""

    owner: ObjectRef
    before: Applied
    runs: tuple[str, ...]
    items: tuple[Item, ...]

    @property
    def wanted(self) -> tuple[Item, ...]:
        """Those that are brought back."""
        return tuple(item for item in self.items if item.fate is Fate.CREATE)

    @property
    def missing(self) -> tuple[Item, ...]:
        """Those that cannot be brought back, at least not now."""
        return tuple(item for item in self.items if item.fate in {Fate.ENDING, Fate.MISSING})


@dataclass(frozen=True)
class Restored:
    """What was brought back, and why the others were not."""

    refs: Refs = ()
    problems: tuple[str, ...] = ()


def plan(ports: UndeletePorts, owner: ObjectRef, *, run: str = "", revision: str = "") -> Plan:
    """What would be brought back. Terminal with the remedy if that cannot be told; writes nothing."""
    found = ports.cluster.get(owner)
    if found is None:
        raise Terminal(
            f"{owner} does not exist: create it again, and it brings its objects", reason="NotFound"
        )
    model = decode(found)
    check_supported(model)
    chosen = choose(ports.runs.newest(owner, deleting=True), run=run, revision=revision)
    before = _before(chosen[0][1])
    wanted = union((), (ref for _, one in chosen for ref in refs_of(one.deleted)))
    built = _build(ports, model, before, _unpacked(ports, before))
    live = _live(ports, wanted)
    return Plan(owner, before, tuple(name for name, _ in chosen), sort_out(wanted, built, live))


def restore(ports: UndeletePorts, planned: Plan) -> Restored:
    """Apply what is to be brought back, as much of it as can be; a run record tells of it."""
    started = rfc3339_micro(ports.clock.now())
    done: list[ObjectRef] = []
    problems: list[str] = []
    for stage in stages(planned.wanted, lambda item: item.ref):
        stored: list[Json] = []
        for rank in ranks(stage, lambda item: item.ref):
            for item, answer in zip(rank, _apply_all(ports, rank), strict=True):
                if isinstance(answer, PenstockError):
                    problems.append(f"{item.ref}: {answer.message}")
                else:
                    done.append(item.ref)
                    stored.append(answer)
        try:
            _wait_for_kinds(ports, stored)
        except PenstockError as error:
            problems.append(error.message)
    restored = Restored(tuple(done), tuple(problems))
    _record(ports, planned, restored, started)
    return restored


def _before(run: RunRecord) -> Applied:
    if run.before is None or not run.before.artifact:
        told = f", only its revision {run.before.revision}" if run.before is not None else ""
        raise NothingDeleted(
            f"the run record does not tell which artifact was applied before{told}: {_by_git(run)}"
        )
    return run.before


def _by_git(run: RunRecord) -> str:
    return f"bring the objects back by Git: revert the commit of {run.revision} (git revert) and push"


def _unpacked(ports: UndeletePorts, before: Applied) -> Unpacked:
    try:
        return unpack(ports.artifacts.load(before.artifact, before.digest), ports.limits)
    except ArtifactMissing:
        raise Terminal(
            f"the artifact of revision {before.revision} is needed and is not in the bucket any more: "
            "bring the objects back by Git: revert what removed them since then (git revert) and push",
            reason=ArtifactMissing.reason,
        ) from None


def _build(
    ports: UndeletePorts, model: Kustomization, before: Applied, unpacked: Unpacked
) -> tuple[Target, ...]:
    """What the artifact gives for this Kustomization as it is now."""
    try:
        built = ports.builder.build(
            unpacked.files,
            entry_path(model.spec.path),
            overlay=overlay_of(model.spec),
            tree_id=before.digest,
            folders=unpacked.folders,
            variables=values_through(ports).of(model),
        )
        common, hold = model.spec.common_metadata, ports.hold_flux
        objects = prepare(built.objects, model.ref, ports.limits, common, hold_flux=hold)
    except PenstockError as error:
        told = f"revision {before.revision} does not build for {model.ref} as it is now: {error.message}"
        raise Terminal(told, reason=error.reason) from error
    return place(objects, ports.cluster.discovery().find)


def _live(ports: UndeletePorts, refs: Sequence[ObjectRef]) -> Mapping[ObjectRef, Json]:
    """Those of the objects that exist; what cannot be looked up is an error."""
    answers = parallel(partial(_get, ports), refs, ports.requests)
    live: dict[ObjectRef, Json] = {}
    for ref, answer in zip(refs, answers, strict=True):
        if isinstance(answer, PenstockError):
            raise answer
        if answer is not None:
            live[ref] = answer
    return live


def _get(ports: UndeletePorts, ref: ObjectRef) -> Json | None:
    found = ports.cluster.discovery().find(ref.group, ref.kind)
    try:
        return ports.cluster.get(replace(ref, version=found.version)) if found is not None else None
    except UnknownKind:
        return None


def _apply_all(ports: UndeletePorts, items: Sequence[Item]) -> tuple[Json | PenstockError, ...]:
    return parallel(
        lambda item: ports.cluster.apply(item.obj or {}, field_manager=FIELD_MANAGER), items, ports.requests
    )


def _wait_for_kinds(ports: UndeletePorts, stored: Sequence[Json]) -> None:
    """Wait until the kinds of these CRDs are served; if that takes too long their objects say so."""
    deadline = Deadline.after(ports.clock, _SERVED_S)
    waiting = {ObjectRef.from_object(obj) for obj in stored if declared_kinds([obj])}
    kinds = declared_kinds(stored)
    while (waiting or kinds) and not deadline.expired:
        waiting = {ref for ref in waiting if not usable(ports.cluster.get(ref) or {})}
        catalog = ports.cluster.discovery().refresh()
        kinds = {kind: scope for kind, scope in kinds.items() if catalog.find(*kind) is None}
        if waiting or kinds:
            ports.pause(_PAUSE_S)


def _record(ports: UndeletePorts, planned: Plan, restored: Restored, started: str) -> None:
    if not restored.refs:
        return
    now = ports.clock.now()
    changes = tuple(RunChange(object_id(ref), ref.version, str(Action.CREATED)) for ref in restored.refs)
    run = RunRecord(
        started_at=started,
        ended_at=rfc3339_micro(now),
        ok=not restored.problems,
        reason=UNDELETED,
        message=f"brought back {len(changes)} objects that were deleted by {', '.join(planned.runs)}",
        revision=planned.before.revision,
        artifact=planned.before.artifact,
        digest=planned.before.digest,
        changes=changes,
    )
    try:
        ports.runs.write(planned.owner, run, now)
    except PenstockError as error:
        ports.log.warning(
            "the run record could not be written", object=str(planned.owner), error=error.message
        )
