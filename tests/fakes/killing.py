"""A process that dies at its k-th request: the requests before it have happened, none after it has."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.cluster.port import Cluster

_COUNTED = frozenset({"get", "list", "apply", "create", "delete", "merge_patch", "watch"})


class Killed(BaseException):
    """The end of the process; nothing of ours may catch it."""


def dying(cluster: Cluster, k: int, *, after: bool) -> Any:
    """The cluster as a process sees it that dies at its k-th request: before it was sent, or just `after`
    it had its effect."""
    return _Dying(cluster, k, after=after)


class _Dying:
    def __init__(self, cluster: Cluster, k: int, *, after: bool) -> None:
        self._cluster = cluster
        self._left = k
        self._after = after
        self._lock = threading.Lock()

    def within(self, _deadline: object) -> _Dying:
        return self

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cluster, name)
        return self._counted(found) if name in _COUNTED else found

    def _counted(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                self._left -= 1
                left = self._left
            if left < 0 or (left == 0 and not self._after):
                raise Killed
            result = method(*args, **kwargs)
            if left == 0:
                raise Killed
            return result

        return call
