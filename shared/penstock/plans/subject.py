"""The Kustomization that a plan is made for: as the cluster has it, or as a file says. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from penstock.api.kustomization import GROUP, KIND, VERSION
from penstock.api.objects import group_version, metadata
from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.kustomization import Kustomization
    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef


class NoKustomization(Terminal):
    """There is none of that name where it was looked for."""

    reason = "NotFound"


def is_kustomization(obj: Any) -> bool:
    """Whether it is one of Flux's, in whatever version."""
    if not isinstance(obj, dict):
        return False
    return group_version(str(obj.get("apiVersion") or ""))[0] == GROUP and obj.get("kind") == KIND


def in_file(documents: Iterable[Any], ref: ObjectRef, file: str) -> Json:
    """The Kustomization of that name among the documents of a file, in the version of today.

    One without a namespace is of the one that is asked for. NoKustomization if it is not there.
    """
    for obj in documents:
        named = metadata(obj) if is_kustomization(obj) else {}
        if named.get("name") == ref.name and named.get("namespace") in (None, "", ref.namespace):
            meta = {**named, "namespace": ref.namespace}
            return {**obj, "apiVersion": f"{GROUP}/{VERSION}", "metadata": meta}
    raise NoKustomization(
        f"failed find kustomization with name '{ref.name}' and namespace '{ref.namespace}' in file '{file}'"
    )


def not_found(ref: ObjectRef) -> NoKustomization:
    """What is said of one that the cluster does not have."""
    return NoKustomization(
        f'failed to get kustomization object: kustomizations.{GROUP} "{ref.name}" not found '
        f"in namespace {ref.namespace}"
    )


def with_status_of(obj: Json, live: Json | None) -> Json:
    """What a file says, with what the cluster knows of it: its inventory, who it is, approvals."""
    if live is None:
        return obj
    known = {
        key: value for key, value in metadata(live).items() if key in {"uid", "resourceVersion", "generation"}
    }
    annotations = {**(metadata(live).get("annotations") or {}), **(metadata(obj).get("annotations") or {})}
    meta = {**metadata(obj), **known, "annotations": annotations}
    return {**obj, "metadata": meta, "status": live.get("status") or {}}


def at_path(model: Kustomization, path: str) -> Kustomization:
    """The Kustomization with the folder that is really built."""
    return msgspec.structs.replace(model, spec=msgspec.structs.replace(model.spec, path=path))


def without_cluster(model: Kustomization) -> Kustomization:
    """The Kustomization with no variables but its own, as nobody can be asked for the others."""
    build = model.spec.post_build
    if build is None:
        return model
    alone = msgspec.structs.replace(build, substitute_from=())
    return msgspec.structs.replace(model, spec=msgspec.structs.replace(model.spec, post_build=alone))
