"""A process that dies at its k-th call of anything outside of it: what it did before has happened, no more.

The calls of all ports of a flow are counted together: requests to the cluster, and calls of the bucket, of
the queue and of whoever takes events.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.cluster.port import Cluster

_CLUSTER = frozenset(
    {"get", "list", "list_of", "apply", "create", "delete", "merge_patch", "json_patch", "watch"}
)
_BUCKET = frozenset({"put", "get", "list", "delete"})
_COUNTED = _CLUSTER | _BUCKET | {"emit"}


class Killed(BaseException):
    """The end of the process; nothing of ours may catch it."""


class Life:
    """What a process has before it: it ends at the k-th call, before that had its effect or just `after`."""

    def __init__(self, k: int, *, after: bool) -> None:
        self._left = k
        self._after = after
        self._lock = threading.Lock()

    def of(self, port: Any) -> Any:
        """The port as this process sees it."""
        return _Mortal(port, self)

    def call(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Calls the method, if it comes to that; nothing returns to the dead."""
        with self._lock:
            self._left -= 1
            left = self._left
        if left < 0 or (left == 0 and not self._after):
            raise Killed
        result = method(*args, **kwargs)
        if left == 0:
            raise Killed
        return result


def dying(cluster: Cluster, k: int, *, after: bool) -> Any:
    """The cluster as a process sees it that dies at its k-th request."""
    return Life(k, after=after).of(cluster)


class _Mortal:
    def __init__(self, port: Any, life: Life) -> None:
        self._port = port
        self._life = life

    def within(self, _deadline: object) -> _Mortal:
        return self

    def __getattr__(self, name: str) -> Any:
        found, life = getattr(self._port, name), self._life
        if name not in _COUNTED:
            return found
        return lambda *args, **kwargs: life.call(found, *args, **kwargs)
