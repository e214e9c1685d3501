"""The world as one API server has it: applied objects, Flux objects and their artifacts, as facts."""

from __future__ import annotations

import io
import tarfile
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

from bench.differential.normalise import artifact_facts, flux_facts, object_facts
from bench.differential.story import APPS, SOURCE, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.differential.normalise import Facts, World
    from bench.differential.story import Json
    from tests.support.kube import Kube

_RBAC = "apis/rbac.authorization.k8s.io/v1"
KINDS = (
    Kind("api/v1", "configmaps", "ConfigMap"),
    Kind("api/v1", "secrets", "Secret"),
    Kind("api/v1", "services", "Service"),
    Kind("api/v1", "serviceaccounts", "ServiceAccount"),
    Kind("apis/apps/v1", "deployments", "Deployment"),
    Kind("apis/autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
    Kind("apis/coordination.k8s.io/v1", "leases", "Lease"),
    Kind(_RBAC, "roles", "Role"),
    Kind(_RBAC, "rolebindings", "RoleBinding"),
    Kind(_RBAC, "clusterroles", "ClusterRole", namespaced=False),
    Kind(_RBAC, "clusterrolebindings", "ClusterRoleBinding", namespaced=False),
    Kind("api/v1", "namespaces", "Namespace", namespaced=False),
    Kind(
        "apis/apiextensions.k8s.io/v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        namespaced=False,
    ),
)
FLUX = {
    SOURCE: Kind("apis/source.toolkit.fluxcd.io/v1", "gitrepositories", "GitRepository"),
    APPS: Kind("apis/kustomize.toolkit.fluxcd.io/v1", "kustomizations", "Kustomization"),
}
_OWNER = "kustomize.toolkit.fluxcd.io"
_TRIES = 50


def collection(kind: Kind, namespace: str = "") -> str:
    """The path of a kind's objects."""
    where = f"/namespaces/{namespace}" if kind.namespaced and namespace else ""
    return f"/{kind.prefix}{where}/{kind.plural}"


def flux_object(kube: Kube, namespace: str, name: str) -> Json | None:
    """The GitRepository or the Kustomization of a fleet."""
    return kube.get(f"{collection(FLUX[name], namespace)}/{name}")


def read_world(kube: Kube, namespaces: Sequence[str], kinds: Sequence[Kind]) -> World:
    """All facts of a fleet, of one moment: read again if a Flux object changed meanwhile."""
    namespace = namespaces[0]
    flux = _flux_objects(kube, namespace)
    for _ in range(_TRIES):
        world = dict(_applied(kube, namespaces, kinds))
        before, flux = flux, _flux_objects(kube, namespace)
        if before == flux:
            break
    else:
        raise AssertionError(f"the Flux objects of {namespace} never come to rest")
    for name, found in flux.items():
        if found is not None:
            world[f"{FLUX[name].name}/{name}"] = flux_facts(found)
    artifact = ((flux[SOURCE] or {}).get("status") or {}).get("artifact")
    if artifact is not None:
        world["artifact"] = archive_facts(artifact["url"])
    return world


def _flux_objects(kube: Kube, namespace: str) -> dict[str, Json | None]:
    return {name: flux_object(kube, namespace, name) for name in FLUX}


def _applied(kube: Kube, namespaces: Sequence[str], kinds: Sequence[Kind]) -> Iterator[tuple[str, Facts]]:
    labels = f"{_OWNER}/namespace={namespaces[0]},{_OWNER}/name={APPS}"
    for kind in kinds:
        paths = [collection(kind, namespace) for namespace in namespaces]
        if not kind.namespaced:
            paths = [f"{collection(kind)}?labelSelector={quote(labels)}"]
        for path in paths:
            for obj in (kube.get(path) or {"items": []})["items"]:
                where = obj["metadata"].get("namespace")
                named = f"{where}/" if where and where != namespaces[0] else ""
                yield f"{kind.name}/{named}{obj['metadata']['name']}", object_facts(obj)


def archive_facts(url: str) -> Facts:
    """The entries of the archive at this address; that it cannot be had is a fact, too."""
    try:
        with urlopen(url, timeout=30) as answer:  # noqa: S310 - the address is that of a peer of ours
            data = answer.read()
    except URLError:
        return {"archive": "cannot be had"}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return artifact_facts([_member(archive, member) for member in archive])


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[str, str, str]:
    file = archive.extractfile(member) if member.isfile() else None
    content = f"sha256:{sha256(file.read()).hexdigest()}" if file is not None else ""
    kind = "file" if member.isfile() else "folder" if member.isdir() else "other"
    return member.name, f"{kind} {member.mode:04o}", content
