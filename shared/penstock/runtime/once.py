"""A property that is made when it is first read, by one thread, and kept."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - reads as `property` does
    """Decorates a method without arguments. What it raises is not kept: the next reader tries again."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._lock = threading.RLock()
        """Its own: a part that asks the cluster first keeps nobody from those that need none."""
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> T:
        with self._lock:
            made = instance.__dict__
            if self._name not in made:
                made[self._name] = self._make(instance)
            return cast("T", made[self._name])
