"""What `penstock uninstall` takes away, and in which order. Pure.

Source: flux2 pkg/uninstall: what carries Flux's label in the namespace, the roles that do, the finalizers of
all Flux objects, the CRDs, the namespace. Here the functions may run on meanwhile, elsewhere: so a Flux
object is suspended in the write that empties its finalizers. Who finds it suspended neither sets the
finalizer again, nor deletes with it what it had applied (contract C7b).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.crds import DEFINITIONS
from penstock.api.objects import labels_of, metadata
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal
from penstock.install.components import COMPONENT, OURS, PART_OF
from penstock.kustomize.controllers import is_stub

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from penstock.api.objects import Json

_RBAC = "rbac.authorization.k8s.io"
NAMESPACED = (
    ObjectRef("apps", "v1", "Deployment", "", ""),
    ObjectRef("", "v1", "Service", "", ""),
    ObjectRef("networking.k8s.io", "v1", "NetworkPolicy", "", ""),
    ObjectRef("", "v1", "ServiceAccount", "", ""),
)
CLUSTER_WIDE = (
    ObjectRef(_RBAC, "v1", "ClusterRole", "", ""),
    ObjectRef(_RBAC, "v1", "ClusterRoleBinding", "", ""),
)
SELECTOR = f"{PART_OF}=flux"
_GROUP = "fluxcd.io"
_SUSPENDED = frozenset(definition.kind for definition in DEFINITIONS)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the person asked for. `hand_back`: only what is penstock's own goes, the rest is left to Flux."""

    namespace: str = "flux-system"
    keep_namespace: bool = False
    hand_back: bool = False
    dry_run: bool = False


def check(wanted: Wanted, running: Sequence[str]) -> None:
    """Terminal if Flux's own controllers run, and what they need would go."""
    if running and not wanted.hand_back:
        raise Terminal(
            f"Flux's own controllers run ({', '.join(running)}), so the CRDs are theirs: `flux uninstall` "
            "takes Flux away, `penstock uninstall --hand-back` only what is penstock's"
        )


def goes(obj: Json, wanted: Wanted, running: Sequence[str]) -> bool:
    """Whether a labelled component is to be deleted."""
    if not wanted.hand_back:
        return True
    ref = ObjectRef.from_object(obj)
    if ref.kind == "Deployment":
        return is_stub(obj) and f"{ref.namespace}/{ref.name}" not in running
    return labels_of(obj).get(COMPONENT) == OURS


def kinds_of(crds: Iterable[Json]) -> Iterator[ObjectRef]:
    """The kinds of Flux that these CRDs define, in the version that is stored."""
    for crd in crds:
        spec = crd.get("spec") or {}
        group = str(spec.get("group") or "")
        kind = str((spec.get("names") or {}).get("kind") or "")
        stored = (version for version in spec.get("versions") or () if version.get("storage"))
        version = next((str(one["name"]) for one in stored), "")
        if group.endswith(_GROUP) and kind and version:
            yield ObjectRef(group, version, kind, "", "")


def letting_go(obj: Json) -> Json | None:
    """The merge patch after which nothing keeps the object, and nothing goes with it; None if it is so."""
    ref = ObjectRef.from_object(obj)
    patch: Json = {"metadata": {"finalizers": []}} if metadata(obj).get("finalizers") else {}
    if ref.kind in _SUSPENDED and (obj.get("spec") or {}).get("suspend") is not True:
        patch["spec"] = {"suspend": True}
    return patch or None


def repositories(objects: Iterable[Json]) -> tuple[str, ...]:
    """The addresses of GitRepositories, each once: their webhooks are left."""
    found = (obj for obj in objects if obj.get("kind") == "GitRepository")
    return tuple(sorted({str((obj.get("spec") or {}).get("url") or "") for obj in found} - {""}))
