"""Lines out of run records: those of all objects that are wanted, the newest, each once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from penstock.api.objects import metadata
from penstock.api.refs import ObjectRef, git_repository, kustomization
from penstock.base.errors import PenstockError
from penstock.cluster.errors import UnknownKind
from penstock.cluster.parallel import parallel
from penstock.plans.loglines import from_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from penstock.cluster.port import Cluster
    from penstock.plans.loglines import Filter, Line
    from penstock.store.runs import RunRecord, Runs

T = TypeVar("T")

MOST = 1000
"""Run records that are read at once; of more, the newest."""
_READS = 16


class RunLog:
    """The run records of a cluster's Flux objects as a log that can be read on."""

    def __init__(self, cluster: Cluster, runs: Runs) -> None:
        self._cluster = cluster
        self._runs = runs
        self._given: set[tuple[ObjectRef, str]] = set()

    def read(self, wanted: Filter, namespace: str | None, most: int = MOST) -> list[Line]:
        """The lines that are wanted and were not given before, in no order, of `most` records at most."""
        refs = [ref for ref in self._objects(namespace) if wanted.about(ref.kind, ref.namespace, ref.name)]
        names = parallel(self._new_names, refs, _READS)
        found = [
            (name, ref)
            for ref, answer in zip(refs, names, strict=True)
            for name in _or_raise(answer)
            if wanted.since is None or name >= f"{wanted.since:%Y%m%dT%H%M%S}"
        ]
        newest = sorted(found, reverse=True)[:most]
        self._given.update((ref, name) for name, ref in found)
        answers = parallel(self._read, newest, _READS)
        lines = [
            from_run(ref.kind, ref.namespace, ref.name, run)
            for (_, ref), run in zip(newest, map(_or_raise, answers), strict=True)
            if run is not None
        ]
        return [line for line in lines if wanted.takes(line)]

    def _objects(self, namespace: str | None) -> Iterator[ObjectRef]:
        for kind in (git_repository("", ""), kustomization("", "")):
            try:
                found = self._cluster.list(kind.group, kind.version, kind.kind, namespace, metadata_only=True)
            except UnknownKind:
                continue
            for obj in found:
                meta = metadata(obj)
                yield ObjectRef(kind.group, kind.version, kind.kind, meta["namespace"], meta["name"])

    def _new_names(self, ref: ObjectRef) -> Sequence[str]:
        return [name for name in self._runs.ids(ref) if (ref, name) not in self._given]

    def _read(self, one: tuple[str, ObjectRef]) -> RunRecord | None:
        name, ref = one
        return self._runs.read(ref, name)


def newest(runs: Runs, ref: ObjectRef) -> Iterator[tuple[str, RunRecord]]:
    """The object's runs that can be read, the newest first, some at once: a bucket may be far away."""
    names = runs.ids(ref)
    for at in range(0, len(names), _READS):
        some = names[at : at + _READS]
        for name, answer in zip(some, parallel(partial(runs.read, ref), some, _READS), strict=True):
            if (run := _or_raise(answer)) is not None:
                yield name, run


def _or_raise(answer: T | PenstockError) -> T:
    if isinstance(answer, PenstockError):
        raise answer
    return answer
