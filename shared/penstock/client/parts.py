"""What is read from Flux objects as the cluster has them, of any shape: what is not there is empty. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION

if TYPE_CHECKING:
    from penstock.api.objects import Json

_HASH = re.compile(r"(?P<copied>penstock\.dev/approve=\S+)|\b[a-f0-9]{40,128}\b", re.ASCII)
_SHORT = 8


def part(obj: object, *path: str) -> Any:
    """What lies at a path of keys; None where it ends."""
    for key in path:
        if not isinstance(obj, dict):
            return None
        obj = obj.get(key)
    return obj


def mapping(obj: object, *path: str) -> Json:
    """The mapping there, empty if there is none."""
    found = part(obj, *path)
    return found if isinstance(found, dict) else {}


def text(obj: object, *path: str) -> str:
    """The text there; numbers as text, empty for what is neither."""
    found = part(obj, *path)
    return str(found) if isinstance(found, (str, int, float)) and not isinstance(found, bool) else ""


def conditions(obj: Json) -> list[Json]:
    """The conditions in the status."""
    found = part(obj, "status", "conditions")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def ready(obj: Json) -> Json | None:
    """The Ready condition, None before the first."""
    return next((one for one in conditions(obj) if one.get("type") == "Ready"), None)


def suspended(obj: Json) -> bool:
    """Whether the object asks to be left alone."""
    return part(obj, "spec", "suspend") is True


def revision(obj: Json) -> str:
    """The revision that an object is at: that of a source's artifact, what a Kustomization applied last."""
    if KUSTOMIZATION.of(obj):
        return text(obj, "status", "lastAppliedRevision")
    return text(obj, "status", "artifact", "revision")


def source(obj: Json) -> tuple[str, str, str]:
    """Kind, namespace and name of what `spec.sourceRef` names."""
    named = mapping(obj, "spec", "sourceRef")
    namespace = text(named, "namespace") or text(obj, "metadata", "namespace")
    return text(named, "kind"), namespace, text(named, "name")


def from_where(obj: Json) -> str:
    """Where an object's content comes from: the URL of a GitRepository, else its source as flux names it."""
    return text(obj, "spec", "url") if GIT_REPOSITORY.of(obj) else "/".join(source(obj))


def short(told: str) -> str:
    """The text with every digest and commit cut to 8 characters, as flux shows them; in the annotation which
    approves a revision it stays whole, as people copy that.
    """
    return _HASH.sub(lambda found: found["copied"] or found[0][:_SHORT], told)
