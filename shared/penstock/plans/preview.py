"""What applying files to the cluster would do: by the code that applies, up to where it would write.

Source: flux2 internal/build build.go and diff.go for what is asked of whom, and in which order it is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from penstock.api.kustomization import decode
from penstock.api.meta import Artifact
from penstock.api.unsupported import check_supported
from penstock.base.deadline import Budget
from penstock.base.errors import Terminal
from penstock.base.limits import Limits
from penstock.cluster.readonly import ReadOnly
from penstock.kustomize.brake import Brake
from penstock.kustomize.controllers import is_controller
from penstock.kustomize.inventory import read
from penstock.kustomize.order import stages
from penstock.kustomize.status import Attempt
from penstock.kustomize.steps.building import build
from penstock.kustomize.steps.judging import judge_stage
from penstock.kustomize.steps.ports import ApplyPorts
from penstock.kustomize.steps.run import Run, StepFailed
from penstock.kustomize.steps.source import Source
from penstock.kustomize.steps.subject import Subject
from penstock.kustomize.steps.values import values_through
from penstock.plans.outlook import Outlook
from penstock.plans.subject import at_path, without_cluster
from penstock.plans.unused import NOBODY, NoBucket, NoEvents, NoQueue
from penstock.plans.verdicts import entries_of, problems_of, with_pruning
from penstock.queue.claims import LocalClaims
from penstock.store.artifacts import Artifacts
from penstock.store.records import Records
from penstock.store.runs import Runs

if TYPE_CHECKING:
    from penstock.api.kustomization import KustomizationStatus
    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.clock import Clock
    from penstock.base.errors import PenstockError
    from penstock.base.log import Log
    from penstock.base.masking import Masker
    from penstock.cluster.port import Cluster
    from penstock.kustomize.scope import Target
    from penstock.kustomize.steps.judging import Judged
    from penstock.kustomize.steps.ports import Builder, Expressions, Judge
    from penstock.source.archive import Unpacked

_HERE = "local files"


@dataclass(frozen=True)
class PreviewPorts:
    """What a plan needs of the world; the cluster is only read and asked for dry-runs.

    Without `records` nobody knows how many objects were last applied, so that the brake holds more.
    """

    cluster: Cluster
    builder: Builder
    expressions: Expressions
    judge: Judge
    clock: Clock
    log: Log
    masker: Masker
    records: Records | None = None
    limits: Limits = field(default_factory=Limits)
    brake: Brake = field(default_factory=Brake)
    refused_kinds: tuple[str, ...] = ()
    refuse_shared: bool = False
    hold_flux: bool = True
    strict_substitutions: bool = True
    offline: bool = False
    """Whether no cluster is asked, so that there are no variables of ConfigMaps and Secrets."""
    timeout_s: float = 300
    requests: int = 8


@dataclass(frozen=True)
class Job:
    """A Kustomization and the files that are to be applied for it.

    `path` is the folder in them, where that is not spec.path; `artifact` is what they came in, if they did.
    """

    obj: Json
    files: Unpacked
    path: str | None = None
    artifact: Artifact | None = None


class _Bundle:
    """Files that are there already, as a run asks for them."""

    def __init__(self, files: Unpacked) -> None:
        self._files = files

    def get(self) -> Unpacked:
        """All of them."""
        return self._files


def built(ports: PreviewPorts, job: Job) -> tuple[Target, ...]:
    """The objects as they would be applied, in the order of the build; Terminal if it has none to give."""
    return _built(_run(ports, job), job)


def strictly(ports: PreviewPorts, job: Job) -> str:
    """Why the build of a run that wants a value for each variable fails; empty if it does not."""
    if decode(job.obj).spec.post_build is None:
        return ""
    try:
        built(replace(ports, strict_substitutions=True), job)
    except Terminal as error:
        return error.message
    return ""


def look_ahead(ports: PreviewPorts, job: Job) -> tuple[Outlook, tuple[Target, ...]]:
    """What applying the job would do, and the objects of its build.

    Terminal if it does not build, or if the cluster cannot be asked; what would fail of an object is in it.
    """
    run = _run(ports, job)
    targets = _built(run, job)
    refused: dict[ObjectRef, PenstockError] = {}
    found: dict[ObjectRef, Judged] = {}
    for stage in stages(targets, lambda target: target.ref):
        judged = judge_stage(run, stage, refused)
        found |= zip((one.ref for one in stage if one.ref not in refused), judged, strict=True)
    problems = list(problems_of(run, targets, refused, found))
    entries = tuple(entries_of(run, targets, refused, found))
    outlook = Outlook(
        owner=run.subject.ref,
        entries=entries,
        problems=tuple(problems),
        stopped=tuple(one.ref for one in targets if ports.hold_flux and is_controller(one.obj)),
    )
    return (outlook if problems or not run.model.spec.prune else with_pruning(run, outlook)), targets


def _run(ports: PreviewPorts, job: Job) -> Run:
    model = decode(job.obj)
    check_supported(model)
    if ports.offline:
        model = without_cluster(model)
    if job.path is not None:
        model = at_path(model, f"./{job.path}")
    budget = Budget.start(ports.clock, ports.timeout_s)
    inside = _apply_ports(ports, ReadOnly(ports.cluster))
    artifact = job.artifact or Artifact(digest="", last_update_time="", path="", revision=_HERE, url="")
    old, _ = read(model.status.inventory)
    return Run(
        ports=inside,
        subject=Subject(inside, job.obj, _status),
        model=model,
        source=Source(model.source, found=True, artifact=artifact),
        cluster=inside.cluster.within(budget.deadline),
        deadline=budget.deadline,
        budget=budget,
        started=ports.clock.monotonic(),
        attempt=Attempt(artifact.revision),
        old=old,
        covered=old,
    )


def _apply_ports(ports: PreviewPorts, cluster: Cluster) -> ApplyPorts:
    """The ports of a run that has nowhere to write to."""
    nothing = NoBucket()
    return ApplyPorts(
        cluster=cluster,
        artifacts=Artifacts(nothing, ports.limits),
        records=ports.records or Records(nothing, NOBODY),
        runs=Runs(nothing, NOBODY),
        queue=NoQueue(),
        claims=LocalClaims(),
        builder=ports.builder,
        expressions=ports.expressions,
        judge=ports.judge,
        events=NoEvents(),
        clock=ports.clock,
        log=ports.log,
        masker=ports.masker,
        limits=ports.limits,
        brake=ports.brake,
        refused_kinds=ports.refused_kinds,
        refuse_shared=ports.refuse_shared,
        hold_flux=ports.hold_flux,
        strict_substitutions=ports.strict_substitutions,
        requests=ports.requests,
    )


def _status(obj: Json) -> KustomizationStatus:
    return decode(obj).status


def _built(run: Run, job: Job) -> tuple[Target, ...]:
    try:
        return build(run, _Bundle(job.files), values_through(run.ports))
    except StepFailed as failure:
        raise Terminal(failure.message, reason=str(failure.reason)) from failure
