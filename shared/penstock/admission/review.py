"""What an admission call means: the look that it asks for, or nothing; and its answer. Pure.

Source: admission.k8s.io/v1 AdmissionReview. The call comes before the object is stored, so the work says what
to wait for. It chooses nothing: all that is taken from it is where to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api import gitrepository, kustomization
from penstock.api.awaited import Awaited, asks
from penstock.api.objects import annotations_of, deleting, generation, labels_of, metadata
from penstock.api.work import Function, WorkItem, object_name
from penstock.base import strictjson
from penstock.base.errors import Terminal
from penstock.base.selector import MAIN_SHARD, Selector
from penstock.kustomize.selection import source_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.objects import Json

API_VERSION = "admission.k8s.io/v1"
KIND = "AdmissionReview"
PROBE = "penstock.dev/probe"
"""The annotation of a dry-run that only asks whether the hook is reached."""
_KINDS = {
    (gitrepository.GROUP, gitrepository.KIND): Function.FETCH,
    (kustomization.GROUP, kustomization.KIND): Function.APPLY,
}
_LONGEST_UID = 128
"""Ours: the API server's are UUIDs."""
_LONGEST_PROBE = 64


@dataclass(frozen=True)
class Scope:
    """Whose changes are told: in these namespaces (none: all), of objects with labels that are selected."""

    namespaces: tuple[str, ...] = ()
    selector: Selector = MAIN_SHARD

    def has(self, namespace: str, *objects: Json) -> bool:
        """Whether a change in that namespace is told; one of the objects must be selected."""
        served = not self.namespaces or namespace in self.namespaces
        return served and any(self.selector.matches(labels_of(obj)) for obj in objects)


@dataclass(frozen=True)
class Review:
    """What the API server asks: the objects as they are to be and as they are, empty where there is none."""

    uid: str
    operation: str
    group: str
    kind: str
    new: Json
    old: Json
    dry_run: bool = False
    subresource: str = ""

    @property
    def probe(self) -> str:
        """The mark of a probe; empty for anything else."""
        mark = annotations_of(self.new).get(PROBE) if self.dry_run else None
        return mark if isinstance(mark, str) and len(mark) <= _LONGEST_PROBE and mark.isalnum() else ""


def parse(body: bytes, *, depth: int) -> Review:
    """The review in a body; Terminal if it is none. `depth` is the deepest nesting of JSON that is read."""
    try:
        review = strictjson.loads(body, depth=depth, limit="json_depth")
    except ValueError as error:
        raise _invalid(f"the body {error}") from None
    if not isinstance(review, dict) or (review.get("apiVersion"), review.get("kind")) != (API_VERSION, KIND):
        raise _invalid(f"the body is no {KIND} of {API_VERSION}")
    request = _mapping(review, "request")
    uid, kind = _text(request, "uid"), _mapping(request, "kind")
    if not 0 < len(uid) <= _LONGEST_UID or not uid.isprintable():
        raise _invalid("the request has no uid")
    return Review(
        uid=uid,
        operation=_text(request, "operation"),
        group=_text(kind, "group"),
        kind=_text(kind, "kind"),
        new=_mapping(request, "object"),
        old=_mapping(request, "oldObject"),
        dry_run=request.get("dryRun") is True,
        subresource=_text(request, "subResource"),
    )


def work(review: Review, scope: Scope) -> WorkItem | None:
    """The look that the change asks for; None if it asks for none. Terminal if it names no possible object.

    A Kustomization is looked at with all others of its source that are due, as the tick does it.
    """
    function = _KINDS.get((review.group, review.kind))
    if review.dry_run or review.subresource or function is None:
        return None
    obj = review.new or review.old
    kind, namespace, name = object_name(review.kind, *named(review))
    if not scope.has(namespace, *(one for one in (review.new, review.old) if one)):
        return None
    reason, at_least = _change(review)
    if not reason:
        return None
    before = asks(review.old) if review.new and review.old else ""
    awaits = (Awaited(kind, namespace, name, at_least, before if before != asks(obj) else ""),)
    if function is Function.APPLY:
        kind, namespace, name = _together(obj, (kind, namespace, name))
    return WorkItem(function, kind, namespace, name, reason, awaits=awaits)


def answer(review: Review, warnings: Sequence[str] = ()) -> Json:
    """What the API server is told: always that the change may be, and what a person is to be shown."""
    response: Json = {"uid": review.uid, "allowed": True}
    if warnings:
        response["warnings"] = list(warnings)
    return {"apiVersion": API_VERSION, "kind": KIND, "response": response}


def reached(mark: str) -> str:
    """The warning that a probe is answered with."""
    return f"penstock is reached by {mark}"


def _change(review: Review) -> tuple[str, int]:
    """What changes, in a word (empty: nothing to look at), and the generation that the object will have."""
    new, old = review.new, review.old
    match review.operation:
        case "CREATE":
            return "created", max(generation(new), 1)
        case "DELETE" if not deleting(old):
            return "deleted", generation(old) + 1
        case "UPDATE" if generation(new) != generation(old):
            return "changed", generation(new)
        case "UPDATE" if asks(new) != asks(old):
            return "asked", generation(new)
        case _:
            return "", 0


def named(review: Review) -> tuple[str, str]:
    """Namespace and name of the object, as it says them itself: they are not checked here."""
    meta = metadata(review.new or review.old)
    return _word(meta.get("namespace")), _word(meta.get("name"))


def _word(value: object) -> str:
    return value if isinstance(value, str) else ""


def _together(obj: Json, own: tuple[str, str, str]) -> tuple[str, str, str]:
    source = source_of(obj)
    if source.kind != gitrepository.KIND:
        return own
    try:
        return object_name(source.kind, source.namespace, source.name)
    except Terminal:
        return own


def _mapping(value: Json, key: str) -> Json:
    found = value.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _invalid(f"{key} is no object")
    return found


def _text(value: Json, key: str) -> str:
    found = value.get(key, "")
    if not isinstance(found, str):
        raise _invalid(f"{key} is no text")
    return found


def _invalid(message: str) -> Terminal:
    return Terminal(message, reason="InvalidReview")
