"""Looks at Kustomizations side by side, each once those that it waits for have been looked at."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from penstock.base.errors import PenstockError
from penstock.cluster.parallel import parallel
from penstock.kustomize.dependencies import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from penstock.api.refs import ObjectRef

T = TypeVar("T")
R = TypeVar("R")


def walk(
    fn: Callable[[T], R],
    items: Mapping[ObjectRef, T],
    parents: Mapping[ObjectRef, Iterable[ObjectRef]],
    workers: int,
) -> Mapping[ObjectRef, R | PenstockError]:
    """`fn` of each item, at most `workers` at a time; see penstock.kustomize.dependencies.Walk for the order.

    A PenstockError of one item is its result. Anything else that is raised is a bug and raised here, once the
    calls under way are over.
    """
    turns = _Turns(fn, items, Walk(tuple(items), parents))
    threads = range(min(workers, len(items)))
    for end in parallel(partial(_until_done, turns), threads, workers):
        if isinstance(end, PenstockError):
            raise end
    return turns.results


def _until_done(turns: _Turns[T, R], _: int) -> None:
    turns.work()


class _Turns(Generic[T, R]):
    """Whose turn it is, asked by several threads."""

    def __init__(self, fn: Callable[[T], R], items: Mapping[ObjectRef, T], order: Walk) -> None:
        self.results: dict[ObjectRef, R | PenstockError] = {}
        self._fn = fn
        self._items = items
        self._order = order
        self._broken = False
        self._changed = threading.Condition()

    def work(self) -> None:
        """Take turns until there are none; after a bug nothing more is begun."""
        while (ref := self._next()) is not None:
            broken = True
            try:
                self.results[ref] = self._result(self._items[ref])
                broken = False
            finally:
                self._end(ref, broken=broken)

    def _result(self, item: T) -> R | PenstockError:
        try:
            return self._fn(item)
        except PenstockError as error:
            return error

    def _next(self) -> ObjectRef | None:
        with self._changed:
            while not self._broken and not self._order.done:
                ref = self._order.begin()
                if ref is not None:
                    return ref
                self._changed.wait()
            return None

    def _end(self, ref: ObjectRef, *, broken: bool) -> None:
        with self._changed:
            self._broken = self._broken or broken
            self._order.end(ref)
            self._changed.notify_all()
