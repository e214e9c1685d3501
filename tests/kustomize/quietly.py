"""A Kustomization that was applied once, and what a look at it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.kustomize.builders import config_map

if TYPE_CHECKING:
    from tests.kustomize.world import World

A, B, C = (config_map(name, data={"x": "1"}) for name in "abc")
QUIET = (0, 0)
"""What a look costs that finds nothing changed: no build, no dry-run."""
FILES: dict[str, Any] = {"apps/a.yaml": A, "apps/b.yaml": B, "README": "first"}


def add_quiet(world: World) -> None:
    """A Kustomization that was applied once, looked at ten minutes later."""
    world.be_quiet()
    world.add()
    world.push(FILES)
    assert world.one().ok
    later(world)


def later(world: World, seconds: float = 601) -> None:
    """Forgets what was asked, and lets so much time pass."""
    world.forget()
    world.clock.move(seconds - 3600)


def cost_of(world: World) -> tuple[int, int]:
    """Builds, and dry-runs."""
    dry_runs = sum(call.dry_run for call in world.cluster.calls)
    return len(world.builder.paths), dry_runs


def run_cost(world: World) -> tuple[int, int]:
    """What one look costs that has to go well."""
    world.builder.paths.clear()
    assert world.one().ok
    return cost_of(world)
