"""What the cluster shows of objects whose health counts: by a look at all of them, and by watches.

A look is one list for each kind where labels show the objects, else one read for each. A watch is for a kind
in a namespace, never for one object of many. What is seen is a state; the objects themselves are not kept.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from msgspec.structs import replace

from penstock.api.kstatus import State
from penstock.api.objects import resource_version
from penstock.api.refs import ObjectRef
from penstock.base.deadline import OutOfTime
from penstock.base.errors import PenstockError
from penstock.cluster.errors import Expired, UnknownKind
from penstock.cluster.parallel import parallel
from penstock.kustomize.health import (
    NOT_FOUND,
    Health,
    by_expressions,
    groups,
    judge,
    judged_part,
    key_of,
    later,
    mark,
)
from penstock.kustomize.owner import owner_selector

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penstock.api.kustomize import CustomHealthCheck
    from penstock.api.objects import Json
    from penstock.kustomize.health import Group, Key, Place
    from penstock.kustomize.inventory import Refs
    from penstock.kustomize.steps.ports import ApplyPorts
    from penstock.kustomize.steps.run import Run

_WATCHES = 32
"""At once, for one Kustomization."""

T = TypeVar("T")
R = TypeVar("R")
Sight: TypeAlias = "tuple[Key, Health, str]"
"""An object, its state, and the mark of what its controller says of it."""


def health_of(ports: ApplyPorts, checks: Sequence[CustomHealthCheck], obj: Json) -> Health:
    """An object's state: by the user's expressions if there are any about its kind, else by kstatus."""
    ref = ObjectRef.from_object(obj)
    try:
        if by_expressions(checks, ref.group, ref.kind):
            (judged,) = ports.expressions.health(checks, (obj,))
            if judged.state is not None or judged.error:
                return Health(State(judged.state or State.UNKNOWN), judged.error)
        return ports.judge.kstatus((judged_part(obj),))[0]
    except OutOfTime:
        raise
    except PenstockError as error:
        return _unknown(error)


class Sightings:
    """The states of some objects of a Kustomization, as they were last seen. Threads may share it."""

    def __init__(self, run: Run, refs: Refs) -> None:
        self._run = run
        self._refs = {key_of(ref): ref for ref in refs}
        self._checks = run.model.spec.health_check_exprs
        self._labelled = run.model.spec.wait
        self._selector = owner_selector(run.subject.ref) if self._labelled else ""
        self._cluster = run.ports.cluster
        self._since: dict[Place, str] = {}
        """Where watches go on; no further back than what was seen, as old news are none."""
        self.states: dict[Key, Health] = {}

    def look(self) -> None:
        """All of them as they are now. Raises what ends the whole run."""
        self._since.clear()
        shown: set[Key] = set()
        if self._labelled:
            wanted = groups(self._refs.values(), wide=True)
            for group, answer in zip(wanted, self._all(self._list, wanted), strict=True):
                if isinstance(answer, PenstockError):
                    shown |= self._lost(group.refs, answer)
                else:
                    shown |= {self._see(sight) for sight in answer if sight is not None}
        self._read([ref for key, ref in self._refs.items() if key not in shown])

    def watch(self, waiting: Refs, seconds: float) -> None:
        """What becomes of those that are not healthy yet, until `seconds` are over or it is clear.

        It may take a little longer to see that one of another kind will never be healthy.
        """
        wanted = groups(waiting, wide=self._labelled)
        answers = self._all(partial(self._watch, seconds=seconds), wanted, _WATCHES)
        for group, answer in zip(wanted, answers, strict=True):
            if isinstance(answer, PenstockError) or group.ages:
                self._read(judge(group.refs, self.states, self._run.vanishing).waiting)

    def _all(
        self, work: Callable[[T], R], items: Sequence[T], workers: int = 0
    ) -> tuple[R | PenstockError, ...]:
        answers = parallel(work, items, workers or self._run.ports.requests, self._run.budget.deadline)
        self._run.raise_if_over(answers)
        return answers

    def _list(self, group: Group) -> tuple[Sight | None, ...]:
        self._run.go_on()
        return self._cluster.list_of(
            self._sight,
            group.group,
            self._version(group.group, group.kind),
            group.kind,
            namespace=group.namespace or None,
            label_selector=self._selector,
        )

    def _read(self, refs: Sequence[ObjectRef]) -> None:
        """Each by itself: those that labels do not show, or that nobody could list or watch."""
        for ref, answer in zip(refs, self._all(self._get, refs), strict=True):
            if isinstance(answer, PenstockError):
                self._lost((ref,), answer)
            else:
                self._see(answer)

    def _get(self, ref: ObjectRef) -> Sight:
        self._run.go_on()
        version = self._version(ref.group, ref.kind)
        found = self._cluster.get(ObjectRef(ref.group, version, ref.kind, ref.namespace, ref.name))
        health = health_of(self._run.ports, self._checks, found) if found is not None else NOT_FOUND
        return key_of(ref), health, mark(found) if found is not None else ""

    def _watch(self, group: Group, seconds: float) -> None:
        self._run.go_on()
        where = (group.group, self._version(group.group, group.kind), group.kind, group.namespace, group.name)
        try:
            # Without a resourceVersion the first events show what is there already.
            since = self._since.get(group.place, "")
            for event in self._cluster.watch(*where, since, seconds, label_selector=self._selector):
                since = self._since[group.place] = later(since, resource_version(event["object"]))
                self._hear(event)
                verdict = judge(group.refs, self.states, self._run.vanishing)
                if verdict.failed or not verdict.waiting:
                    return
        except Expired:
            self._since.pop(group.place, None)

    def _hear(self, event: Json) -> None:
        key = key_of(ObjectRef.from_object(event["object"]))
        if key not in self._refs or event["type"] not in {"ADDED", "MODIFIED", "DELETED"}:
            return
        if event["type"] == "DELETED":
            # Or it has only lost its labels.
            self._see(self._get(self._refs[key]))
        elif (sight := self._sight(event["object"])) is not None:
            self._see(sight)

    def _sight(self, obj: Json) -> Sight | None:
        key = key_of(ObjectRef.from_object(obj))
        if key not in self._refs:
            return None
        return key, health_of(self._run.ports, self._checks, obj), mark(obj)

    def _see(self, sight: Sight) -> Key:
        """Keep it; the mark of a healthy object spares later looks to judge it while it stays so."""
        key, health, found = sight
        self.states[key] = health
        ref = self._refs[key]
        left = self._run.standing.get(ref)
        if left is not None and self._labelled and health.state is State.CURRENT:
            told = "" if by_expressions(self._checks, ref.group, ref.kind) else found
            self._run.standing[ref] = replace(left, health=told)
        return key

    def _lost(self, refs: Refs, error: PenstockError) -> set[Key]:
        keys = {key_of(ref) for ref in refs}
        self.states |= dict.fromkeys(keys, _unknown(error))
        return keys

    def _version(self, group: str, kind: str) -> str:
        """The version that the cluster prefers, as in Flux whatever a health check names."""
        found = self._cluster.discovery().find(group, kind)
        if found is None:
            raise UnknownKind(f'no matches for kind "{kind}" in group "{group}"')
        return found.version


def _unknown(error: PenstockError) -> Health:
    return Health(State.UNKNOWN, error.message)
