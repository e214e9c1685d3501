"""Between the stages: definitions that take their time (threats B-16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef
from penstock.base.errors import Transient
from penstock.cluster.errors import Expired

from tests.fakes.cluster import FakeCluster
from tests.kustomize.builders import crd, make
from tests.kustomize.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penstock.api.objects import Json

    from tests.fakes.cluster import Call

CRD = ObjectRef("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "", "widgets.example.com")
WIDGET = make("example.com/v1", "Widget", "w", "default")
INSTALLING = {"conditions": [{"type": "Established", "status": "False", "reason": "Installing"}]}
ESTABLISHED = {"conditions": [{"type": "Established", "status": "True"}]}
REFUSED = {"conditions": [{"type": "NamesAccepted", "status": "False", "message": "name is taken"}]}


@pytest.fixture
def slow(world: World) -> World:
    """A definition is there and not established."""
    world.cluster.seed({**crd(), "status": INSTALLING})
    world.add()
    world.push({"apps/a.yaml": [crd(), WIDGET]})
    return world


def _at(verb: str, act: Callable[[], Any], *, times: int = 1) -> Callable[[Call], bool]:
    """Acts just before the first calls of that kind about the definition."""
    seen: list[bool] = []

    def matches(call: Call) -> bool:
        if call.verb == verb and call.ref.name == CRD.name and len(seen) < times:
            seen.append(True)
            act()
        return False

    return matches


def _becomes(world: World, status: dict[str, Any]) -> Callable[[], Any]:
    return lambda: world.patch(CRD, {"status": status}, "status")


def test_objects_wait_until_their_definition_is_established(slow: World) -> None:
    slow.cluster.fail(Transient("never"), _at("watch", _becomes(slow, ESTABLISHED)))
    outcome = slow.one()
    assert outcome.ok, outcome.message
    assert "Widget/default/w created" in outcome.changes


def test_a_watch_that_ends_or_expires_is_begun_again(slow: World) -> None:
    slow.cluster.fail(Expired("too old"), lambda call: call.verb == "watch", once=True)
    slow.cluster.fail(Transient("never"), _at("get", _becomes(slow, ESTABLISHED)))
    assert slow.one().ok


def test_a_definition_that_is_refused_is_told(slow: World) -> None:
    slow.cluster.fail(Transient("never"), _at("watch", _becomes(slow, REFUSED)))
    outcome = slow.one()
    assert outcome.reason == "ReconciliationFailed"
    assert "is refused by the cluster: name is taken" in outcome.message
    assert slow.owned() == ["CustomResourceDefinition/widgets.example.com"]


def test_the_wait_has_an_end(slow: World) -> None:
    slow.cluster.fail(Transient("never"), _at("watch", lambda: slow.clock.move(61)))
    assert "is not ready: the wait of 1m0s (or the timeout) is over" in slow.one().message


def test_a_definition_that_vanishes_is_not_waited_for(slow: World) -> None:
    def vanish() -> None:
        slow.cluster.delete(CRD, uid=None)

    slow.cluster.fail(Transient("never"), _at("watch", vanish))
    assert "is not ready" in slow.one().message


class _LateKinds(FakeCluster):
    """Lists the kinds of new definitions only when told to."""

    def _learn_kind(self, obj: Json) -> None:
        before = list(self.kinds)
        super()._learn_kind(obj)
        self.late = [kind for kind in self.kinds if kind not in before]
        self.kinds = before
        self._discovery.refresh()


@pytest.mark.parametrize("after", [1, 7])
def test_objects_wait_until_their_kind_is_served(after: int) -> None:
    cluster = _LateKinds()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == after:
            cluster.kinds.extend(cluster.late)

    world = World(cluster, pause=pause)
    world.add()
    world.push({"apps/a.yaml": [crd(), WIDGET]})
    outcome = world.one()
    assert outcome.ok, outcome.message
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0][:after]


def test_a_kind_that_is_never_served_is_told_by_its_objects() -> None:
    world = World(_LateKinds())
    world.add()
    world.push({"apps/a.yaml": [crd(), WIDGET]})
    assert 'no matches for kind "Widget" in version "example.com/v1"' in world.one().message


def test_a_version_that_no_definition_serves_is_not_waited_for() -> None:
    world = World(_LateKinds(), pause=lambda _: pytest.fail("it waits"))
    world.add()
    world.push({"apps/a.yaml": [crd(), {**WIDGET, "apiVersion": "example.com/v1beta1"}]})
    assert not world.one().ok


class _Watching(FakeCluster):
    """Its watches show what it is told: first `shown`, then what the fake itself would."""

    shown: tuple[Json, ...] = ()

    def watch(self, *where: Any, **more: Any) -> Iterator[Json]:
        shown, self.shown = self.shown, ()
        yield from shown or super().watch(*where, **more)


def _waiting(*events: Json) -> World:
    cluster = _Watching()
    cluster.shown = events
    cluster.seed({**crd(), "status": INSTALLING})
    world = World(cluster)
    world.add()
    world.push({"apps/a.yaml": [crd(), WIDGET]})
    return world


def test_a_definition_that_is_deleted_is_not_waited_for() -> None:
    world = _waiting({"type": "DELETED", "object": crd()})
    assert "was deleted while it was waited for" in world.one().message


def test_bookmarks_and_news_that_say_nothing_are_waited_through() -> None:
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}
    world = _waiting(bookmark, {"type": "MODIFIED", "object": {**crd(), "status": INSTALLING}})
    seen: list[bool] = []

    def established(call: Call) -> bool:
        if call.verb == "get" and call.ref.name == CRD.name:
            seen.append(True)
            if len(seen) == 2:
                _becomes(world, ESTABLISHED)()
        return False

    world.cluster.fail(Transient("never"), established)
    assert world.one().ok
    assert len(seen) == 2
