"""A world with a good revision, and a bad one after it, for the tests of rollbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.refs import ObjectRef
from penstock.api.rollback import ROLLBACK_ANNOTATION, Rollback, written

from tests.kustomize.builders import changed, config_map
from tests.kustomize.world import APPS, REPOSITORY

if TYPE_CHECKING:
    from penstock.api.objects import Json

    from tests.kustomize.world import World

A, B, C = (config_map(name, data={"x": "1"}) for name in "abc")
GOOD: list[Json] = [A, B]
BAD: list[Json] = [changed(A, x="bad"), C]
NEWER: list[Json] = [changed(A, x="3"), B]


def artifact(world: World) -> Json:
    """What the source offers."""
    return dict(world.status(REPOSITORY)["artifact"])


def two_revisions(world: World, *names: str) -> tuple[Json, Json]:
    """A good one that was applied, and a bad one that was applied after it."""
    found = []
    for content in (GOOD, BAD):
        world.push({f"{name}/all.yaml": content for name in names or ("apps",)})
        found.append(artifact(world))
        world.run()
        world.clock.move(60)
    return found[0], found[1]


def _annotation(good: Json, bad: Json) -> dict[str, str]:
    rollback = Rollback(
        bad=bad["revision"], revision=good["revision"], artifact=good["path"], digest=good["digest"]
    )
    return {ROLLBACK_ANNOTATION: written(rollback)}


def roll_back(world: World, good: Json, bad: Json, ref: ObjectRef = APPS) -> None:
    """What `penstock rollback` writes."""
    world.patch(ref, {"metadata": {"annotations": _annotation(good, bad)}})


def data_of(world: World, name: str = "a") -> str:
    """What the ConfigMap has in the cluster."""
    return str(world.get(ObjectRef("", "v1", "ConfigMap", "default", name))["data"]["x"])
