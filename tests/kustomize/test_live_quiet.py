"""Quiet looks on a real API server with the real builder: what they cost, and what they see."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef, kustomization
from penstock.store.baselines import Baselines

from tests.fakes.bucket import MemoryBucket
from tests.kustomize.builders import changed, config_map, crd, make
from tests.kustomize.sorts import all_sorts
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from tests.kustomize.live import Live
    from tests.support.audit import Audit, Request


@pytest.fixture
def quiet(live: Live) -> Live:
    """The world with a bucket for baselines."""
    live.ports = replace(live.ports, baselines=Baselines(MemoryBucket(), live.cluster.identity))
    live.add()
    return live


def _dry_runs(requests: tuple[Request, ...]) -> int:
    return sum("dryRun=" in request.uri for request in requests)


def _counted(live: Live, audit: Audit) -> tuple[Request, ...]:
    """The requests of one look that has to go well."""
    mark = audit.mark()
    outcome = live.one(live.apps)
    assert outcome.ok, outcome.message
    return audit.since(mark)


def test_built_in_kinds_of_all_sorts_are_quiet_right_after_they_were_applied(
    quiet: Live, audit: Audit
) -> None:
    quiet.push({"apps/all.yaml": all_sorts(quiet.namespace)})
    assert _dry_runs(_counted(quiet, audit)) > 10
    assert _dry_runs(_counted(quiet, audit)) == 0


def test_custom_resources_are_quiet_until_their_definition_gives_them_another_default(
    quiet: Live, audit: Audit
) -> None:
    kind, group = "Gauge", f"{quiet.namespace}.example.com"
    definition = crd(kind, group)
    properties: dict[str, Any] = {"size": {"type": "integer"}}
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"] = {"spec": {"type": "object", "properties": properties}}
    gauge = make(f"{group}/v1", kind, "g", quiet.namespace, spec={"size": 4})
    quiet.add("kinds")
    quiet.push({"kinds/crd.yaml": definition, "apps/g.yaml": config_map("g", quiet.namespace)})
    quiet.run()
    quiet.cluster.discovery().refresh()
    quiet.push({"kinds/crd.yaml": definition, "apps/g.yaml": gauge})
    assert [outcome.message for outcome in quiet.run() if not outcome.ok] == []
    assert _dry_runs(_counted(quiet, audit)) == 0
    properties["depth"] = {"type": "integer", "default": 2}
    quiet.push({"kinds/crd.yaml": definition, "apps/g.yaml": gauge})
    assert quiet.one(kustomization(quiet.namespace, "kinds")).changes
    eventually(lambda: "depth" in (quiet.get(kind, "g", group) or {})["spec"], "the new default")
    assert _dry_runs(_counted(quiet, audit)) == 1
    quiet.cluster.delete(ObjectRef.from_object(definition), uid=None)


def test_a_change_by_hand_is_put_right_and_a_new_revision_costs_three_requests(
    quiet: Live, audit: Audit
) -> None:
    maps = [config_map(name, quiet.namespace, data={"x": "1"}) for name in "abc"]
    quiet.push({"apps/all.yaml": maps})
    _counted(quiet, audit)
    quiet.patch(ObjectRef("", "v1", "ConfigMap", quiet.namespace, "b"), {"data": {"x": "by hand"}})
    _counted(quiet, audit)
    found = quiet.get("ConfigMap", "b")
    assert found is not None
    assert found["data"] == {"x": "1"}
    revision = quiet.push({"apps/all.yaml": maps, "README": "second"})
    requests = _counted(quiet, audit)
    writes = [request.uri.partition("?")[0].rpartition("/")[2] for request in requests if request.writes]
    assert (_dry_runs(requests), writes) == (0, ["status", "events"])
    assert quiet.ready()[2] == f"Applied revision: {revision}"


def test_only_what_changed_is_tried_in_a_push_to_several(quiet: Live, audit: Audit) -> None:
    maps = {name: config_map(name, quiet.namespace, data={"x": "1"}) for name in ("k0", "k1", "k2")}
    for name in maps:
        quiet.add(name)
    quiet.push({f"{name}/x.yaml": obj for name, obj in maps.items()} | {"apps/x.yaml": "resources: []"})
    quiet.run()
    maps["k1"] = changed(maps["k1"], x="2")
    quiet.push({f"{name}/x.yaml": obj for name, obj in maps.items()} | {"apps/x.yaml": "resources: []"})
    mark = audit.mark()
    quiet.run()
    assert _dry_runs(audit.since(mark)) == 1
