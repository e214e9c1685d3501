"""Where a fleet's own files lie: `<--path>/<namespace>/`, as `flux bootstrap` lays them out. Pure.

Source: contract section 2, row bootstrap. Flux cuts a path with `..` down to what is inside the repository;
here it is refused, because it is never what was meant.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from penstock.base.errors import Terminal

COMPONENTS = "gotk-components.yaml"
SYNC = "gotk-sync.yaml"
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names that kustomize knows; the first is the one that is made."""
_LONGEST = 1024
"""Ours, in characters."""
_UNFIT = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")


class PathRefused(Terminal):
    """The --path cannot be one in a repository."""

    reason = "InvalidPath"


@dataclass(frozen=True)
class Layout:
    """The folder of one cluster: `path` within the repository (empty: its root), and the namespace."""

    path: str
    namespace: str

    @property
    def spec_path(self) -> str:
        """The path as spec.path says it."""
        return f"./{self.path}"

    @property
    def folder(self) -> str:
        """The folder of Flux's own files."""
        return posixpath.join(self.path, self.namespace)

    def file(self, name: str) -> str:
        """The path of a file in that folder."""
        return posixpath.join(self.folder, name)


def layout(path: str, namespace: str) -> Layout:
    """The layout for a --path; PathRefused saying what is wrong with it."""
    text = path.strip()
    if len(text) > _LONGEST:
        raise PathRefused(f"--path is longer than {_LONGEST} characters")
    if _UNFIT.search(text):
        raise PathRefused("--path has a control character or a backslash: write it with /, as clusters/prod")
    if text.startswith("/"):
        raise PathRefused(
            f"--path {text} begins with /: it is a path within the repository, as clusters/prod"
        )
    parts = [part for part in text.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise PathRefused(
            f"--path {text} has .. in it: write the path within the repository, as clusters/prod"
        )
    if any(part.lower() == ".git" for part in parts):
        raise PathRefused(f"--path {text} has .git in it, which is Git's own")
    return Layout("/".join(parts), namespace)


def same_path(one: str, other: str) -> bool:
    """Whether two values of spec.path name the same folder."""
    return _folded(one) == _folded(other)


def _folded(path: str) -> str:
    return posixpath.normpath(f"/{path}").lstrip("/")
