"""Where in the bucket things of one object are kept: below the identity of its cluster (threats B-35)."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.refs import ObjectRef

_LONGEST_NAME = 250
"""File systems take names of 255; an ending follows."""
_IDENTITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")


class Place:
    """The keys below `folder` of one cluster, whose `identity` is the UID of its kube-system Namespace.

    Given as a function, it is asked each time: so nobody reads what is of a cluster that is not there any
    more. Terminal if it is no UID.
    """

    def __init__(self, folder: str, identity: str | Callable[[], str]) -> None:
        self._folder = folder
        self._identity = identity if callable(identity) else lambda: identity
        self._prefix()

    def of(self, ref: ObjectRef) -> str:
        """The key of an object, without an ending."""
        return f"{self._prefix()}{ref.kind}/{ref.namespace}/{_file_name(ref.name)}"

    def named(self, name: str) -> str:
        """The key of something that is about no object, without an ending."""
        return f"{self._prefix()}{name}"

    def _prefix(self) -> str:
        identity = self._identity()
        if not _IDENTITY.fullmatch(identity):
            raise Terminal(f"the cluster's identity {identity[:80]!r} is no UID")
        return f"{self._folder}/{identity}/"


def _file_name(name: str) -> str:
    """The object's name; the longest ones, which no file name has room for, end in a digest."""
    if len(name) < _LONGEST_NAME:
        return name
    return f"{name[: _LONGEST_NAME - 65]}_{sha256(name.encode()).hexdigest()}"
