"""Objects of kinds that the cluster does not have yet: which kinds these are, and whether one has come. Pure.

Flux fails the stage that has one, and tries all of it again after the retry interval. Here the rest goes on,
and the Kustomization is due as soon as the API server serves one of the kinds (threats B-16).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from penstock.api.refs import ObjectRef


def kinds_of(refs: Iterable[ObjectRef]) -> tuple[str, ...]:
    """Their kinds, each once, as `<group>/<version>/<kind>`."""
    return tuple(dict.fromkeys(f"{ref.group}/{ref.version}/{ref.kind}" for ref in refs))


def has_come(kinds: Iterable[str], find: Callable[[str, str, str], object | None]) -> bool:
    """Whether one of the kinds is served now; `find(group, kind, version)` tells what is."""
    for text in kinds:
        group, version, kind = text.rsplit("/", 2)
        if find(group, kind, version) is not None:
            return True
    return False
