"""Helpers over Kubernetes objects as plain JSON; what is not there reads as empty."""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]


def metadata(obj: Json) -> Json:
    """The object's metadata, or an empty mapping if it has none of the right shape."""
    return _mapping(obj.get("metadata"))


def labels_of(obj: Json) -> dict[str, str]:
    """The object's labels."""
    return _mapping(metadata(obj).get("labels"))


def annotations_of(obj: Json) -> dict[str, str]:
    """The object's annotations."""
    return _mapping(metadata(obj).get("annotations"))


def generation(obj: Json) -> int:
    """metadata.generation, 0 where the kind has none."""
    found = metadata(obj).get("generation")
    return found if isinstance(found, int) else 0


def resource_version(obj: Json) -> str:
    """metadata.resourceVersion, empty for an object that was never stored."""
    return str(metadata(obj).get("resourceVersion") or "")


def uid(obj: Json) -> str:
    """metadata.uid, empty for an object that was never stored."""
    return str(metadata(obj).get("uid") or "")


def deleting(obj: Json) -> bool:
    """Whether the object has a deletionTimestamp."""
    return bool(metadata(obj).get("deletionTimestamp"))


def group_version(api_version: str) -> tuple[str, str]:
    """`apps/v1` as ("apps", "v1"); the core group is empty."""
    group, _, version = api_version.rpartition("/")
    return group, version


def _mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}
