"""Generated fleets of ConfigMaps: their files, their Flux objects, and what a push to them changes. Pure.

A manifest has 20 lines and an edition, which is all that a change changes; every Kustomization has a folder
with a kustomization.yaml of its own. The same fleet has the same files and the same changes for whoever works
on it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bench.samples import Fleet

Json = dict[str, Any]
Editions = Mapping[str, int]
"""Path of a manifest -> how often it was changed; those that never were are left out."""

SOURCE = "fleet"
"""The name of the GitRepository."""
INTERVAL = "60m"
_LINES = 20
_HEAD_LINES = 5
_SOURCES = "source.toolkit.fluxcd.io/v1"
_KUSTOMIZATIONS = "kustomize.toolkit.fluxcd.io/v1"


@dataclass(frozen=True)
class Shape:
    """So many Kustomizations of so many objects each, `chained` by dependsOn, and files that nobody uses."""

    name: Fleet
    kustomizations: int
    objects: int
    chained: bool = False
    unused_files: int = 0

    def rehearsed(self) -> Shape:
        """The same in small, for whoever wants to see that everything works: a twentieth, but two of each."""
        return replace(
            self,
            kustomizations=max(self.kustomizations // 20, min(self.kustomizations, 2)),
            objects=max(self.objects // 20, 2),
            unused_files=self.unused_files // 20,
        )

    @property
    def size(self) -> int:
        """How many objects the Kustomizations apply."""
        return self.kustomizations * self.objects


SHAPES = {
    shape.name: shape
    for shape in (
        Shape(Fleet.F100X10, 100, 10),
        Shape(Fleet.F1X1000, 1, 1000),
        Shape(Fleet.CHAIN10, 10, 10, chained=True),
        Shape(Fleet.MONOREPO10K, 10, 10, unused_files=9_890),
        Shape(Fleet.F1000X2, 1000, 2),
    )
}
"""The fleets, in the order in which they are measured."""


@dataclass(frozen=True)
class Thing:
    """A ConfigMap of a fleet: its name, its file, and the Kustomization that applies it."""

    name: str
    path: str
    kustomization: str


@dataclass(frozen=True)
class Change:
    """What a push brings: the files that it writes, and the objects that change by it."""

    files: Mapping[str, str]
    things: tuple[Thing, ...]
    editions: Editions = field(default_factory=dict)


def things(shape: Shape) -> tuple[Thing, ...]:
    """All objects, Kustomization by Kustomization."""
    return tuple(
        Thing(f"{owner}-{number:04}", f"apps/{owner}/config-{number:04}.yaml", owner)
        for owner in kustomizations(shape)
        for number in range(shape.objects)
    )


def kustomizations(shape: Shape) -> tuple[str, ...]:
    """The names of the Kustomizations; in a chain each but the first depends on the one before it."""
    return tuple(f"app-{number:04}" for number in range(shape.kustomizations))


def first_files(shape: Shape) -> Change:
    """Every file of the fleet, in its first edition."""
    found = things(shape)
    lists = {f"apps/{owner}/kustomization.yaml": _listing(shape) for owner in kustomizations(shape)}
    unused = {
        f"other/{number // 100:03}/config-{number % 100:02}.yaml": manifest(f"unused-{number:04}", 0)
        for number in range(shape.unused_files)
    }
    return Change({**{one.path: manifest(one.name, 0) for one in found}, **lists, **unused}, found)


def one_file(shape: Shape, editions: Editions, seed: int) -> Change:
    """The next edition of one file, which the seed chooses; in a chain one of the last Kustomization."""
    choice = things(shape)[-shape.objects :] if shape.chained else things(shape)
    return _edited((random.Random(seed).choice(choice),), editions)  # noqa: S311 - no secret


def all_files(shape: Shape, editions: Editions) -> Change:
    """The next edition of all files."""
    return _edited(things(shape), editions)


def _edited(changed: tuple[Thing, ...], editions: Editions) -> Change:
    after = {**editions, **{one.path: editions.get(one.path, 0) + 1 for one in changed}}
    return Change({one.path: manifest(one.name, after[one.path]) for one in changed}, changed, after)


def manifest(name: str, edition: int) -> str:
    """A ConfigMap in YAML."""
    lines = [
        "apiVersion: v1",
        "kind: ConfigMap",
        "metadata:",
        f"  name: {name}",
        "data:",
        f'  edition: "{edition}"',
        *(
            f"  setting-{line:02}: value of {name} in line {line}"
            for line in range(_HEAD_LINES + 2, _LINES + 1)
        ),
    ]
    return "\n".join(lines) + "\n"


def source(namespace: str, url: str, interval: str = INTERVAL) -> Json:
    """The GitRepository, which follows branch main."""
    spec = {"url": url, "interval": interval, "ref": {"branch": "main"}}
    return _object(_SOURCES, "GitRepository", namespace, SOURCE, spec)


def consumers(shape: Shape, namespace: str, interval: str = INTERVAL) -> tuple[Json, ...]:
    """The Kustomizations, which apply into their own namespace and wait for their dependencies only."""
    names = kustomizations(shape)
    specs = [
        {
            "interval": interval,
            "path": f"./apps/{name}",
            "prune": True,
            "wait": False,
            "targetNamespace": namespace,
            "sourceRef": {"kind": "GitRepository", "name": SOURCE},
        }
        for name in names
    ]
    if shape.chained:
        for before, spec in zip(names, specs[1:], strict=False):
            spec["dependsOn"] = [{"name": before}]
    return tuple(
        _object(_KUSTOMIZATIONS, "Kustomization", namespace, name, spec)
        for name, spec in zip(names, specs, strict=True)
    )


def _listing(shape: Shape) -> str:
    resources = "".join(f"  - config-{number:04}.yaml\n" for number in range(shape.objects))
    return f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{resources}"


def _object(version: str, kind: str, namespace: str, name: str, spec: Json) -> Json:
    metadata = {"namespace": namespace, "name": name}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
