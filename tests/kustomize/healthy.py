"""Widgets whose health a test decides, for the tests of flows that wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penstock.api.objects import generation

from tests.kustomize.builders import crd, make, ref

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef

    from tests.fakes.cluster import Call
    from tests.kustomize.world import World

W, V = (ref("Widget", name, "default", "example.com") for name in "wv")


def widget(name: str = "w", size: int = 1) -> Json:
    """One of them."""
    return make("example.com/v1", "Widget", name, "default", spec={"size": size})


def says(status: str, kind: str = "Ready") -> Json:
    """The status of an object whose controller says so."""
    return {"conditions": [{"type": kind, "status": status}]}


def put(world: World, status: Json, target: ObjectRef = W) -> Callable[[], Any]:
    """What gives an object that status; its generation counts as observed."""
    return lambda: world.patch(
        target, {"status": {"observedGeneration": generation(world.get(target)), **status}}, "status"
    )


def at_watch(world: World, *acts: Callable[[], Any]) -> None:
    """One after the other happens while it is watched, each at the beginning of a watch."""
    left = list(acts)

    def act(call: Call) -> bool:
        if call.verb == "watch" and left:
            left.pop(0)()
        return False

    world.cluster.fail(AssertionError(), act)


def add_waiting(world: World) -> None:
    """Two Widgets, not ready, of a Kustomization that waits for them for a minute."""
    world.cluster.seed(crd())
    world.cluster.seed({**widget("w"), "status": says("False")}, {**widget("v"), "status": says("True")})
    world.add(wait=True, timeout="1m", retryInterval="2m")


def push_widgets(world: World, size: int = 1) -> str:
    """What it applies; the revision."""
    return world.push({"apps/w.yaml": [widget("w", size), widget("v", size)]})
