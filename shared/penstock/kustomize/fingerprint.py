"""Short marks of an object in the cluster and in a build: while both stay, so does a dry-run. Pure."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import orjson

from penstock.api.objects import resource_version, uid
from penstock.kustomize.managers import foreign_writers
from penstock.kustomize.owner import LEFT_ALONE, Mark, marked
from penstock.kustomize.plan import compared

if TYPE_CHECKING:
    from penstock.api.objects import Json


UNLABELLED = "uid:"
"""So the mark of an object begins that has to be read by itself."""


def fingerprint(obj: Json) -> str:
    """The digest (hex) of what a plan compares of the object, of its UID, and of whose fields are to be ours.

    Not of its resourceVersion: that moves with every status, and a restored cluster may give one a second
    time. A digest of a Secret would help to guess what is in it, so there it is the resourceVersion alone.
    """
    content = resource_version(obj).encode() if _secret(obj) else compared(obj)
    writers = " ".join(foreign_writers(obj))
    return sha256(b"%b\n%b%b" % (uid(obj).encode(), content, writers.encode())).hexdigest()


def unlabelled(obj: Json | None) -> str:
    """The mark of an object that is left alone without our labels, so that no list by these shows it.

    Of one that is to be made if it is missing, no more matters than that it is the same; empty if it is not
    there.
    """
    return f"{UNLABELLED}{uid(obj)}" if obj is not None else ""


def mark_of_skipped(desired: Json, seen: Json | None) -> str | None:
    """The mark of an object without our labels that is not applied; None if a look has to be a full one.

    `seen` is the object as a dry-run shows it. Who is left alone whatever becomes of it has an empty mark.
    """
    if marked(desired, *LEFT_ALONE):
        return ""
    once = marked(desired, Mark.APPLY_IF_NOT_PRESENT)
    return unlabelled(seen) if once and seen is not None else None


def made_from(obj: Json) -> str:
    """The digest (hex) of an object as it is applied; empty for a Secret, as above."""
    return "" if _secret(obj) else sha256(orjson.dumps(obj, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _secret(obj: Json) -> bool:
    return (obj.get("apiVersion"), obj.get("kind")) == ("v1", "Secret")
