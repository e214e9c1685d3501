"""A few helper processes for many threads: each is lent to one request at a time."""

from __future__ import annotations

import contextlib
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penstock.tools.upstream.process import UpstreamProcess


class Pool:
    """Starts helpers when they are first needed, at most `size`; further requests wait for one."""

    def __init__(self, start: Callable[[], UpstreamProcess], size: int) -> None:
        self._start = start
        self._size = size
        self._idle: list[UpstreamProcess] = []
        self._lent = 0
        self._changed = Condition()

    @contextlib.contextmanager
    def helper(self, tree_id: str = "") -> Iterator[UpstreamProcess]:
        """A helper for one request, one that has the tree already if there is one.

        Whatever leaves the block by an exception leaves the conversation in an unknown state: the helper is
        ended, and the next request starts another.
        """
        helper = self._take(tree_id)
        try:
            yield helper
        except BaseException:
            helper.close()
            self._give_back(None)
            raise
        self._give_back(helper)

    def _take(self, tree_id: str) -> UpstreamProcess:
        with self._changed:
            self._changed.wait_for(lambda: self._idle or self._lent < self._size)
            self._lent += 1
            helper = self._choose(tree_id)
        if helper is not None and helper.alive():
            return helper
        if helper is not None:
            helper.close()
        try:
            return self._start()
        except BaseException:
            self._give_back(None)
            raise

    def _choose(self, tree_id: str) -> UpstreamProcess | None:
        best = next((helper for helper in self._idle if tree_id in helper.trees), None)
        if best is None and self._idle:
            best = self._idle[-1]
        if best is not None:
            self._idle.remove(best)
        return best

    def _give_back(self, helper: UpstreamProcess | None) -> None:
        with self._changed:
            self._lent -= 1
            if helper is not None:
                self._idle.append(helper)
            self._changed.notify()

    def close(self) -> None:
        """End all helpers that are not lent."""
        with self._changed:
            idle, self._idle = self._idle, []
        for helper in idle:
            helper.close()
