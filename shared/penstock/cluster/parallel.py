"""Many calls at once: results in the order of the items, errors as values."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from penstock.base.errors import PenstockError
from penstock.cluster.crew import Crew
from penstock.cluster.errors import Timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penstock.base.deadline import Deadline

T = TypeVar("T")
R = TypeVar("R")

_CREW = Crew()


def parallel(
    fn: Callable[[T], R], items: Sequence[T], workers: int, deadline: Deadline | None = None
) -> tuple[R | PenstockError, ...]:
    """`fn` of each item, at most `workers` at a time.

    A PenstockError of one item is its result, so that all of them can be told at once. Items not begun when
    the deadline passes get a Timeout. Anything else that is raised is a bug and raised here, once the calls
    under way are over.
    """

    def one(item: T) -> R | PenstockError:
        if deadline is not None and deadline.expired:
            return Timeout("not begun: the time of this run is over")
        try:
            return fn(item)
        except PenstockError as error:
            return error

    threads = min(workers, len(items))
    if threads <= 1:
        return tuple(one(item) for item in items)
    shared = _Shared(one, items)
    for _ in range(threads - 1):
        _CREW.do(shared.help)
    shared.work()
    return shared.results(threads - 1)


class _Shared(Generic[T, R]):
    """Items that several threads take from, one after the other, the caller's own among them."""

    def __init__(self, one: Callable[[T], R], items: Sequence[T]) -> None:
        self._one = one
        self._items = items
        self._numbers = itertools.count()
        self._results: dict[int, R] = {}
        self._bug: BaseException | None = None
        self._ended = threading.Semaphore(0)

    def work(self) -> None:
        """Do items until there are none; after a bug nothing more is begun."""
        while self._bug is None and (number := next(self._numbers)) < len(self._items):
            try:
                self._results[number] = self._one(self._items[number])
            except BaseException as error:  # noqa: BLE001 - raised again where the results are asked for
                self._bug = error

    def help(self) -> None:
        """The same in a thread that somebody waits for."""
        try:
            self.work()
        finally:
            self._ended.release()

    def results(self, helpers: int) -> tuple[R, ...]:
        """All results in the order of the items, once the helpers have ended; raises what was a bug."""
        for _ in range(helpers):
            self._ended.acquire()
        if self._bug is not None:
            raise self._bug
        return tuple(self._results[number] for number in range(len(self._items)))
