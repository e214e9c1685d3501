"""What the repository holds, commit after commit, and what the cluster must hold for it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

KUSTOMIZATIONS = ("alpha", "beta", "gamma")
GROUP = "soak.penstock.dev"
_MOST_OBJECTS = 30
_FEWEST_OBJECTS = 12
_BROKEN = "broken.yaml"
_KINDS = ("ConfigMap",) * 6 + ("Secret", "Widget")


@dataclass(frozen=True, order=True)
class Thing:
    """An object: its kind, its name, and the value that it carries."""

    kind: str
    name: str
    value: str

    @property
    def key(self) -> str:
        """`Kind/name`."""
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True)
class Tree:
    """What a commit holds: things by Kustomization; those in `broken` do not build."""

    things: Mapping[str, tuple[Thing, ...]] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()

    def expected(self) -> dict[str, tuple[str, str]]:
        """`Kind/name` -> owner and value, as the cluster must have them."""
        return {thing.key: (owner, thing.value) for owner, found in self.things.items() for thing in found}


def first(random: Random) -> Tree:
    """The first commit."""
    numbers = iter(range(1000))
    return Tree(
        {
            name: tuple(_thing(random, f"{name}-{next(numbers)}") for _ in range(_FEWEST_OBJECTS + 3))
            for name in KUSTOMIZATIONS
        }
    )


def changed(tree: Tree, random: Random, serial: int) -> Tree:
    """The tree after one more commit: some things added, changed, removed or moved; broken or mended."""
    steps = random.choices((_add, _change, _remove, _move, _break), (4, 6, 3, 2, 1), k=random.randint(1, 4))
    for number, step in enumerate(steps):
        tree = step(tree, random, f"{serial}-{number}")
    return tree


def mended(tree: Tree) -> Tree:
    """The tree with nothing broken in it."""
    return replace(tree, broken=frozenset())


def files(tree: Tree) -> dict[str, str]:
    """The tree as files by path."""
    found = {f"{owner}/{thing.name}.yaml": _manifest(thing) for owner, thing in _all(tree)}
    broken = {f"{owner}/{_BROKEN}": "a: [" for owner in tree.broken}
    return {"alpha/crd.yaml": _crd(), **found, **broken}


def _all(tree: Tree) -> list[tuple[str, Thing]]:
    return [(owner, thing) for owner, found in tree.things.items() for thing in found]


def _thing(random: Random, name: str) -> Thing:
    return Thing(random.choice(_KINDS), name, _value(random))


def _value(random: Random) -> str:
    return f"{random.getrandbits(48):012x}"


def _with(tree: Tree, owner: str, things: tuple[Thing, ...]) -> Tree:
    return replace(tree, things={**tree.things, owner: things})


def _add(tree: Tree, random: Random, serial: str) -> Tree:
    owner = random.choice(KUSTOMIZATIONS)
    if len(tree.things[owner]) >= _MOST_OBJECTS:
        return tree
    return _with(tree, owner, (*tree.things[owner], _thing(random, f"{owner}-{serial}")))


def _change(tree: Tree, random: Random, serial: str) -> Tree:
    del serial
    owner = random.choice(KUSTOMIZATIONS)
    chosen = random.choice(tree.things[owner])
    new = replace(chosen, value=_value(random))
    return _with(tree, owner, tuple(new if thing is chosen else thing for thing in tree.things[owner]))


def _remove(tree: Tree, random: Random, serial: str) -> Tree:
    del serial
    owner = random.choice(KUSTOMIZATIONS)
    if len(tree.things[owner]) <= _FEWEST_OBJECTS:
        return tree
    gone = random.choice(tree.things[owner])
    return _with(tree, owner, tuple(thing for thing in tree.things[owner] if thing is not gone))


def _move(tree: Tree, random: Random, serial: str) -> Tree:
    """From one Kustomization to another, whichever of the two comes first to know."""
    del serial
    source, target = random.sample(KUSTOMIZATIONS, 2)
    if len(tree.things[source]) <= _FEWEST_OBJECTS or len(tree.things[target]) >= _MOST_OBJECTS:
        return tree
    moved = random.choice(tree.things[source])
    tree = _with(tree, source, tuple(thing for thing in tree.things[source] if thing is not moved))
    return _with(tree, target, (*tree.things[target], moved))


def _break(tree: Tree, random: Random, serial: str) -> Tree:
    del serial
    owner = random.choice(KUSTOMIZATIONS)
    return replace(tree, broken=tree.broken ^ {owner})


def _manifest(thing: Thing) -> str:
    metadata = {"name": thing.name}
    if thing.kind == "Widget":
        obj = {"apiVersion": f"{GROUP}/v1", "kind": "Widget", "spec": {"value": thing.value}}
    elif thing.kind == "Secret":
        obj = {"apiVersion": "v1", "kind": "Secret", "stringData": {"value": thing.value}}
    else:
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"value": thing.value}}
    return json.dumps({**obj, "metadata": metadata})


def _crd() -> str:
    """The kind of the widgets; it comes with the first commit and stays."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"}
    return json.dumps(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"widgets.{GROUP}"},
            "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]},
        }
    )
