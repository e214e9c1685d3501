"""From what a build gives to objects that can be applied. Pure.

Source: kustomize-controller build and apply, fluxcd/pkg/ssa ReadObjects and normalize; threats A-43, A-50 to
A-52, A-54, A-58. Messages name the object and the field, never a value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from penstock.api.objects import annotations_of, group_version, labels_of, metadata
from penstock.api.refs import ObjectRef
from penstock.base.errors import LimitExceeded, Terminal
from penstock.base.text import printable
from penstock.kustomize.common import texts, with_common
from penstock.kustomize.controllers import held
from penstock.kustomize.identity import problem_of
from penstock.kustomize.native import with_defaults
from penstock.kustomize.owner import Mark, marked, owner_labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from penstock.api.kustomization import CommonMetadata
    from penstock.api.objects import Json
    from penstock.base.limits import Limits

_LIST_DEPTH = 8
"""Ours: Lists within Lists."""
_MOST_PROBLEMS = 20
_CIPHERTEXT = "ENC[AES256_GCM,"
_SERVER_FIELDS = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)


class InvalidBuild(Terminal):
    """What was built cannot be applied."""

    reason = "BuildFailed"


class EncryptedSecret(Terminal):
    """A Secret is still encrypted, and nothing says how to decrypt it."""

    reason = "ReconciliationFailed"


def prepare(
    built: Sequence[Any],
    owner: ObjectRef,
    limits: Limits,
    common: CommonMetadata | None = None,
    *,
    hold_flux: bool = True,
) -> tuple[Json, ...]:
    """The objects of a build as they are applied: lists unpacked, checked, stripped, labelled.

    `common` is what the spec puts on all of them; with `hold_flux`, Flux's own controllers get 0 replicas.
    Raises InvalidBuild, EncryptedSecret or LimitExceeded naming every object at fault.
    """
    objects = tuple(_identified(_flatten(built, _LIST_DEPTH)))
    if len(objects) > limits.build_objects:
        raise LimitExceeded(
            f"the build gives {len(objects)} objects, the limit is {limits.build_objects}",
            reason="BuildFailed",
            limit="build_objects",
        )
    _refuse_encrypted(objects)
    labels = owner_labels(owner)
    owned = (_labelled(with_defaults(_stripped(obj)), labels) for obj in objects)
    prepared = tuple(with_common(obj, common) for obj in owned)
    _refuse_large(prepared, limits.object_bytes)
    return tuple(map(held, prepared)) if hold_flux else prepared


def mislabelled(built: Sequence[Any]) -> tuple[str, ...]:
    """The objects that lose their labels, because one of these is no text: so Flux reads them."""
    objects = (item for item in _flatten(built, _LIST_DEPTH) if isinstance(item, dict))
    return tuple(
        _hint(obj).strip(" ()")
        for obj in objects
        if metadata(obj).get("labels") and not texts(labels_of(obj))
    )


def refuse_duplicates(refs: Iterable[ObjectRef]) -> None:
    """Raise InvalidBuild if two objects of one build have the same name, whatever their version (A-52)."""
    seen: set[tuple[str, str, str, str]] = set()
    twice: list[str] = []
    for ref in refs:
        key = (ref.group, ref.kind, ref.namespace, ref.name)
        if key in seen:
            twice.append(str(ref))
        seen.add(key)
    if twice:
        raise InvalidBuild(f"more than once in one build: {_listed(twice)}")


def _flatten(items: Iterable[Any], depth: int) -> Iterator[Any]:
    """The items with every list of objects replaced by what is in it; nothing for an empty document."""
    for item in items:
        inner = item.get("items") if isinstance(item, dict) else None
        if item is None or item == {}:
            continue
        if not isinstance(inner, list):
            yield item
        elif depth == 0:
            raise InvalidBuild(f"lists of objects are nested deeper than {_LIST_DEPTH}")
        else:
            yield from _flatten(inner, depth - 1)


def _identified(items: Iterable[Any]) -> Iterator[Json]:
    """The items that are Kubernetes objects; kustomize's own files are left out, as Flux does."""
    problems: list[str] = []
    for index, item in enumerate(items, 1):
        if found := problem_of(item):
            problems.append(f"object {index} of the build{_hint(item)}: {found}")
        elif not _is_kustomize_file(item):
            yield item
    if problems:
        what = "failed to decode Kubernetes apiVersion, kind and name: "
        raise InvalidBuild(what + _listed(problems))


def _hint(item: Any) -> str:
    """What is known of the object that has no proper name: its kind and name, if they are text."""
    if not isinstance(item, dict):
        return ""
    parts = (item.get("kind"), metadata(item).get("namespace"), metadata(item).get("name"))
    known = "/".join(part for part in parts if isinstance(part, str) and part)
    return f" ({printable(known, 128)})" if known else ""


def _is_kustomize_file(obj: Json) -> bool:
    group, _ = group_version(str(obj["apiVersion"]))
    return group == "kustomize.config.k8s.io" and str(obj["kind"]).lower() == "kustomization"


def _refuse_encrypted(objects: Iterable[Json]) -> None:
    found = [str(ObjectRef.from_object(obj)) for obj in objects if _encrypted(obj)]
    if found:
        raise EncryptedSecret(
            "\n".join(
                f"{name} is SOPS encrypted, configuring decryption is required for this secret "
                "to be reconciled"
                for name in found[:_MOST_PROBLEMS]
            )
        )


def _encrypted(obj: Json) -> bool:
    """Whether it is a Secret with SOPS' metadata, or with SOPS' ciphertext and the metadata cut off."""
    if (obj.get("apiVersion"), obj.get("kind")) != ("v1", "Secret"):
        return False
    if marked({"metadata": {"annotations": annotations_of(obj)}}, Mark.DECRYPT_DISABLED):
        return False
    fields = [found for key in ("data", "stringData") if isinstance(found := obj.get(key), dict)]
    values = (value for found in fields for value in found.values())
    return "sops" in obj or any(isinstance(v, str) and v.startswith(_CIPHERTEXT) for v in values)


def _stripped(obj: Json) -> Json:
    """Without what only the API server may set: a stale one must neither block nor delete (A-54)."""
    kept = {key: value for key, value in metadata(obj).items() if key not in _SERVER_FIELDS}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": kept}


def _labelled(obj: Json, labels: dict[str, str]) -> Json:
    return {**obj, "metadata": {**metadata(obj), "labels": {**texts(labels_of(obj)), **labels}}}


def _refuse_large(objects: Iterable[Json], limit: int) -> None:
    large = [
        f"{ObjectRef.from_object(obj)} ({size} bytes)"
        for obj in objects
        if (size := len(orjson.dumps(obj))) > limit
    ]
    if large:
        raise LimitExceeded(
            f"larger than the {limit} bytes that a cluster stores: {_listed(large)}",
            reason="BuildFailed",
            limit="object_bytes",
        )


def _listed(found: Sequence[str]) -> str:
    more = len(found) - _MOST_PROBLEMS
    return "; ".join(found[:_MOST_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
