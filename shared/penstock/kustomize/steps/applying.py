"""Objects applied stage by stage: judge all of a stage, write what changes, wait until it can be used."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from penstock.base.errors import PenstockError, Terminal
from penstock.cluster.parallel import parallel
from penstock.kustomize.changes import Action, Change
from penstock.kustomize.fingerprint import mark_of_skipped
from penstock.kustomize.managers import cleanup
from penstock.kustomize.order import ranks, stages
from penstock.kustomize.owner import FIELD_MANAGER
from penstock.kustomize.steps.holding import tell_of_held
from penstock.kustomize.steps.judging import judge_stage
from penstock.kustomize.steps.problems import joined
from penstock.kustomize.steps.recreating import clear_away
from penstock.kustomize.steps.sharing import tell_of_others
from penstock.kustomize.steps.takeover import take_over
from penstock.kustomize.steps.waiting import wait_for_kinds, wait_until_usable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.kustomize.scope import Target
    from penstock.kustomize.steps.judging import Judged
    from penstock.kustomize.steps.run import Run

_EFFECTS = (Action.CREATED, Action.CONFIGURED)


def apply_all(run: Run, targets: Sequence[Target]) -> None:
    """Apply all objects; what is done is in run.changes, also when an error ends it.

    Terminal naming every object of the first stage that cannot be applied, or every write of a rank that
    failed; or, when all else is applied, the objects of kinds that the cluster does not have. OutOfTime if
    the function's time ends first.
    """
    everything = tuple(target.ref for target in targets)
    run.objects = len(everything)
    for stage in stages(targets, lambda target: target.ref):
        judged = judge_stage(run, stage)
        tell_of_others(run, judged)
        tell_of_held(run, judged)
        run.touched.extend(one.target.ref for one in judged if one.action is Action.UNCHANGED)
        stored = _write(run, judged, everything)
        wait_until_usable(run, (*stored, *_standing(judged)))
        wait_for_kinds(run, [one.target.obj for one in judged], everything)
    if run.parked:
        raise Terminal(joined([text for _, text in run.parked]))


def _standing(judged: Sequence[Judged]) -> list[Json]:
    """The live objects that stay as they are."""
    return [one.live for one in judged if one.action is Action.UNCHANGED and one.live is not None]


def _write(run: Run, judged: Sequence[Judged], everything: Sequence[ObjectRef]) -> tuple[Json, ...]:
    """Write what changes, rank after rank; the objects as they were stored."""
    wanted = [one for one in judged if one.action in _EFFECTS]
    for one in judged:
        if one.action not in _EFFECTS and one.target.ref not in run.standing:
            _note(run, one)
    if wanted:
        run.intend((*everything, *(one.target.ref for one in judged)))
    stored: list[Json] = []
    written: set[ObjectRef] = set()
    try:
        for rank in ranks(wanted, lambda one: one.target.ref):
            stored.extend(_write_rank(run, rank, written))
    finally:
        run.changes.extend(
            Change(one.target.ref, one.action)
            for one in judged
            if one.action not in _EFFECTS or one.target.ref in written
        )
    return tuple(stored)


def _note(run: Run, one: Judged) -> None:
    """How the cluster has an object that is not written."""
    if one.live is not None:
        run.saw(one.target.ref, one.target.obj, one.live)
    elif (mark := mark_of_skipped(one.target.obj, one.seen)) is not None:
        run.passed_over(one.target.ref, mark)


def _write_rank(run: Run, rank: Sequence[Judged], written: set[ObjectRef]) -> list[Json]:
    """Write all of a rank at once; Terminal naming every one that failed."""
    run.touched.extend(one.target.ref for one in rank)
    answers = parallel(partial(_apply, run), rank, run.ports.requests, run.deadline)
    problems: list[str] = []
    stored: list[Json] = []
    for one, answer in zip(rank, answers, strict=True):
        if isinstance(answer, PenstockError):
            problems.append(f"{one.target.ref} apply failed: {answer.message}")
        else:
            written.add(one.target.ref)
            # What was written before managers were noted shows only now, and is taken over by the next look.
            if not cleanup(one.target.obj, answer):
                run.saw(one.target.ref, one.target.obj, answer)
            stored.append(answer)
    run.raise_if_over(answers)
    if problems:
        raise Terminal(joined(problems))
    return stored


def _apply(run: Run, judged: Judged) -> Json:
    run.go_on()
    run.assure()
    if judged.old is not None and judged.recreate:
        clear_away(run, judged.target.ref, judged.old)
    elif judged.old is not None:
        take_over(run, judged.target, judged.old)
    return run.cluster.apply(judged.payload or judged.target.obj, field_manager=FIELD_MANAGER)
