"""Flux's own controllers among the objects of a fleet: held at 0 replicas, so that no rival is started. Pure.

Source: architecture decision 13, contract section 3 and C9. A repository that Flux was bootstrapped from has
their Deployments in gotk-components.yaml, and would start them anew. A Deployment with 0 replicas is what
`flux check` and `flux version` need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.objects import annotations_of, group_version, labels_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.objects import Json

CONTROLLERS = frozenset(
    {
        "helm-controller",
        "image-automation-controller",
        "image-reflector-controller",
        "kustomize-controller",
        "notification-controller",
        "source-controller",
        "source-watcher",
    }
)
STUB = "penstock.dev/stub"
"""Annotation of the Deployments that penstock itself brings in the place of Flux's, with 0 replicas."""
_COMPONENT = "app.kubernetes.io/component"
_PART_OF = "app.kubernetes.io/part-of"


def is_controller(obj: Json) -> bool:
    """Whether it is the Deployment of one of Flux's controllers; shards have names of their own."""
    labels = labels_of(obj)
    if (group_version(str(obj.get("apiVersion")))[0], obj.get("kind")) != ("apps", "Deployment"):
        return False
    if labels.get(_PART_OF) != "flux":
        return False
    return bool(
        CONTROLLERS & {labels.get(_COMPONENT), (obj.get("metadata") or {}).get("name"), *_images(obj)}
    )


def is_stub(obj: Json) -> bool:
    """Whether penstock brought it in the place of a controller: nobody's replicas are taken away."""
    return STUB in annotations_of(obj)


def held(obj: Json) -> Json:
    """The object, with 0 replicas if it is one of Flux's controllers."""
    spec = obj.get("spec")
    if not isinstance(spec, dict) or not is_controller(obj):
        return obj
    return {**obj, "spec": {**spec, "replicas": 0}}


def _images(obj: Json) -> Iterable[str]:
    """The names of the images of its containers, without registry and tag."""
    spec = obj
    for key in ("spec", "template", "spec"):
        found = spec.get(key)
        spec = found if isinstance(found, dict) else {}
    containers = spec.get("containers")
    for one in containers if isinstance(containers, list) else ():
        image = one.get("image") if isinstance(one, dict) else None
        if isinstance(image, str):
            yield image.rpartition("/")[2].partition("@")[0].partition(":")[0]
