"""A port whose k-th call fails, counted over all the ports of a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Fuse:
    """Burns at the k-th call: it raises the error, there and at no other call."""

    def __init__(self, k: int, error: Exception) -> None:
        self._left = k
        self._error = error

    @property
    def burnt(self) -> bool:
        return self._left <= 0

    def burn(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise self._error


def failing(port: Any, fuse: Fuse) -> Any:
    """The port, with each of its calls counted by the fuse."""
    return _Failing(port, fuse)


class _Failing:
    def __init__(self, port: Any, fuse: Fuse) -> None:
        self._port = port
        self._fuse = fuse

    def within(self, deadline: object) -> _Failing:
        return _Failing(self._port.within(deadline), self._fuse)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return self._counted(found) if callable(found) and not name.startswith("_") else found

    def _counted(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self._fuse.burn()
            return method(*args, **kwargs)

        return call
