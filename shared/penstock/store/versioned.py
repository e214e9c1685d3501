"""What is kept in the bucket with the version of its form: one that a newer penstock wrote is not read.

Threats B-30; what is damaged is nobody's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from penstock.base.structs import learn

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.base.errors import Terminal

T = TypeVar("T")


class _Versioned(msgspec.Struct):
    version: int = 0


learn(_Versioned)


def version_of(data: bytes) -> int:
    """The version that it says of itself, 0 if it says none or is damaged."""
    try:
        return msgspec.json.decode(data, type=_Versioned).version
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0


def decoded(
    data: bytes, kind: type[T], newest: int, newer: Callable[[int], Terminal] | None = None
) -> T | None:
    """The value; None if it is damaged, or of a version above `newest`, of which `newer` makes an error."""
    version = version_of(data)
    if version > newest:
        if newer is not None:
            raise newer(version)
        return None
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
