"""From the source's artifact to the objects to apply, under the names that the cluster gives them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from penstock.kustomize.health import vanishing
from penstock.kustomize.kinds import refuse
from penstock.kustomize.objects import mislabelled, prepare, refuse_duplicates
from penstock.kustomize.overlay import entry_path, overlay_of
from penstock.kustomize.scope import place
from penstock.kustomize.status import Reason
from penstock.kustomize.steps.run import StepFailed, failing_as
from penstock.kustomize.steps.source import NoArtifact
from penstock.kustomize.steps.values import variables_of

if TYPE_CHECKING:
    from penstock.kustomize.built import BuildResult
    from penstock.kustomize.scope import Target
    from penstock.kustomize.steps.run import Run
    from penstock.kustomize.steps.values import Values
    from penstock.kustomize.variables import Variables
    from penstock.source.archive import Unpacked

_MOST_SHOWN = 20


class Bundle(Protocol):
    """The files that a build is made of; penstock.kustomize.steps.source.Files are those of an artifact."""

    def get(self) -> Unpacked:
        """All of them; what keeps them from being had is raised."""
        ...


def build(run: Run, files: Bundle, values: Values) -> tuple[Target, ...]:
    """The objects to apply. StepFailed with Flux's reason for the step that has nothing to give."""
    unpacked = _unpacked(run, files)
    run.files = unpacked.files
    with failing_as(Reason.BUILD_FAILED):
        built = _built(run, unpacked, variables_of(run, values))
        run.attempt, run.reads = replace(run.attempt, digest=built.digest), built.reads
        common, hold = run.model.spec.common_metadata, run.ports.hold_flux
        objects = prepare(built.objects, run.subject.ref, run.ports.limits, common, hold_flux=hold)
        _tell_of_labels(run, built)
    with failing_as(Reason.RECONCILIATION_FAILED):
        targets = place(objects, run.cluster.discovery().find)
        refuse_duplicates(target.ref for target in targets)
        refuse((target.ref for target in targets), run.ports.refused_kinds)
    run.vanishing = vanishing(target.obj for target in targets)
    return targets


def _tell_of_labels(run: Run, built: BuildResult) -> None:
    if names := mislabelled(built.objects):
        listed = ", ".join(names[:_MOST_SHOWN])
        run.ports.log.warning("left out all labels of objects with one that is no text", applied=listed)


def _unpacked(run: Run, files: Bundle) -> Unpacked:
    """The files; a source without an artifact makes no event, as in Flux."""
    try:
        with failing_as(Reason.ARTIFACT_FAILED):
            run.source.offered()
            return files.get()
    except StepFailed as failure:
        quiet = isinstance(failure.__cause__, NoArtifact)
        raise StepFailed(failure.reason, failure.message, quiet=quiet) from failure


def _built(run: Run, unpacked: Unpacked, variables: Variables | None) -> BuildResult:
    spec = run.model.spec
    return run.ports.builder.build(
        unpacked.files,
        entry_path(spec.path),
        overlay=overlay_of(spec),
        tree_id=run.source.offered().digest,
        folders=unpacked.folders,
        variables=variables,
    )
