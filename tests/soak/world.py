"""The cluster and the repository of a soak: what is done to them, and what is found in them."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from penstock.api.meta import REQUESTED_AT

from tests.e2e.fleet import OWNER, PLURALS, ready
from tests.soak.model import GROUP, KUSTOMIZATIONS, files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.fixtures_git import WorkingCopy
    from tests.soak.model import Tree
    from tests.support.kube import Json, Kube

EXTRA = "extra"
"""A Kustomization that comes and goes, with objects that are always in the repository."""
EXTRA_THINGS = {f"ConfigMap/extra-{n}": (EXTRA, "always") for n in range(5)}
_KINDS = {
    "ConfigMap": ("api/v1", "configmaps"),
    "Secret": ("api/v1", "secrets"),
    "Widget": (f"apis/{GROUP}/v1", "widgets"),
}
_NOT_OURS = {"ConfigMap/kube-root-ca.crt"}


class SoakWorld:
    """A namespace with a GitRepository `fleet` and its Kustomizations."""

    def __init__(self, kube: Kube, namespace: str, copy: WorkingCopy) -> None:
        self.kube = kube
        self.namespace = namespace
        self.copy = copy

    def begin(self, tree: Tree) -> None:
        """The first commit, and the objects that follow the repository."""
        self.commit(tree)
        source = {"url": self.copy.url, "interval": "2s", "timeout": "20s", "ref": {"branch": "main"}}
        self._create("GitRepository", "fleet", source)
        for name in KUSTOMIZATIONS:
            self._create("Kustomization", name, self._spec(name))

    def commit(self, tree: Tree) -> bytes:
        """Pushes the tree; what GitHub would tell of it."""
        wanted = {**files(tree), **{f"{EXTRA}/{n}.yaml": _extra(n) for n in range(5)}}
        found = {name for name in self.copy.git("ls-files").split("\n") if name}
        gone: dict[str, str | bytes | None] = dict.fromkeys(found - wanted.keys())
        head = self.copy.publish({**wanted, **gone})
        return self._delivery(head)

    def step_back(self, commits: int) -> bytes:
        """A push by force to an earlier commit."""
        self.copy.git("reset", "--quiet", "--hard", f"HEAD~{commits}")
        self.copy.push(force=True)
        return self._delivery(self.head())

    def head(self) -> str:
        """The commit that counts."""
        return self.copy.git("rev-parse", "HEAD")

    def toggle_extra(self) -> bool | None:
        """Makes the extra Kustomization, or deletes it; whether it is there now, None while it goes."""
        found = self._get("Kustomization", EXTRA)
        if found is None:
            self._create("Kustomization", EXTRA, self._spec(EXTRA))
            return True
        if found["metadata"].get("deletionTimestamp"):
            return None
        self.kube.delete(self._path("Kustomization", EXTRA))
        return False

    def request(self, name: str, token: str) -> None:
        """What `flux reconcile` does."""
        self._patch("Kustomization", name, {"metadata": {"annotations": {REQUESTED_AT: token}}})

    def suspend(self, name: str, *, wanted: bool) -> None:
        """What `flux suspend` and `flux resume` do."""
        self._patch("Kustomization", name, {"spec": {"suspend": wanted}})

    def applied(self, *, extra: bool) -> bool:
        """Whether everything says that it stands at the commit that counts."""
        wanted = f"Applied revision: main@sha1:{self.head()}"
        names = [*KUSTOMIZATIONS, *([EXTRA] if extra else [])]
        found = [ready(self._get("Kustomization", name) or {}) for name in names]
        gone = extra or self._get("Kustomization", EXTRA) is None
        return gone and all(one == ("True", "ReconciliationSucceeded", wanted) for one in found)

    def states(self) -> str:
        """What the Kustomizations say, for whoever looks for a fault."""
        return "\n".join(
            f"{name}: {ready(self._get('Kustomization', name) or {})}" for name in (*KUSTOMIZATIONS, EXTRA)
        )

    def found(self) -> dict[str, tuple[str, str]]:
        """`Kind/name` -> owner and value of everything in the namespace."""
        things = {
            f"{kind}/{obj['metadata']['name']}": (_owner(obj), _value(kind, obj))
            for kind, (prefix, plural) in _KINDS.items()
            for obj in self._list(prefix, plural)
        }
        return {key: value for key, value in things.items() if key not in _NOT_OURS}

    def listed(self) -> dict[str, str]:
        """`Kind/name` -> the Kustomization in whose inventory it is; the CRD is left out."""
        found: dict[str, str] = {}
        for name in (*KUSTOMIZATIONS, EXTRA):
            status = (self._get("Kustomization", name) or {}).get("status") or {}
            for entry in (status.get("inventory") or {}).get("entries") or ():
                namespace, thing, _, kind = entry["id"].split("_")
                if namespace:
                    found[f"{kind}/{thing}"] = name
        return found

    def _spec(self, name: str) -> Json:
        return {
            "interval": "30s",
            "retryInterval": "2s",
            "timeout": "30s",
            "path": f"./{name}",
            "prune": True,
            "targetNamespace": self.namespace,
            "sourceRef": {"kind": "GitRepository", "name": "fleet"},
        }

    def _delivery(self, head: str) -> bytes:
        url = self.copy.url
        repository = {"id": 1, "full_name": "soak/fleet", "clone_url": url, "html_url": url[:-4]}
        push = {"ref": "refs/heads/main", "before": "1" * 40, "after": head, "repository": repository}
        return json.dumps(push).encode()

    def _path(self, kind: str, name: str = "") -> str:
        prefix, plural = PLURALS[kind]
        return f"/{prefix}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def _get(self, kind: str, name: str) -> Json | None:
        return self.kube.get(self._path(kind, name))

    def _list(self, prefix: str, plural: str) -> list[Json]:
        found = self.kube.get(f"/{prefix}/namespaces/{self.namespace}/{plural}")
        return list((found or {}).get("items", []))

    def _create(self, kind: str, name: str, spec: Mapping[str, Any]) -> None:
        version = PLURALS[kind][0].partition("/")[2]
        metadata = {"namespace": self.namespace, "name": name}
        obj = {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": dict(spec)}
        self.kube.post(self._path(kind), obj)

    def _patch(self, kind: str, name: str, patch: Json) -> None:
        self.kube.merge(self._path(kind, name), patch)


def size(folder: Path) -> tuple[int, int]:
    """Files and bytes below a folder."""
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return len(sizes), sum(sizes)


def _extra(number: int) -> str:
    metadata = {"name": f"extra-{number}"}
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"value": "always"}}
    return json.dumps(obj)


def _owner(obj: Json) -> str:
    return str((obj["metadata"].get("labels") or {}).get(f"{OWNER}/name", ""))


def _value(kind: str, obj: Json) -> str:
    if kind == "Secret":
        return b64decode(obj["data"]["value"]).decode()
    found = obj["spec"] if kind == "Widget" else obj.get("data") or {}
    return str(found.get("value", ""))
