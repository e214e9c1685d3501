"""Which kinds the cluster serves: asked once, remembered, asked again when a kind is unknown."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from penstock.base.clock import Clock, SystemClock
from penstock.base.errors import PenstockError
from penstock.cluster.catalog import (
    Catalog,
    Resource,
    parse_aggregated,
    parse_group_versions,
    parse_resource_list,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json

_AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
    "application/json"
)
REFRESH_SECONDS = 1.0
"""How often at most an unknown kind makes us ask again: a build full of them costs little, and the first
object of a kind that has just been installed is found when somebody tells of it."""


class Fetch(Protocol):
    """GET of one path as JSON, with an Accept header."""

    def __call__(self, path: str, accept: str) -> Json:
        """The parsed answer."""
        ...


def load_catalog(fetch: Fetch) -> Catalog:
    """The catalog: two requests, or one per group version where the server knows no aggregated discovery."""
    core, groups = fetch("/api", _AGGREGATED), fetch("/apis", _AGGREGATED)
    if all(document.get("kind") == "APIGroupDiscoveryList" for document in (core, groups)):
        return parse_aggregated((core, groups))
    return _load_one_by_one(fetch, parse_group_versions(core, groups))


def _load_one_by_one(fetch: Fetch, group_versions: tuple[tuple[str, str], ...]) -> Catalog:
    resources: list[Resource] = []
    partial: set[str] = set()
    for group, version in group_versions:
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            resources.extend(parse_resource_list(group, version, fetch(path, "application/json")))
        except PenstockError:
            partial.add(group)
    return Catalog(tuple(resources), frozenset(partial))


class Discovery:
    """The cached catalog of one cluster; threads share it."""

    def __init__(self, load: Callable[[], Catalog], *, clock: Clock | None = None) -> None:
        self._load = load
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._catalog: Catalog | None = None
        self._loaded_at = 0.0

    def find(self, group: str, kind: str, version: str = "") -> Resource | None:
        """The kind in this version (or the preferred one); None only after a look that is fresh enough."""
        found = self.catalog().find(group, kind, version)
        if found is None and self._stale():
            found = self.refresh().find(group, kind, version)
        return found

    @property
    def partial(self) -> frozenset[str]:
        """Groups that could not be read whole: what is not found in them may exist."""
        return self.catalog().partial

    def catalog(self) -> Catalog:
        """What is known now."""
        with self._lock:
            return self._catalog if self._catalog is not None else self._reload()

    def refresh(self) -> Catalog:
        """Ask now, whatever is known; after a CRD was written, say."""
        with self._lock:
            return self._reload()

    def doubt(self) -> None:
        """The server no longer knows a path that the catalog gave: the next question asks it again."""
        with self._lock:
            if self._stale():
                self._catalog = None

    def _reload(self) -> Catalog:
        self._catalog = self._load()
        self._loaded_at = self._clock.monotonic()
        return self._catalog

    def _stale(self) -> bool:
        return self._clock.monotonic() - self._loaded_at >= REFRESH_SECONDS
