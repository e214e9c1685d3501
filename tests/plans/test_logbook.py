"""Run records of many objects as one log that can be read on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from penstock.cluster.errors import UnknownKind
from penstock.plans.logbook import RunLog
from penstock.plans.loglines import Filter

from tests.kustomize.builders import changed, config_map

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


def test_a_cluster_without_the_kinds_has_no_lines(planned: Planned) -> None:
    world = planned.world
    world.cluster.fail(UnknownKind("no"), lambda call: call.verb == "list")
    assert _messages(RunLog(world.cluster, world.runs)) == []
