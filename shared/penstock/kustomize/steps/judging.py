"""What applying a stage would do, asked of the API server before any of it is written.

One list per kind by owner labels, then a server-side dry-run of every object at once (architecture decision
7). Nothing is read object by object.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef
from penstock.base.errors import PenstockError, Terminal
from penstock.cluster.errors import Refused, UnknownKind
from penstock.cluster.parallel import parallel
from penstock.kustomize.changes import Action
from penstock.kustomize.fingerprint import fingerprint, made_from
from penstock.kustomize.owner import FIELD_MANAGER, owner_selector
from penstock.kustomize.plan import judge, left_alone
from penstock.kustomize.scope import Target
from penstock.kustomize.steps.problems import dry_run_problem, joined
from penstock.kustomize.typed import is_typed
from penstock.kustomize.undeclared import without_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from penstock.api.objects import Json
    from penstock.kustomize.steps.run import Run

Key = tuple[str, str, str, str]

_ROUNDS = 20
"""The API server does not name all such fields at once."""
_MOST_SHOWN = 20


@dataclass(frozen=True)
class Judged:
    """An object, what applying it would do, and how the cluster has it if it carries our labels there."""

    target: Target
    action: Action
    live: Json | None


@dataclass(frozen=True)
class Tried:
    """What was tried, which may be less than what was wanted, and the answer."""

    obj: Json
    result: Json


def judge_stage(run: Run, targets: Sequence[Target]) -> tuple[Judged, ...]:
    """What applying would do to each; Terminal naming every object that cannot be applied."""
    live = _live_objects(run, targets)
    left = [target for target in targets if not left_alone(target.obj, live.get(key_of(target.ref)))]
    known = _known(run, left, live)
    wanted = [target for target in left if target.ref not in known]
    answers = parallel(partial(_try, run), wanted, run.ports.requests, run.deadline)
    run.judged += sum(not isinstance(answer, PenstockError) for answer in answers)
    run.judged += len(targets) - len(wanted)
    run.raise_if_over(answers)
    problems: list[str] = []
    tried: dict[Key, Tried] = {}
    for target, answer in zip(wanted, answers, strict=True):
        if isinstance(answer, PenstockError):
            problems.append(dry_run_problem(target.ref, answer, run.advice))
        else:
            tried[key_of(target.ref)] = answer
    if problems:
        raise Terminal(joined(problems))
    return tuple(
        Judged(target, Action.UNCHANGED, live.get(key_of(target.ref)))
        if target.ref in known
        else _judged(target, live, tried)
        for target in targets
    )


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


def _judged(target: Target, live: Mapping[Key, Json], tried: Mapping[Key, Tried]) -> Judged:
    found, answer = live.get(key_of(target.ref)), tried.get(key_of(target.ref))
    if answer is None:
        return Judged(target, Action.SKIPPED, found)
    # The answer has the name that the object really gets, also where the scope was not known before.
    named = Target(ObjectRef.from_object(answer.result), answer.obj)
    return Judged(named, judge(answer.obj, found, answer.result), found)


def _try(run: Run, target: Target) -> Tried:
    """The answer to a dry-run; of kinds that Flux knows by type, without the fields that nobody knows."""
    obj, dropped = target.obj, list[str]()
    run.go_on()
    for _ in range(_ROUNDS):
        try:
            result = run.cluster.apply(obj, field_manager=FIELD_MANAGER, dry_run=True)
        except Refused as error:
            if not is_typed(target.ref.api_version, target.ref.kind):
                raise
            obj, found = without_fields(obj, error.undeclared)
            dropped.extend(found)
            if not found:
                raise
        else:
            _tell(run, target.ref, dropped)
            return Tried(obj, result)
    raise Terminal(f"{target.ref} has too many fields that the cluster does not know")


def _tell(run: Run, ref: ObjectRef, dropped: Sequence[str]) -> None:
    if dropped:
        fields = ", ".join(sorted(dropped)[:_MOST_SHOWN])
        run.ports.log.warning(
            "left out fields that the cluster does not know", applied=str(ref), fields=fields
        )


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
