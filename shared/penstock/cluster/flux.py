"""Whether Flux's own controllers run: two reconcilers must never fight over one cluster.

Source: contract C9; Flux labels its Deployments `app.kubernetes.io/part-of: flux`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.objects import Json
    from penstock.cluster.port import Cluster

PART_OF_FLUX = "app.kubernetes.io/part-of=flux"


def running_controllers(cluster: Cluster) -> tuple[str, ...]:
    """`namespace/name` of Flux's controller Deployments with ready replicas, in any namespace; sorted."""
    return judge_controllers(cluster.list("apps", "v1", "Deployment", label_selector=PART_OF_FLUX))


def judge_controllers(deployments: Iterable[Json]) -> tuple[str, ...]:
    """Those of the labelled Deployments that have ready replicas; shards have names of their own."""
    ready = (obj for obj in deployments if (obj.get("status") or {}).get("readyReplicas"))
    refs = (ObjectRef.from_object(obj) for obj in ready)
    return tuple(sorted(f"{ref.namespace}/{ref.name}" for ref in refs))
