"""What a Kustomization applied, and what the Kustomizations among that applied, as a tree. Pure.

Source: flux2 v2.9 cmd/flux/tree_kustomization.go, internal/tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.base.errors import LimitExceeded, Terminal
from penstock.client import parts
from penstock.client.kinds import KUSTOMIZATION
from penstock.kustomize.inventory import parse_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.limits import Limits

_FLUX = "toolkit.fluxcd.io"
_MIDDLE, _LAST = "├── ", "└── "
_GOES_ON, _ENDS = "│   ", "    "


@dataclass(frozen=True)
class Node:
    """An object and what it brought."""

    ref: ObjectRef
    children: tuple[Node, ...] = ()


def grow(
    root: ObjectRef, find: Callable[[ObjectRef], Json | None], limits: Limits, *, compact: bool = False
) -> Node:
    """The tree below a Kustomization; `find` gives the Kustomizations in it. `compact`: Flux's objects only.

    Terminal if one of them is missing, or an inventory cannot be read; LimitExceeded. What a Kustomization
    applied to another cluster is not looked for in this one, and one that stands above itself is not followed
    again.
    """
    return _Growing(find, limits, compact=compact).node(root, frozenset())


def lines(node: Node) -> Iterator[str]:
    """The tree as flux draws it."""
    yield str(node.ref)
    yield from _below(node, "")


def value(node: Node) -> Json:
    """The tree as flux's `-o json` has it."""
    ref = node.ref
    kind = {"Group": ref.group, "Kind": ref.kind}
    found: Json = {"resource": {"Namespace": ref.namespace, "Name": ref.name, "GroupKind": kind}}
    return {**found, "resources": [value(child) for child in node.children]} if node.children else found


class _Growing:
    """One tree while it grows: how many objects it has."""

    def __init__(self, find: Callable[[ObjectRef], Json | None], limits: Limits, *, compact: bool) -> None:
        self._find = find
        self._limits = limits
        self._compact = compact
        self._objects = 0

    def node(self, ref: ObjectRef, above: frozenset[ObjectRef]) -> Node:
        """A Kustomization with what it brought; `above` are those that brought it."""
        obj = self._find(ref)
        if obj is None:
            by = " (an inventory lists it)" if above else ""
            raise Terminal(f"{ref} not found{by}", reason="NotFound")
        if len(above) >= self._limits.tree_depth:
            why = f"{ref}: more than {self._limits.tree_depth} Kustomizations in each other"
            raise LimitExceeded(why, limit="tree_depth")
        line = above | {ref}
        # What was applied to another cluster is not in this one.
        here = parts.part(obj, "spec", "kubeConfig") is None
        children = [
            self.node(child, line) if here and _is_kustomization(child) and child not in line else Node(child)
            for child in self._counted(_entries(obj))
            if child != ref
        ]
        return Node(ref, tuple(children))

    def _counted(self, found: Iterator[ObjectRef]) -> Iterator[ObjectRef]:
        for ref in found:
            if self._compact and _FLUX not in ref.group:
                continue
            self._objects += 1
            if self._objects > self._limits.tree_objects:
                why = f"the tree has more than {self._limits.tree_objects} objects"
                raise LimitExceeded(why, limit="tree_objects")
            yield ref


def _entries(obj: Json) -> Iterator[ObjectRef]:
    found = parts.part(obj, "status", "inventory", "entries")
    for entry in found if isinstance(found, list) else ():
        ref = _parsed(parts.text(entry, "id"), parts.text(entry, "v"))
        yield KUSTOMIZATION.ref(ref.namespace, ref.name) if _is_kustomization(ref) else ref


def _parsed(text: str, version: str) -> ObjectRef:
    try:
        return parse_id(text, version)
    except ValueError as error:
        raise Terminal(str(error)) from None


def _is_kustomization(ref: ObjectRef) -> bool:
    return (ref.group, ref.kind) == (KUSTOMIZATION.group, KUSTOMIZATION.kind)


def _below(node: Node, before: str) -> Iterator[str]:
    for child in node.children:
        last = child is node.children[-1]
        yield f"{before}{_LAST if last else _MIDDLE}{child.ref}"
        yield from _below(child, before + (_ENDS if last else _GOES_ON))
