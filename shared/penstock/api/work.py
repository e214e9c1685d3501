"""What passes between functions: a hint that something may have changed, and items of work.

Neither ever carries content: whoever takes one looks at the cluster and the source itself.
"""

from __future__ import annotations

import re
from enum import StrEnum
from hashlib import sha256

import msgspec

from penstock.base.errors import Terminal

VERSION = 1
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_KINDS = {"GitRepository", "Kustomization"}


class Function(StrEnum):
    """The functions that take work items."""

    FETCH = "fetch"
    APPLY = "apply"
    TICK = "tick"


class Hint(msgspec.Struct, frozen=True, omit_defaults=True):
    """A push was announced: the repository's URLs as the payload spells them, and the full ref."""

    urls: tuple[str, ...]
    ref: str
    delivery: str = ""


class WorkItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing for one function to look at.

    `kind`, `namespace`, `name` name a Flux object, or are empty when `hint` says where to look (fetch)
    or when there is nothing to name (tick). `token` is a reconcile.fluxcd.io/requestedAt value or a
    revision to wait for; `reason` is for the log.
    """

    function: Function
    kind: str = ""
    namespace: str = ""
    name: str = ""
    reason: str = ""
    token: str = ""
    hint: Hint | None = None
    version: int = VERSION

    @property
    def key(self) -> str:
        """What makes two items the same work: they coalesce while they wait."""
        if self.hint is not None:
            digest = sha256("\0".join((*sorted(self.hint.urls), self.hint.ref)).encode()).hexdigest()
            return f"{self.function}/hint/{digest[:32]}"
        return f"{self.function}/{self.kind or '-'}/{self.namespace or '-'}/{self.name or '-'}"


def encode(item: WorkItem) -> bytes:
    """The item as JSON."""
    return msgspec.json.encode(item)


def decode(data: bytes) -> WorkItem:
    """The item in a JSON body; Terminal if it is none, or names no possible object (threats A-10, A-84)."""
    try:
        item = msgspec.json.decode(data, type=WorkItem)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Terminal(f"the body is no work item: {error}", reason="InvalidWorkItem") from None
    if item.version > VERSION:
        raise Terminal(
            f"the work item has version {item.version}, this penstock reads up to {VERSION}: upgrade",
            reason="InvalidWorkItem",
        )
    _check_names(item)
    return item


def _check_names(item: WorkItem) -> None:
    if item.hint is not None or item.function is Function.TICK:
        return
    if item.kind not in _KINDS:
        raise Terminal(
            f"kind {item.kind[:64]!r} is not one of {', '.join(sorted(_KINDS))}", reason="InvalidWorkItem"
        )
    for field, value in (("namespace", item.namespace), ("name", item.name)):
        if not _DNS_SUBDOMAIN.fullmatch(value):
            raise Terminal(f"{field} {value[:64]!r} is no Kubernetes name", reason="InvalidWorkItem")


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one look at one object ended; what a manual invoke with `?wait=` answers.

    `reason` is the Ready condition's, `changes` the change lines (`Kind/ns/name created`).
    """

    ok: bool
    message: str
    reason: str = ""
    revision: str = ""
    changes: tuple[str, ...] = ()
