"""What passes between functions: a hint that something may have changed, and items of work.

Neither ever carries content: whoever takes one looks at the cluster and the source itself.
"""

from __future__ import annotations

import re
from enum import StrEnum
from hashlib import sha256

import msgspec

from penstock.api import awaited
from penstock.base import strictjson
from penstock.base.errors import Terminal
from penstock.base.structs import learn

VERSION = 1
HANDED_OVER = "HandedOver"
"""The reason of an outcome: there was no time for all of it, and another run goes on."""
LEFT_OVER = "handed over"
"""The reason of the item for that run."""
_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_NAMESPACE = re.compile(_LABEL)
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")
_DEPTH = 8
_MOST_URLS = 64
_LONGEST = 4096
"""These three are the work item's own form (version 1): who sends one and who takes it must agree."""
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
    or when there is nothing to name (tick). `token` is the reconcile.fluxcd.io/requestedAt value or the
    revision that it is about; `reason` is for the log. `awaits` are objects that are about to be stored: the
    look waits a moment for them.
    """

    function: Function
    kind: str = ""
    namespace: str = ""
    name: str = ""
    reason: str = ""
    token: str = ""
    hint: Hint | None = None
    version: int = VERSION
    awaits: tuple[awaited.Awaited, ...] = ()

    @property
    def key(self) -> str:
        """What makes two items the same work: they coalesce while they wait."""
        if self.hint is not None:
            digest = sha256("\0".join((*sorted(self.hint.urls), self.hint.ref)).encode()).hexdigest()
            return f"{self.function}/hint/{digest[:32]}"
        return f"{self.function}/{self.kind or '-'}/{self.namespace or '-'}/{self.name or '-'}"


learn(WorkItem)


def encode(item: WorkItem) -> bytes:
    """The item as JSON."""
    return msgspec.json.encode(item)


def decode(data: bytes) -> WorkItem:
    """The item in a JSON body; Terminal if it is none, or names no possible object (threats A-10, A-84)."""
    try:
        item = msgspec.convert(strictjson.loads(data, depth=_DEPTH), type=WorkItem)
    except (ValueError, msgspec.ValidationError) as error:
        raise _invalid(f"the body is no work item: it {str(error)[:200]}") from None
    if item.version > VERSION:
        raise _invalid(
            f"the work item has version {item.version}, this penstock reads up to {VERSION}: upgrade it"
        )
    _check(item)
    return item


def joined(waiting: WorkItem | None, item: WorkItem) -> WorkItem:
    """The item in the place of one with its key that waits: what that one waits for is not forgotten."""
    if waiting is None or not waiting.awaits:
        return item
    return msgspec.structs.replace(item, awaits=awaited.joined(waiting.awaits, item.awaits))


def object_name(kind: str, namespace: str, name: str) -> tuple[str, str, str]:
    """The three, if they may name a Flux object that is worked on; Terminal otherwise."""
    if kind not in _KINDS:
        raise _invalid(f"kind {kind[:64]!r} is not one of {', '.join(sorted(_KINDS))}")
    if not _NAMESPACE.fullmatch(namespace):
        raise _invalid(f"namespace {namespace[:64]!r} is no Kubernetes namespace")
    if not _NAME.fullmatch(name):
        raise _invalid(f"name {name[:64]!r} is no Kubernetes name")
    return kind, namespace, name


def _check(item: WorkItem) -> None:
    if max(map(len, (item.reason, item.token))) > _LONGEST:
        raise _invalid(f"a text of the work item is longer than {_LONGEST} characters")
    if len(item.awaits) > awaited.MOST:
        raise _invalid(f"the work item waits for more than {awaited.MOST} objects")
    for one in item.awaits:
        object_name(one.kind, one.namespace, one.name)
        if len(one.before) > _LONGEST:
            raise _invalid(f"a text of the work item is longer than {_LONGEST} characters")
    if item.hint is not None:
        _check_hint(item, item.hint)
    elif item.function is not Function.TICK:
        object_name(item.kind, item.namespace, item.name)
    elif item.kind or item.namespace or item.name:
        raise _invalid("a tick names no object: leave kind, namespace and name out")


def _check_hint(item: WorkItem, hint: Hint) -> None:
    if item.function is not Function.FETCH or item.kind or item.namespace or item.name:
        raise _invalid("a hint is work for fetch, and names no object: leave kind, namespace and name out")
    if len(hint.urls) > _MOST_URLS or max(map(len, (hint.ref, hint.delivery, *hint.urls))) > _LONGEST:
        raise _invalid(f"the hint has more than {_MOST_URLS} URLs, or one of more than {_LONGEST} characters")


def _invalid(message: str) -> Terminal:
    return Terminal(message, reason="InvalidWorkItem")


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """How one look at one object ended; what a manual invoke with `?wait=` answers.

    `reason` is the Ready condition's, `changes` the change lines (`Kind/ns/name created`).
    """

    ok: bool
    message: str
    reason: str = ""
    revision: str = ""
    changes: tuple[str, ...] = ()
