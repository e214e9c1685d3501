"""The phases as tasks: what is prepared, what begins it, when it is done, and which objects it stores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.meta import REQUESTED_AT

from bench import fleets
from bench.phases.sides import Side, spec_patch, token
from bench.samples import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.measure.watcher import Seen, World
    from bench.phases.ground import Ground

Reached = Callable[["World"], float | None]
"""When all was as asked, in seconds since 1970; None until it is."""
_REFUSED = "not yet supported"
_NOT_OURS = {"kube-root-ca.crt"}


class Unsupported(Exception):
    """The peer has answered that it cannot do this."""


@dataclass(frozen=True)
class Task:
    """It is measured from the first moment of `begin`; `stores` are the ConfigMaps that have to be stored."""

    begin: Callable[[], None]
    reached: Reached
    stores: frozenset[str] = frozenset()


def install(ground: Ground, side: Side, seed: int) -> Task:
    """The Flux objects come into an empty namespace."""
    del ground, seed

    def begin() -> None:
        side.create()
        side.engine.nudge()

    names = frozenset(one.name for one in fleets.things(side.shape))
    return Task(begin, at_revision(side), names)


def one_file(ground: Ground, side: Side, seed: int) -> Task:
    """A push changes one file."""
    del ground
    return _pushed(side, fleets.one_file(side.shape, side.editions, seed))


def all_files(ground: Ground, side: Side, seed: int) -> Task:
    """A push changes every file."""
    del ground, seed
    return _pushed(side, fleets.all_files(side.shape, side.editions))


def forced_check(ground: Ground, side: Side, seed: int) -> Task:
    """Every Kustomization is asked for with the same annotation; nothing has changed."""
    del seed
    asked = token()

    def begin() -> None:
        patch = {"metadata": {"annotations": {REQUESTED_AT: asked}}}
        ground.patch_all(side.consumer_paths, patch)
        side.engine.nudge()

    return Task(begin, at_revision(side, lambda one: one.handled == asked))


def delete(ground: Ground, side: Side, seed: int) -> Task:
    """All Kustomizations are deleted, and with them what they have applied."""
    del seed

    def begin() -> None:
        ground.yard.kube.delete(side.path("Kustomization"))
        side.engine.nudge()

    return Task(begin, all_gone(side))


def new_interval(ground: Ground, side: Side, interval: str) -> Task:
    """Every object is to be looked at that often from now on, and at once, as its spec has changed."""
    found = ground.watcher.now("Kustomization", side.namespace)
    before = max((one.generation for one in found.values()), default=0)

    def begin() -> None:
        ground.patch_all([side.path("GitRepository"), *side.consumer_paths], spec_patch(interval))
        side.engine.nudge()

    return Task(begin, at_revision(side, lambda one: one.generation > before))


PHASES: Mapping[Phase, Callable[[Ground, Side, int], Task]] = {
    Phase.INSTALL: install,
    Phase.ONE_FILE: one_file,
    Phase.ALL_FILES: all_files,
    Phase.FORCED_CHECK: forced_check,
    Phase.DELETE: delete,
}
"""The phases that begin at one moment and end at another."""


def at_revision(side: Side, also: Callable[[Seen], bool] = lambda _: True) -> Reached:
    """All Kustomizations are Ready at the last commit, and each is as asked. Unsupported if one says so."""
    revision, count, namespace = side.revision, side.shape.kustomizations, side.namespace

    def reached(world: World) -> float | None:
        found = world.of("Kustomization", namespace)
        refused = next((one.ready[2] for one in found.values() if one.ready[2].startswith(_REFUSED)), "")
        if refused:
            raise Unsupported(refused)
        if len(found) < count:
            return None
        done = all(one.settled and one.revision == revision and also(one) for one in found.values())
        return max(one.at for one in found.values()) if done else None

    return reached


def all_gone(side: Side) -> Reached:
    """Neither a Kustomization nor an object of one is left."""
    namespace = side.namespace

    def reached(world: World) -> float | None:
        left = world.of("ConfigMap", namespace).keys() - _NOT_OURS
        if left or world.of("Kustomization", namespace):
            return None
        return max(world.last(kind, namespace) for kind in ("ConfigMap", "Kustomization"))

    return reached


def source_gone(side: Side) -> Reached:
    """There is no GitRepository any more."""
    namespace = side.namespace

    def reached(world: World) -> float | None:
        there = world.of("GitRepository", namespace)
        return None if there else world.last("GitRepository", namespace)

    return reached


def _pushed(side: Side, change: fleets.Change) -> Task:
    side.push(change)
    return Task(side.tell, at_revision(side), frozenset(one.name for one in change.things))
