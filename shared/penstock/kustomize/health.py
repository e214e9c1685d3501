"""What the health checks of a Kustomization are about, and what follows from the states they find. Pure.

Source: kustomize-controller checkHealth and ReferenceToObjMetadataSet; fluxcd/pkg/ssa manager_wait.go
(WaitForSet, which ends early) and utils ExtractJobsWithTTL.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING

import orjson

from penstock.api.kstatus import State
from penstock.api.kustomization import KIND
from penstock.api.objects import generation, group_version, metadata
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from penstock.api.kustomization import KustomizationSpec
    from penstock.api.kustomize import CustomHealthCheck
    from penstock.api.objects import Json
    from penstock.kustomize.inventory import Refs

Key = tuple[str, str, str, str]
"""What makes two references the same object: group, kind, namespace, name."""
Place = tuple[str, str, str, str]
"""What a watch shows: group, kind, namespace and name, empty for all."""

LEFT_ALONE = "-"
"""The mark of an object whose health does not count: it was left alone when all the rest was applied."""
_DEFAULT_API = "apps/v1"
"""Of a health check without an API version: those of Flux's first API were about workloads."""
_JOB = ("batch", "Job")
_POD = ("", "Pod")
_JUDGED = ("name", "namespace", "generation", "creationTimestamp", "deletionTimestamp")
"""What kstatus looks at of the metadata."""


class InvalidHealthCheck(Terminal):
    """A health check that names no kind."""

    reason = "HealthCheckFailed"


@dataclass(frozen=True)
class Health:
    """An object's state, and why there is none: then it is Unknown."""

    state: State
    error: str = ""


CURRENT = Health(State.CURRENT)
NOT_FOUND = Health(State.NOT_FOUND)


@dataclass(frozen=True)
class Group:
    """Objects of one kind that one watch shows: of one namespace, or (empty) of all; one `name` or all."""

    group: str
    kind: str
    namespace: str
    name: str
    refs: Refs

    @property
    def place(self) -> Place:
        """What is watched."""
        return (self.group, self.kind, self.namespace, self.name)

    @property
    def ages(self) -> bool:
        """Whether time alone makes them another state: a Pod that nobody schedules has failed at last."""
        return (self.group, self.kind) == _POD


@dataclass(frozen=True)
class Verdict:
    """Of the objects that are not healthy: those that never will be, and those that may."""

    failed: Refs
    waiting: Refs

    @property
    def healthy(self) -> bool:
        """Whether there are none."""
        return not self.failed and not self.waiting


def key_of(ref: ObjectRef) -> Key:
    """The object's key: no version is part of it."""
    return (ref.group, ref.kind, ref.namespace, ref.name)


def targets(spec: KustomizationSpec, applied: Iterable[ObjectRef]) -> Refs:
    """The objects whose health is checked: those that were applied, or those that are named.

    InvalidHealthCheck naming the first that names none.
    """
    wanted = (
        applied
        if spec.wait
        else (_named(one.api_version, one.kind, one.namespace, one.name) for one in spec.health_checks)
    )
    return tuple({key_of(ref): ref for ref in wanted}.values())


def without_itself(refs: Iterable[ObjectRef], owner: ObjectRef) -> Refs:
    """The objects without the Kustomization itself: it would wait for its own end."""
    return tuple(
        ref for ref in refs if (ref.kind, ref.namespace, ref.name) != (KIND, owner.namespace, owner.name)
    )


def _named(api_version: str, kind: str, namespace: str, name: str) -> ObjectRef:
    api_version = api_version or _DEFAULT_API
    if api_version.count("/") > 1:
        raise InvalidHealthCheck(f"unexpected GroupVersion string: {api_version}")
    return ObjectRef(*group_version(api_version), kind, namespace, name)


def vanishing(objects: Iterable[Json]) -> frozenset[Key]:
    """The Jobs among the built objects that are deleted once they are done: then they are healthy."""
    return frozenset(
        key_of(ref)
        for obj in objects
        if obj.get("kind") == _JOB[1]
        and (ref := ObjectRef.from_object(obj)).group == _JOB[0]
        and type((obj.get("spec") or {}).get("ttlSecondsAfterFinished")) is int
    )


def judge(refs: Sequence[ObjectRef], seen: Mapping[Key, Health], vanished: frozenset[Key]) -> Verdict:
    """What the states come to; an object without one is waited for."""
    failed: list[ObjectRef] = []
    waiting: list[ObjectRef] = []
    for ref in refs:
        state = seen[key_of(ref)].state if key_of(ref) in seen else State.UNKNOWN
        if state is State.FAILED:
            failed.append(ref)
        elif state is not State.CURRENT and not (state is State.NOT_FOUND and key_of(ref) in vanished):
            waiting.append(ref)
    return Verdict(tuple(failed), tuple(waiting))


def problem(verdict: Verdict, seen: Mapping[Key, Health]) -> str:
    """What is wrong, in Flux's words: who failed ends the wait, else it is its end that is told."""
    if verdict.failed:
        return f"failed early due to stalled resources: [{_told(verdict.failed, seen)}]"
    return f"timeout waiting for: [{_told(verdict.waiting, seen)}]"


def _told(refs: Refs, seen: Mapping[Key, Health]) -> str:
    return ", ".join(_one(ref, seen.get(key_of(ref))) for ref in refs)


def _one(ref: ObjectRef, health: Health | None) -> str:
    if health is None:
        return f"can't determine status for {ref}"
    return f"{ref} status: '{health.state}'" + (f": {health.error}" if health.error else "")


def groups(refs: Iterable[ObjectRef], *, wide: bool) -> tuple[Group, ...]:
    """What to list and to watch for these objects.

    `wide`: they all carry the same labels, so one look at a kind shows them in all namespaces, if there are
    several. Otherwise each namespace is looked at, or the one object in it.
    """
    ordered = sorted(refs, key=key_of)
    parts = [(key, tuple(found)) for key, found in groupby(ordered, lambda ref: (ref.group, ref.kind))]
    return tuple(one for key, found in parts for one in _places(*key, found, wide=wide))


def _places(group: str, kind: str, refs: Refs, *, wide: bool) -> Iterable[Group]:
    if wide:
        places = {ref.namespace for ref in refs}
        yield Group(group, kind, places.pop() if len(places) == 1 else "", "", refs)
        return
    for namespace, found in groupby(refs, lambda ref: ref.namespace):
        here = tuple(found)
        yield Group(group, kind, namespace, here[0].name if len(here) == 1 else "", here)


def by_expressions(checks: Sequence[CustomHealthCheck], group: str, kind: str) -> bool:
    """Whether expressions of the user tell the health of this kind; Flux judges Jobs itself."""
    if (group, kind) == _JOB:
        return False
    return any(group_version(one.api_version)[0] == group and one.kind in {"", kind} for one in checks)


def judged_part(obj: Json) -> Json:
    """What kstatus looks at: so no content of a ConfigMap or Secret goes anywhere."""
    meta = {key: value for key, value in metadata(obj).items() if key in _JUDGED}
    rest: Json = {key: obj[key] for key in ("apiVersion", "kind", "spec", "status") if key in obj}
    return {**rest, "metadata": meta}


def mark(obj: Json) -> str:
    """The digest (hex) of what a controller says of an object: while it stays, so does the state.

    Beside what penstock.kustomize.fingerprint marks. Empty for Pods, whose state is a matter of time.
    """
    ref = ObjectRef.from_object(obj)
    if (ref.group, ref.kind) == _POD:
        return ""
    said = (metadata(obj).get("deletionTimestamp"), generation(obj), obj.get("status"))
    return sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def later(one: str, other: str) -> str:
    """The later of two resourceVersions; what is there already does not come in their order.

    The API server compares them as numbers, too; the second where one of them is none.
    """
    if one.isdecimal() and other.isdecimal():
        return max(one, other, key=int)
    return other or one


def tells_of_success(*, was_healthy: bool, new_revision: bool, changed: bool) -> bool:
    """Whether passed health checks are an event: after a failure, or of something new."""
    return not was_healthy or (new_revision and changed)
