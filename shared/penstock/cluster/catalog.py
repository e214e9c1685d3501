"""The kinds that a cluster serves, as a value. Pure.

Source: the aggregated discovery document (apidiscovery.k8s.io/v2 APIGroupDiscoveryList) and the older
APIResourceList per group and version.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from penstock.api.objects import Json


@dataclass(frozen=True)
class Resource:
    """One kind in one version: where its objects live and what can be done with them."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()
    subresources: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    """The singular and the short names."""

    @property
    def base(self) -> str:
        """`/api/v1` or `/apis/<group>/<version>`."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"


@dataclass(frozen=True)
class Catalog:
    """All kinds, preferred versions first; `partial` names the groups that could not be read whole.

    A kind of a partial group that is not found may exist all the same: nothing may be concluded from it.
    """

    resources: tuple[Resource, ...] = ()
    partial: frozenset[str] = frozenset()

    @cached_property
    def _index(self) -> dict[tuple[str, str, str], Resource]:
        index: dict[tuple[str, str, str], Resource] = {}
        for resource in self.resources:
            index.setdefault((resource.group, resource.kind, ""), resource)
            index.setdefault((resource.group, resource.kind, resource.version), resource)
        return index

    @cached_property
    def groups(self) -> frozenset[str]:
        """The groups that have a kind here."""
        return frozenset(resource.group for resource in self.resources)

    def find(self, group: str, kind: str, version: str = "") -> Resource | None:
        """The kind in this version, or in the group's preferred one that has it."""
        return self._index.get((group, kind, version))

    def named(self, word: str) -> Resource | None:
        """The kind that kubectl takes a word for: plural, singular, kind or short name, in any case, with
        `.group` or `.version.group` behind it if it must be told from others."""
        name, _, rest = word.lower().partition(".")
        there = [one for one in self.resources if _is_of(one, rest)]
        whole = (one for one in there if name in {one.plural, one.kind.lower()})
        return next(whole, None) or next((one for one in there if name in one.names), None)


def _is_of(resource: Resource, rest: str) -> bool:
    """Whether what stands behind the dot names the group: all of it, its beginning, or with a version."""
    versioned = f"{resource.version}.{resource.group}"
    return rest in {"", versioned} or f"{resource.group}.".startswith(f"{rest}.")


def parse_aggregated(documents: Iterable[Json]) -> Catalog:
    """The catalog in the answers of /api and /apis; a Stale version makes its group partial."""
    resources: list[Resource] = []
    partial: set[str] = set()
    for document in documents:
        for item in document.get("items") or ():
            group = str((item.get("metadata") or {}).get("name") or "")
            for version in item.get("versions") or ():
                resources.extend(_aggregated_resources(group, version))
                if version.get("freshness") == "Stale":
                    partial.add(group)
    return Catalog(tuple(resources), frozenset(partial))


def _aggregated_resources(group: str, version: Json) -> Iterator[Resource]:
    for found in version.get("resources") or ():
        kind = (found.get("responseKind") or {}).get("kind")
        if not kind or not found.get("verbs"):
            continue
        yield Resource(
            group,
            str(version["version"]),
            str(kind),
            str(found["resource"]),
            found.get("scope") == "Namespaced",
            frozenset(found["verbs"]),
            frozenset(str(sub["subresource"]) for sub in found.get("subresources") or ()),
            _names(found.get("singularResource"), found.get("shortNames")),
        )


def _names(singular: object, short: Iterable[object] | None) -> frozenset[str]:
    return frozenset(str(name) for name in (singular, *(short or ())) if name)


def parse_group_versions(core: Json, groups: Json) -> tuple[tuple[str, str], ...]:
    """(group, version) pairs of the older /api and /apis answers, each group's preferred version first."""
    pairs = [("", str(version)) for version in core.get("versions") or ()]
    for group in groups.get("groups") or ():
        preferred = (group.get("preferredVersion") or {}).get("version")
        versions = [str(entry["version"]) for entry in group.get("versions") or ()]
        pairs.extend((str(group["name"]), version) for version in versions if version == preferred)
        pairs.extend((str(group["name"]), version) for version in versions if version != preferred)
    return tuple(pairs)


def parse_resource_list(group: str, version: str, document: Json) -> tuple[Resource, ...]:
    """The kinds in the answer of /apis/<group>/<version>; `plural/sub` entries become subresources."""
    entries = document.get("resources") or ()
    subresources: dict[str, set[str]] = {}
    for entry in entries:
        plural, _, sub = str(entry["name"]).partition("/")
        if sub:
            subresources.setdefault(plural, set()).add(sub)
    return tuple(
        Resource(
            group,
            version,
            str(entry["kind"]),
            str(entry["name"]),
            bool(entry.get("namespaced")),
            frozenset(entry.get("verbs") or ()),
            frozenset(subresources.get(str(entry["name"]), ())),
            _names(entry.get("singularName"), entry.get("shortNames")),
        )
        for entry in entries
        if "/" not in str(entry["name"])
    )
