"""Many calls at once: results in the order of the items, errors as values."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from penstock.base.errors import PenstockError
from penstock.cluster.errors import Timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penstock.base.deadline import Deadline

T = TypeVar("T")
R = TypeVar("R")


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
    # Threads start in microseconds; a pool shared between callers could wait for itself when calls nest.
    with ThreadPoolExecutor(threads, thread_name_prefix="cluster") as pool:
        return tuple(pool.map(one, items))
