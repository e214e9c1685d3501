"""ConfigMaps and Secrets that are labelled to be watched: a change is acted on at the next tick. Pure.

Source: kustomize-controller's --watch-configs-label-selector. A change of one that gives a Kustomization
variables makes it due, and so do its creation and its end. What is not labelled is compared at the interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.kustomization import SubstituteKind
from penstock.api.objects import metadata, resource_version, uid
from penstock.api.refs import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from penstock.api.objects import Json


def references(obj: Json) -> tuple[ObjectRef, ...]:
    """What a Kustomization takes variables from, read from an object of any shape."""
    spec = obj.get("spec")
    build = spec.get("postBuild") if isinstance(spec, dict) else None
    found = build.get("substituteFrom") if isinstance(build, dict) else None
    namespace = str(metadata(obj).get("namespace") or "")
    return tuple(
        ObjectRef("", "v1", str(one["kind"]), namespace, str(one.get("name") or ""))
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, dict) and one.get("kind") in list(SubstituteKind)
    )


def versions(found: Iterable[Json]) -> dict[ObjectRef, str]:
    """What changes with each object, its content left out."""
    return {ObjectRef.from_object(obj): f"{uid(obj)} {resource_version(obj)}" for obj in found}


def seen(obj: Json, there: Mapping[ObjectRef, str]) -> tuple[str, ...]:
    """The versions of those that are watched of what a Kustomization takes variables from, for its record."""
    wanted = sorted(set(references(obj)) & there.keys())
    return tuple(f"{ref.kind}/{ref.name} {there[ref]}" for ref in wanted)


def changed(obj: Json, there: Mapping[ObjectRef, str], before: Sequence[str]) -> bool:
    """Whether one of them was changed, has come, is gone or has lost its label since they were `before`."""
    return seen(obj, there) != tuple(before)
