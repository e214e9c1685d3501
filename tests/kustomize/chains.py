"""Kustomizations that depend on each other, for the tests of flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.api.refs import kustomization

from tests.kustomize.builders import config_map
from tests.kustomize.world import NAMESPACE, World

if TYPE_CHECKING:
    from penstock.api.refs import ObjectRef

INFRA = kustomization(NAMESPACE, "infra")
NOT_READY = f"dependency '{NAMESPACE}/infra' is not ready"


def files(*names: str, **content: object) -> dict[str, Any]:
    """A folder with a ConfigMap for each name, or with what `content` says."""
    return {f"{name}/x.yaml": content.get(name, config_map(name)) for name in names}


def chained(world: World, *names: str) -> list[ObjectRef]:
    """Kustomizations of which each depends on the one before it; made in the reverse order."""
    wanted = [[{"name": before}] if before else [] for before in ("", *names[:-1])]
    pairs = reversed(list(zip(names, wanted, strict=True)))
    return list(reversed([world.add(name, dependsOn=depends) for name, depends in pairs]))


def applied(world: World) -> list[str]:
    """The names of the ConfigMaps, in the order in which they were applied."""
    return [effect.rpartition("/")[2] for effect in world.effects()]
