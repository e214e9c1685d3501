"""The sample fleet's Flux objects, and the push that GitHub would announce. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from penstock.api.objects import Json

NAME = "sample"
BRANCH = "main"
BROUGHT_BY = "penstock.dev/brought-by"
"""Annotation on everything that `up` brings to a cluster; `down` takes away only what carries it."""
BROUGHT_VALUE = "up"
_MARK = {BROUGHT_BY: BROUGHT_VALUE}


def flux_objects(namespace: str, url: str) -> tuple[Json, ...]:
    """Namespace, GitRepository and Kustomization of the sample fleet at `url`, in creation order."""
    meta = {"name": NAME, "namespace": namespace, "annotations": _MARK}
    return (
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "annotations": _MARK}},
        {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "GitRepository",
            "metadata": meta,
            "spec": {"interval": "1m", "url": url, "ref": {"branch": BRANCH}},
        },
        {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": meta,
            "spec": {
                "interval": "10m",
                "retryInterval": "1m",
                "path": "./apps/hello",
                "prune": True,
                "sourceRef": {"kind": "GitRepository", "name": NAME},
            },
        },
    )


def marked(obj: Json) -> Json:
    """A copy of the object that says who brought it."""
    meta = obj["metadata"]
    return {**obj, "metadata": {**meta, "annotations": {**(meta.get("annotations") or {}), **_MARK}}}


def push_payload(url: str, ref: str, before: str, after: str) -> Json:
    """The part of GitHub's push event that a receiver reads."""
    name = url.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")
    return {
        "ref": ref,
        "before": before,
        "after": after,
        "deleted": set(after) == {"0"},
        "repository": {"name": name, "full_name": f"local/{name}", "clone_url": url, "html_url": url},
        "commits": [],
    }
