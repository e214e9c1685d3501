"""How an object came into the cluster: which Kustomization applied it, from which source. Pure.

Source: flux2 v2.9 cmd/flux/trace.go.
"""

from __future__ import annotations

from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING

from penstock.api.objects import group_version, labels_of
from penstock.api.refs import ObjectRef
from penstock.base.clock import parse_rfc3339
from penstock.client import parts
from penstock.client.kinds import KINDS, KUSTOMIZATION
from penstock.kustomize.owner import owner_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.api.objects import Json

_HELM = "helm.toolkit.fluxcd.io/name"
_KEY = 17
NOT_MANAGED = "object not managed by Flux"


def kustomization_of(obj: Json) -> ObjectRef | None:
    """The Kustomization whose labels the object has; None if it has none."""
    owner = owner_of(obj)
    return owner if owner.name else None


def of_helm(obj: Json) -> bool:
    """Whether a HelmRelease made it, which penstock cannot follow yet."""
    return bool(labels_of(obj).get(_HELM))


def owners(obj: Json) -> Iterator[ObjectRef]:
    """The objects that own it, in its own namespace."""
    found = parts.part(obj, "metadata", "ownerReferences")
    for one in found if isinstance(found, list) else ():
        group, version = group_version(parts.text(one, "apiVersion"))
        namespace = parts.text(obj, "metadata", "namespace")
        yield ObjectRef(group, version, parts.text(one, "kind"), namespace, parts.text(one, "name"))


def source_of(kustomization: Json) -> ObjectRef | None:
    """Its source; None if that is of no kind that flux knows."""
    kind, namespace, name = parts.source(kustomization)
    known = next((one for one in KINDS if one.kind == kind), None)
    return known.ref(namespace, name) if known else None


def report(obj: Json, kustomization: Json, source: Json | None, zone: tzinfo | None = None) -> Iterator[str]:
    """The lines that tell it, times in that zone (None: of this machine)."""
    yield ""
    yield _line("Object", f"{parts.text(obj, 'kind')}/{parts.text(obj, 'metadata', 'name')}")
    if namespace := parts.text(obj, "metadata", "namespace"):
        yield _line("Namespace", namespace)
    yield _line("Status", "Managed by Flux")
    yield "---"
    yield from _kustomization(kustomization, zone)
    if source is not None:
        yield "---"
        yield from _source(source, zone)


def _kustomization(obj: Json, zone: tzinfo | None) -> Iterator[str]:
    yield _line(KUSTOMIZATION.kind, parts.text(obj, "metadata", "name"))
    yield _line("Namespace", parts.text(obj, "metadata", "namespace"))
    if target := parts.text(obj, "spec", "targetNamespace"):
        yield _line("Target", target)
    yield _line("Path", parts.text(obj, "spec", "path"))
    yield _line("Revision", parts.revision(obj))
    yield from _status(obj, zone, tells_failure=False)


def _source(obj: Json, zone: tzinfo | None) -> Iterator[str]:
    yield _line(parts.text(obj, "kind"), parts.text(obj, "metadata", "name"))
    yield _line("Namespace", parts.text(obj, "metadata", "namespace"))
    yield _line("URL", parts.text(obj, "spec", "url"))
    ref = parts.mapping(obj, "spec", "ref")
    for key, name in (("tag", "Tag"), ("semver", "Tag"), ("branch", "Branch")):
        if found := parts.text(ref, key):
            yield _line(name, found)
            break
    if found := parts.text(obj, "status", "artifact", "revision"):
        yield _line("Revision", found)
    yield from _status(obj, zone, tells_failure=True)


def _status(obj: Json, zone: tzinfo | None, *, tells_failure: bool) -> Iterator[str]:
    ready = parts.ready(obj)
    if ready is None:
        yield _line("Status", "Unknown")
        return
    failed = tells_failure and ready.get("status") == "False"
    what = "Last reconciliation failed" if failed else "Last reconciled"
    yield _line("Status", f"{what} at {moment(parts.text(ready, 'lastTransitionTime'), zone)}")
    yield _line("Message", parts.text(ready, "message"))


def moment(timestamp: str, zone: tzinfo | None) -> str:
    """A timestamp as Go prints it: `2026-01-02 03:04:05 +0000 UTC`; as it is if it is none."""
    try:
        at = parse_rfc3339(timestamp).astimezone(zone)
    except ValueError:
        return timestamp
    name = "UTC" if at.utcoffset() == timedelta() else at.strftime("%Z")
    return f"{at:%Y-%m-%d %H:%M:%S %z} {name}"


def _line(key: str, value: str) -> str:
    return f"{key + ':':<{_KEY}}{value}"
