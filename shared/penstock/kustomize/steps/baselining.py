"""What full passes leave so that later looks can be quiet: what they came from, and the objects as they were.

Source: architecture decision 3.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

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
from penstock.kustomize.health import LEFT_ALONE
from penstock.kustomize.steps.source import rolled_back
from penstock.schedule.due import fraction
from penstock.store.baselines import Baseline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from penstock.api.objects import Json
    from penstock.kustomize.steps.ports import ApplyPorts
    from penstock.kustomize.steps.run import Run
    from penstock.kustomize.steps.source import Bundles, Files, Source
    from penstock.kustomize.steps.values import Values
    from penstock.kustomize.variables import Variables
    from penstock.store.baselines import Standing

_READS = 16
"""Baselines read at once: they are small, and a bucket in a cloud is far away."""
_CLOCK_SLACK_S = 60.0
"""One from further in the future was made under another clock (threats B-29)."""
_JITTER = 0.2
"""Full passes come earlier by up to this share, so that not all fall due at once."""


def baseline_of(run: Run, files: Files) -> Baseline | None:
    """What a full pass that succeeded came from and left; None if a list does not show all its objects."""
    refs = [change.ref for change in run.changes]
    if run.ports.baselines is None or not all(ref in run.standing for ref in refs):
        return None
    try:
        key = key_of(run.ports, run.subject.found, run.variables)
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


def left_of(ports: ApplyPorts, values: Values, chosen: Sequence[Json]) -> Mapping[ObjectRef, Baseline]:
    """The baselines that the spec, its variables, the versions and the settings of today would make again."""
    if ports.baselines is None:
        return {}
    answers = parallel(partial(_baseline, ports, values), chosen, _READS)
    return {
        ObjectRef.from_object(obj): baseline
        for obj, baseline in zip(chosen, answers, strict=True)
        if isinstance(baseline, Baseline)
    }


def unchanged(
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


def is_overdue(run: Run, baseline: Baseline) -> bool:
    """Whether the last full pass of a Kustomization is too long ago, or of another clock."""
    wait_s = run.ports.full_pass_seconds * (1 - _JITTER * fraction(uid(run.subject.obj)))
    try:
        age_s = (run.ports.clock.now() - parse_rfc3339(baseline.at)).total_seconds()
    except ValueError:
        return True
    return not -_CLOCK_SLACK_S <= age_s < wait_s


def key_of(ports: ApplyPorts, obj: Json, variables: Variables | None) -> str:
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


def _baseline(ports: ApplyPorts, values: Values, obj: Json) -> Baseline | None:
    found = ports.baselines.read(ObjectRef.from_object(obj)) if ports.baselines is not None else None
    if found is None:
        return None
    variables = values.of(decode(obj)) if "postBuild" in (obj.get("spec") or {}) else None
    return found if found.key == key_of(ports, obj, variables) else None


def _reads(baseline: Baseline) -> Reads:
    return Reads(
        files_read=baseline.files_read,
        absent=baseline.absent,
        listed=baseline.listed,
        directories=baseline.directories,
    )
