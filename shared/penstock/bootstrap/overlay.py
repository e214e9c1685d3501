"""kustomization.yaml beside Flux's files: made if it is missing, kept with its patches if it is there. Pure.

Source: flux2 pkg/manifestgen/kustomization, which lists what lies in the folder. A file that is there but
does not name gotk-components.yaml or gotk-sync.yaml gets them added, where Flux would not apply them.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

import yaml

from penstock.base.errors import Terminal
from penstock.bootstrap.layout import COMPONENTS, KUSTOMIZATIONS, SYNC
from penstock.bootstrap.sync import dumped
from penstock.migrate.edits import Edit, edited, newline
from penstock.migrate.nodes import Unreadable, at, content_end, documents, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEPTH = 64
"""Ours, of nested YAML."""
_ENDINGS = (".yaml", ".yml", ".json")
_GENERATED = frozenset({COMPONENTS, SYNC})
"""Known to be manifests; Flux's own takes seconds to read."""


class OverlayRefused(Terminal):
    """The kustomization.yaml in the repository cannot be used."""

    reason = "InvalidKustomization"


def overlay(files: Mapping[str, str]) -> tuple[str, str]:
    """Name and text of the kustomization file for a folder; `files` are its files by path within the folder.

    They have gotk-components.yaml and gotk-sync.yaml already. OverlayRefused if these cannot be added to the
    file that is there.
    """
    found = [name for name in KUSTOMIZATIONS if name in files]
    if len(found) > 1:
        raise OverlayRefused(
            f"there are both {found[0]} and {found[1]}: kustomize takes one of them, remove the other"
        )
    if not found:
        listed = tuple(_resources(files))
        return KUSTOMIZATIONS[0], dumped(
            {
                "apiVersion": "kustomize.config.k8s.io/v1beta1",
                "kind": "Kustomization",
                "resources": list(listed),
            }
        )
    return found[0], _completed(found[0], files[found[0]])


def _resources(files: Mapping[str, str]) -> Iterator[str]:
    """What lies in the folder, in its order: manifests, and folders that have a kustomization file."""
    bases = {folder for name in files if (folder := posixpath.dirname(name)) and _is_kustomization(name)}
    told: set[str] = set()
    for name in sorted(files, key=lambda path: path.split("/")):
        base = next((folder for folder in _folders(name) if folder in bases), "")
        if base:
            if base not in told:
                told.add(base)
                yield base
        elif name in _GENERATED or (name.endswith(_ENDINGS) and _is_manifest(files[name])):
            yield name


def _folders(name: str) -> Iterator[str]:
    """The folders that a file lies in, the outermost first."""
    parts = name.split("/")[:-1]
    for length in range(1, len(parts) + 1):
        yield "/".join(parts[:length])


def _is_kustomization(name: str) -> bool:
    return posixpath.basename(name) in KUSTOMIZATIONS


def _is_manifest(text: str) -> bool:
    """Whether every document in it is an object of Kubernetes, and there is one."""
    try:
        roots = [root for root in documents(text, _DEPTH) if not _is_empty(root)]
    except Unreadable:
        return False
    return bool(roots) and all(
        text_of(at(root, "apiVersion")) and text_of(at(root, "kind")) for root in roots
    )


def _is_empty(root: yaml.Node) -> bool:
    return isinstance(root, yaml.ScalarNode) and root.tag == "tag:yaml.org,2002:null"


def _completed(name: str, text: str) -> str:
    """The file with both resources in it; as it is, to the character, if it has them."""
    try:
        roots = documents(text, _DEPTH)
    except Unreadable as error:
        raise OverlayRefused(f"{name}: {error}") from None
    if not roots:
        return text + _list(newline(text), (COMPONENTS, SYNC))
    if len(roots) > 1 or not isinstance(roots[0], yaml.MappingNode):
        raise OverlayRefused(f"{name} is no kustomization file: it has to be one YAML object")
    node = at(roots[0], "resources")
    if node is None or _is_empty(node):
        return _with_list(name, text, roots[0])
    if not isinstance(node, yaml.SequenceNode):
        raise OverlayRefused(f"{name}: resources is no list")
    listed = {posixpath.normpath(text_of(item)) for item in node.value}
    missing = tuple(wanted for wanted in (COMPONENTS, SYNC) if wanted not in listed)
    return edited(text, [_addition(text, node, missing)]) if missing else text


def _with_list(name: str, text: str, root: yaml.MappingNode) -> str:
    """A file that has no resources yet."""
    if at(root, "resources") is not None or root.flow_style:
        raise OverlayRefused(f"{name}: add {COMPONENTS} and {SYNC} to its resources")
    line = newline(text)
    return text + ("" if text.endswith("\n") else line) + _list(line, (COMPONENTS, SYNC))


def _list(line: str, names: tuple[str, ...]) -> str:
    return f"resources:{line}" + "".join(f"- {name}{line}" for name in names)


def _addition(text: str, node: yaml.SequenceNode, names: tuple[str, ...]) -> Edit:
    """The names behind the last item of a list, in its form."""
    end = content_end(node)
    if node.flow_style:
        comma = ", " if node.value else ""
        return Edit(end - 1, end - 1, comma + ", ".join(names))
    first = int(node.value[0].start_mark.index)
    indent = " " * (text.rfind("-", 0, first) - text.rfind("\n", 0, first) - 1)
    line = newline(text)
    behind = text.find("\n", end)
    at_end = len(text) if behind < 0 else behind + 1
    before = line if behind < 0 else ""
    return Edit(at_end, at_end, before + "".join(f"{indent}- {name}{line}" for name in names))
