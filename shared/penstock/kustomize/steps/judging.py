"""What applying a stage would do, asked of the API server before any of it is written.

One list per kind by owner labels, then a server-side dry-run of every object at once (architecture decision
7). Only what exists without our labels, or is refused, is read by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef
from penstock.base.errors import PenstockError, Terminal
from penstock.cluster.errors import UnknownKind
from penstock.cluster.parallel import parallel
from penstock.kustomize.changes import Action
from penstock.kustomize.drift import payload
from penstock.kustomize.fingerprint import fingerprint, made_from
from penstock.kustomize.managers import cleanup
from penstock.kustomize.owner import owner_selector
from penstock.kustomize.plan import judge, left_alone
from penstock.kustomize.scope import Target
from penstock.kustomize.steps.ignoring import ignored_paths
from penstock.kustomize.steps.problems import dry_run_problem, joined
from penstock.kustomize.steps.trying import Tried, try_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from penstock.api.objects import Json
    from penstock.kustomize.steps.run import Run

Key = tuple[str, str, str, str]
Rules = dict[Key, tuple[str, ...]]
"""JSON pointers to what is ignored of each object."""


@dataclass(frozen=True)
class Judged:
    """An object, what applying it would do, and how the cluster has it if it carries our labels there.

    `found` is how it has it without them, `unread` why that could not be read. `recreate`: it has to be
    deleted first. `payload` is what is applied, if that is not all of the object. `seen` is what a
    dry-run showed of one that is left alone, `merged` what it showed of one that would be changed; `ignored`
    are JSON pointers to what may differ.
    """

    target: Target
    action: Action
    live: Json | None
    found: Json | None = None
    unread: str = ""
    recreate: bool = False
    payload: Json | None = None
    seen: Json | None = None
    merged: Json | None = None
    ignored: tuple[str, ...] = ()

    @property
    def old(self) -> Json | None:
        """How the cluster has it."""
        return self.live if self.found is None else self.found


def judge_stage(
    run: Run, targets: Sequence[Target], refused: dict[ObjectRef, PenstockError] | None = None
) -> tuple[Judged, ...]:
    """What applying would do to each, but to those of a kind that the cluster does not have: they are parked.

    Terminal naming every object that cannot be applied. Whoever only wants to know gives `refused`: there
    these are put, with the parked ones, and the others are judged.
    """
    live = _live_objects(run, targets)
    left = [target for target in targets if not left_alone(target.obj, live.get(key_of(target.ref)))]
    known = _known(run, left, live)
    wanted = [target for target in left if target.ref not in known]
    tried, failed = _try_all(run, wanted)
    if refused is None:
        _park(run, failed)
    else:
        refused |= failed
    run.judged += len(targets) - len(left) + len(known)
    rules = ignored_paths(run, {key: one.result for key, one in tried.items() if one.exists})
    judged = tuple(
        Judged(target, Action.UNCHANGED, live.get(key_of(target.ref)))
        if target.ref in known
        else _judged(target, live, tried, rules)
        for target in targets
        if target.ref not in failed
    )
    return _with_what_is_there(run, judged, tried, rules)


def _try_all(run: Run, wanted: Sequence[Target]) -> tuple[dict[Key, Tried], dict[ObjectRef, PenstockError]]:
    """The answers, and what else came of those that have none."""
    answers = parallel(partial(try_out, run), wanted, run.ports.requests, run.deadline)
    run.judged += sum(not isinstance(answer, PenstockError) for answer in answers)
    run.raise_if_over(answers)
    failed = {
        target.ref: answer
        for target, answer in zip(wanted, answers, strict=True)
        if isinstance(answer, PenstockError)
    }
    tried = {
        key_of(target.ref): answer
        for target, answer in zip(wanted, answers, strict=True)
        if isinstance(answer, Tried)
    }
    return tried, failed


def _park(run: Run, failed: Mapping[ObjectRef, PenstockError]) -> None:
    """What is of an unknown kind is noted in run.parked; Terminal if anything else failed."""
    told = {ref: dry_run_problem(ref, error, run.advice) for ref, error in failed.items()}
    if not all(isinstance(error, UnknownKind) for error in failed.values()):
        earlier = [text for _, text in run.parked]
        raise Terminal(joined([*earlier, *told.values()]))
    run.parked.extend(told.items())


def _known(run: Run, targets: Iterable[Target], live: Mapping[Key, Json]) -> frozenset[ObjectRef]:
    """Those that are in the cluster as the last full pass left them, and are applied as they were then."""
    if run.trusted is None:
        return frozenset()
    left = {one.ref: one for one in run.trusted.objects if one.made}
    known = {
        target.ref: one
        for target in targets
        if (one := left.get(target.ref)) is not None
        and (found := live.get(key_of(target.ref))) is not None
        and one.made == made_from(target.obj)
        and one.mark == fingerprint(found)
    }
    run.relied = run.relied or bool(known)
    run.standing |= known
    return frozenset(known)


def key_of(ref: ObjectRef) -> Key:
    """What makes two references the same object."""
    return (ref.group, ref.kind, ref.namespace, ref.name)


def _judged(target: Target, live: Mapping[Key, Json], tried: Mapping[Key, Tried], rules: Rules) -> Judged:
    key = key_of(target.ref)
    found, answer = live.get(key), tried.get(key)
    if answer is None:
        return Judged(target, Action.SKIPPED, found)
    # The answer has the name that the object really gets, also where the scope was not known before.
    named = Target(ObjectRef.from_object(answer.result), answer.obj)
    if answer.skip:
        return Judged(named, Action.SKIPPED, found, seen=answer.result)
    if answer.recreate:
        return Judged(named, Action.CREATED, found, answer.result, recreate=True)
    ignored = rules.get(key, ())
    action = judge(answer.obj, found, answer.result, ignored)
    if action is Action.SKIPPED:
        return Judged(named, action, found, seen=answer.result)
    merged = answer.result if action is Action.CONFIGURED else None
    return Judged(named, action, found, merged=merged, ignored=ignored)


def _with_what_is_there(
    run: Run, judged: Sequence[Judged], tried: Mapping[Key, Tried], rules: Rules
) -> tuple[Judged, ...]:
    """The same, knowing what is there without our labels, and so what is to be taken over, and applied."""
    unlabelled = [one.target.ref for one in judged if one.action is Action.CONFIGURED and one.live is None]
    answers = parallel(run.cluster.get, unlabelled, run.ports.requests, run.deadline)
    run.raise_if_over(answers)
    read = dict(zip(unlabelled, answers, strict=True))
    found = (_with_writers(one, read.get(one.target.ref)) for one in judged)
    return tuple(_with_payload(one, tried, rules) for one in found)


def _with_writers(one: Judged, read: Json | PenstockError | None) -> Judged:
    if isinstance(read, PenstockError):
        return replace(one, unread=read.message)
    if read is not None:
        one = replace(one, found=read)
    if one.action is Action.UNCHANGED and one.live is not None and cleanup(one.target.obj, one.live):
        return replace(one, action=Action.CONFIGURED)
    return one


def _with_payload(one: Judged, tried: Mapping[Key, Tried], rules: Rules) -> Judged:
    key = key_of(one.target.ref)
    if one.action is not Action.CONFIGURED or one.old is None or not (paths := rules.get(key)):
        return one
    return replace(one, payload=payload(one.target.obj, one.old, tried[key].result, paths))


def _live_objects(run: Run, targets: Iterable[Target]) -> dict[Key, Json]:
    """The live objects with our labels of all kinds among the targets."""
    kinds: dict[tuple[str, str, str], set[str]] = {}
    for target in targets:
        ref = target.ref
        kinds.setdefault((ref.group, ref.version, ref.kind), set()).add(ref.namespace)
    answers = parallel(partial(_list, run), tuple(kinds.items()), run.ports.requests, run.deadline)
    run.raise_if_over(answers)
    live: dict[Key, Json] = {}
    for (kind, _), answer in zip(kinds.items(), answers, strict=True):
        if isinstance(answer, PenstockError):
            raise Terminal(f"{kind[2]} objects of this Kustomization cannot be listed: {answer.message}")
        live.update((key_of(ObjectRef.from_object(obj)), obj) for obj in answer)
    return live


def _list(run: Run, wanted: tuple[tuple[str, str, str], set[str]]) -> tuple[Json, ...]:
    """The objects of a kind with our labels, in their one namespace or in all; none of a kind not served."""
    run.go_on()
    (group, version, kind), namespaces = wanted
    only = next(iter(namespaces)) if len(namespaces) == 1 else ""
    selector = owner_selector(run.subject.ref)
    try:
        return run.cluster.list(group, version, kind, namespace=only or None, label_selector=selector)
    except UnknownKind:
        return ()
