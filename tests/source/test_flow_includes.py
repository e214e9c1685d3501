"""fetch of sources that include others, on a cluster in memory."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.api.work import Function, WorkItem
from penstock.base.errors import Terminal
from penstock.base.limits import Limits
from penstock.base.selector import parse_selector
from penstock.source.archive import unpack
from penstock.store.artifacts import Artifacts

from tests.fakes.cluster import FakeCluster
from tests.fakes.queue import FakeQueue
from tests.source.world import ONE, TWO, World, repository


def item(name: str) -> WorkItem:
    return WorkItem(Function.FETCH, "GitRepository", "apps", name, "test")


def including(name: str, *others: str, **spec: Any) -> dict[str, Any]:
    return repository(name, include=[{"repository": {"name": other}} for other in others], **spec)


def world_of(*objects: dict[str, Any]) -> World:
    return World(cluster=FakeCluster(*objects))


def files(world: World, name: str) -> dict[str, bytes]:
    artifact = world.status(name)["artifact"]
    return dict(
        unpack(Artifacts(world.bucket, Limits()).load(artifact["path"], artifact["digest"]), Limits()).files
    )


def test_an_included_artifact_is_copied_and_observed() -> None:
    world = world_of(repository("shared"), including("fleet", "shared"))
    assert world.fetch(item("shared")).ok
    world.fetcher.files = {"b.yaml": b"2"}
    assert world.fetch(item("fleet")).ok
    assert files(world, "fleet") == {"b.yaml": b"2", "shared/a.yaml": b"1"}
    status, shared = world.status("fleet"), world.status("shared")["artifact"]
    assert status["includedArtifacts"] == [shared]
    assert status["observedInclude"] == [{"repository": {"name": "shared"}}]
    assert world.condition("IncludeUnavailable", "fleet") == ""


def test_who_includes_it_is_looked_at_when_an_artifact_is_new_and_not_otherwise() -> None:
    world = world_of(repository("shared"), including("fleet", "shared"), repository("other"))
    world.fetch(item("shared"))
    wanted = WorkItem(Function.FETCH, "GitRepository", "apps", "fleet", "included artifact changed")
    assert world.queue.items[-1] == wanted
    world.fetch(wanted)
    world.queue.items.clear()
    world.fetch(item("shared"))
    assert world.queue.items == []
    world.fetcher.commit, world.fetcher.files = TWO, {"a.yaml": b"2"}
    world.fetch(item("shared"))
    assert wanted in world.queue.items


def test_the_including_source_is_made_again_although_its_own_commit_is_the_same() -> None:
    world = world_of(repository("shared"), including("fleet", "shared"))
    world.fetch(item("shared"))
    world.fetch(item("fleet"))
    before = world.status("fleet")["artifact"]
    world.fetcher.commit, world.fetcher.files = TWO, {"a.yaml": b"2"}
    world.fetch(item("shared"))
    world.fetcher.commit, world.fetcher.files = ONE, {"b.yaml": b"2"}
    assert world.fetch(item("fleet")).ok
    after = world.status("fleet")["artifact"]
    assert (before["revision"], before["digest"] != after["digest"]) == (after["revision"], True)
    assert files(world, "fleet")["shared/a.yaml"] == b"2"
    fetched = len(world.fetcher.fetched)
    assert world.fetch(item("fleet")).ok
    assert len(world.fetcher.fetched) == fetched


def test_an_include_that_is_missing_or_has_nothing_is_waited_for() -> None:
    world = world_of(including("fleet", "shared"))
    outcome = world.fetch(item("fleet"))
    missing = 'GitRepository.source.toolkit.fluxcd.io "shared" not found'
    why = f"could not get resource for include 'shared': {missing}"
    assert (outcome.ok, outcome.reason, outcome.message) == (False, "NotFound", why)
    for kind in ("IncludeUnavailable", "Ready"):
        status = "True" if kind == "IncludeUnavailable" else "False"
        assert world.condition(kind, "fleet") == f"{status} NotFound: {why}"
    assert world.events.lines()[-1].startswith("trace GitRepository/apps/fleet NotFound: ")
    assert world.fetcher.asked == []
    world.cluster.seed(repository("shared"))
    outcome = world.fetch(item("fleet"))
    assert (outcome.reason, outcome.message) == ("NoArtifact", "no artifact available for include 'shared'")
    world.fetch(item("shared"))
    assert world.fetch(item("fleet")).ok
    assert world.condition("IncludeUnavailable", "fleet") == ""


@pytest.mark.parametrize(
    ("objects", "circle"),
    [
        ((including("fleet", "fleet"),), "fleet -> fleet"),
        ((including("fleet", "a"), including("a", "fleet")), "fleet -> a -> fleet"),
        (
            (including("fleet", "a"), including("a", "b", "c"), repository("b"), including("c", "a")),
            "a -> c -> a",
        ),
    ],
)
def test_includes_that_lead_back_are_told_as_one_circle(
    objects: tuple[dict[str, Any], ...], circle: str
) -> None:
    outcome = world_of(*objects).fetch(item("fleet"))
    assert outcome.reason == "IncludeCycle"
    assert f"leads back to where it began: {circle}: take one of these includes out" in outcome.message


def test_more_includes_than_anybody_needs_are_refused() -> None:
    world = world_of(including("fleet", "a", "b", "c"), *(repository(name) for name in "abc"))
    assert "PENSTOCK_LIMIT_INCLUDES" in world.fetch(item("fleet"), limits=Limits(includes=2)).message


def test_an_included_artifact_that_is_lost_fails_and_keeps_the_last_one() -> None:
    world = world_of(repository("shared"), including("fleet", "shared"))
    world.fetch(item("shared"))
    Artifacts(world.bucket, Limits()).discard(world.status("shared")["artifact"]["path"])
    outcome = world.fetch(item("fleet"))
    assert (outcome.ok, outcome.reason) == (False, "CopyFailure")
    assert world.condition("StorageOperationFailed", "fleet").startswith(
        "True CopyFailure: failed to copy 'shared'"
    )


class NoFetch(FakeQueue):
    """A function that knows only the URL of apply."""

    def put(self, item: WorkItem) -> None:
        if item.function is Function.FETCH:
            raise Terminal("there is no URL for fetch")
        super().put(item)


def test_where_nobody_can_be_told_the_look_goes_well_all_the_same() -> None:
    world = world_of(repository("shared"), including("fleet", "shared"))
    world.queue = NoFetch()
    assert world.fetch(item("shared")).ok
    assert "left to the tick" in world.output.getvalue()


def test_an_object_of_a_shard_is_left_to_it_and_a_shard_takes_its_own() -> None:
    world = World()
    world.change({"metadata": {"labels": {"sharding.fluxcd.io/key": "shard1"}}})
    outcome = world.fetch()
    assert (outcome.ok, outcome.message) == (False, "GitRepository/apps/fleet is left to its shard")
    assert world.cluster.writes()[1:] == ()
    mine = parse_selector("sharding.fluxcd.io/key in (shard1)")
    assert world.fetch(selector=mine).ok
