"""A stand-in for the upstream helper: the objects of a folder's YAML files, as they are."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import yaml
from penstock.base.errors import Terminal
from penstock.kustomize.built import BuildResult

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from penstock.api.objects import Json
    from penstock.kustomize.overlay import Overlay
    from penstock.kustomize.variables import Variables


class PathMissing(Terminal):
    """The tree has no such folder; worded and reasoned as the real one's."""

    reason = "ArtifactFailed"


class FakeBuilder:
    """Implements penstock.kustomize.steps.ports.Builder; `paths` are the folders that were built."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.made_of = "fake"

    def build(
        self,
        tree: Mapping[str, bytes],
        path: str,
        *,
        overlay: Overlay | None = None,
        tree_id: str = "",
        folders: Collection[str] = (),
        variables: Variables | None = None,
    ) -> BuildResult:
        """The documents of all YAML files in and below the folder; `target_namespace` is put on them.

        Variables are put in where they stand as `${name}`.
        """
        del tree_id
        self.paths.append(path)
        prefix = f"{path}/" if path else ""
        files = sorted(name for name in tree if name.startswith(prefix) and name.endswith(".yaml"))
        if not files and path and path not in folders:
            raise PathMissing(f"kustomization path not found: {path}")
        if variables is not None and variables.problem and files:
            raise Terminal(variables.problem, reason="BuildFailed")
        texts = [_put_in(tree[name], variables) for name in files]
        objects = [obj for text in texts for obj in yaml.safe_load_all(text) if obj is not None]
        for obj in objects:
            if overlay is not None and overlay.target_namespace and obj["kind"] != "Namespace":
                obj["metadata"]["namespace"] = overlay.target_namespace
        digest = f"sha256:{sha256(yaml.safe_dump_all(objects).encode()).hexdigest()}"
        listed = sorted({path, *(name for name in folders if name.startswith(prefix))})
        return BuildResult(
            objects=tuple(objects), digest=digest, files_read=tuple(files), listed=tuple(listed)
        )

    def select(self, targets: Sequence[Json], objects: Sequence[Json]) -> tuple[tuple[int, ...], ...]:
        """By kind and name only, and without regular expressions."""
        return tuple(
            tuple(
                index
                for index, target in enumerate(targets)
                if all(target.get(key) in {None, "", obj[key]} for key in ("kind", "name"))
            )
            for obj in objects
        )

    def identity(self) -> str:
        """See the port; a test may set it."""
        return self.made_of


def _put_in(text: bytes, variables: Variables | None) -> bytes:
    for name, value in variables.values.items() if variables is not None else ():
        text = text.replace(b"${%b}" % name.encode(), value)
    return text
