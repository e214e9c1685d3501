"""A short mark of an object in the cluster: while it stays, a dry-run comes to the same. Pure."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from penstock.api.objects import resource_version, uid
from penstock.kustomize.plan import compared

if TYPE_CHECKING:
    from penstock.api.objects import Json


def fingerprint(obj: Json) -> str:
    """The digest (hex) of what a plan compares of the object, and of its UID.

    Not of its resourceVersion: that moves with every status, and a restored cluster may give one a second
    time. A digest of a Secret would help to guess what is in it, so there it is the resourceVersion alone.
    """
    secret = (obj.get("apiVersion"), obj.get("kind")) == ("v1", "Secret")
    content = resource_version(obj).encode() if secret else compared(obj)
    return sha256(b"%b\n%b" % (uid(obj).encode(), content)).hexdigest()
