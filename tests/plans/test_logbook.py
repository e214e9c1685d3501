"""Run records of many objects as one log that can be read on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from penstock.cluster.errors import UnknownKind
from penstock.plans.logbook import RunLog, newest
from penstock.plans.loglines import Filter

from tests.kustomize.builders import changed, config_map
from tests.kustomize.world import APPS

if TYPE_CHECKING:
    from tests.kustomize.world import World
    from tests.plans.conftest import Planned

A = config_map("a", data={"x": "1"})


def _push(world: World, x: str) -> None:
    world.push({"apps/a.yaml": changed(A, x=x), "web/a.yaml": changed(config_map("w"), x=x)})
    world.run()
    world.clock.move(60)


def _messages(log: RunLog, wanted: Filter | None = None, most: int = 1000) -> list[str]:
    lines = log.read(wanted or Filter(), None, most)
    return sorted(f"{line.name}: {line.message.partition(';')[0]}" for line in lines)


def test_each_run_is_given_once(planned: Planned) -> None:
    world = planned.world
    world.add("web")
    log = RunLog(world.cluster, world.runs)
    assert _messages(log) == []
    _push(world, "1")
    assert [text.partition(":")[0] for text in _messages(log)] == ["apps", "web"]
    assert _messages(log) == []
    _push(world, "2")
    assert len(_messages(log)) == 2


def test_only_records_of_what_is_wanted_are_read(planned: Planned) -> None:
    world = planned.world
    world.add("web")
    for x in "123":
        _push(world, x)
    since = world.clock.now() - timedelta(seconds=130)
    assert len(_messages(RunLog(world.cluster, world.runs), Filter(name="web"))) == 3
    assert len(_messages(RunLog(world.cluster, world.runs), Filter(since=since))) == 4
    assert _messages(RunLog(world.cluster, world.runs), Filter(kind="GitRepository")) == []
    assert _messages(RunLog(world.cluster, world.runs), Filter(level="error")) == []
    newest = RunLog(world.cluster, world.runs).read(Filter(), None, 2)
    assert {line.at for line in newest} == {max(line.at for line in newest if line.at)}


def test_runs_of_one_object_come_newest_first_and_no_more_than_are_asked_for(planned: Planned) -> None:
    world = planned.world
    for number in range(20):
        _push(world, str(number))
    assert list(newest(world.runs, APPS)) == list(world.runs.newest(APPS))
    first = next(newest(world.runs, APPS))
    assert first[0] == world.runs.ids(APPS)[0]
    key = next(entry.key for entry in world.bucket.list("runs/") if first[0] in entry.key)
    world.bucket.put(key, b"damaged")
    assert len(list(newest(world.runs, APPS))) == 19


def test_a_cluster_without_the_kinds_has_no_lines(planned: Planned) -> None:
    world = planned.world
    world.cluster.fail(UnknownKind("no"), lambda call: call.verb == "list")
    assert _messages(RunLog(world.cluster, world.runs)) == []
