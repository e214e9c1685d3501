"""What a Kustomization applied, and what the Kustomizations among that applied, as a tree. Pure.

Source: flux2 v2.9 cmd/flux/tree_kustomization.go, internal/tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal
from penstock.client import parts
from penstock.client.kinds import KUSTOMIZATION
from penstock.kustomize.inventory import parse_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef

_FLUX = "toolkit.fluxcd.io"
_MIDDLE, _LAST = "├── ", "└── "
_GOES_ON, _ENDS = "│   ", "    "


@dataclass(frozen=True)
class Node:
    """An object and what it brought."""

    ref: ObjectRef
    children: tuple[Node, ...] = ()


def grow(root: ObjectRef, find: Callable[[ObjectRef], Json | None], *, compact: bool = False) -> Node:
    """The tree below a Kustomization; `find` gives the Kustomizations in it. `compact`: Flux's objects only.

    Terminal if one of them is missing, or an inventory cannot be read. What a Kustomization applied to
    another cluster is not looked for in this one, and one that stands above itself is not followed again.
    """
    return _grow(root, find, compact=compact, above=frozenset())


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


def _grow(
    ref: ObjectRef,
    find: Callable[[ObjectRef], Json | None],
    *,
    compact: bool,
    above: frozenset[ObjectRef],
) -> Node:
    obj = find(ref)
    if obj is None:
        by = " (an inventory lists it)" if above else ""
        raise Terminal(f"{ref} not found{by}", reason="NotFound")
    line = above | {ref}
    elsewhere = part_of_another_cluster(obj)
    children = []
    for child in _entries(obj):
        if child == ref or (compact and _FLUX not in child.group):
            continue
        follow = _is_kustomization(child) and not elsewhere and child not in line
        children.append(_grow(child, find, compact=compact, above=line) if follow else Node(child))
    return Node(ref, tuple(children))


def part_of_another_cluster(obj: Json) -> bool:
    """Whether a Kustomization applies to another cluster than the one it is in."""
    return parts.part(obj, "spec", "kubeConfig") is not None


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
