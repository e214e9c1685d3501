"""Pruning on a real API server that does not show all of what it has (threats B-15, B-16)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from penstock.api.refs import ObjectRef

from tests.kustomize.builders import config_map, crd, make
from tests.support.faulty_proxy import FaultyProxy, rewritten, status
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.tools.controlplane.plane import ControlPlane

    from tests.kustomize.live import Live


def _api_service(live: Live, group: str) -> ObjectRef:
    """An aggregated API server that nobody has ever reached, once discovery shows the group as stale."""
    ref = ObjectRef("apiregistration.k8s.io", "v1", "APIService", "", f"v1.{group}")
    spec = {
        "group": group,
        "version": "v1",
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
        "insecureSkipTLSVerify": True,
        "service": {"namespace": live.namespace, "name": "nobody"},
    }
    live.cluster.create(make("apiregistration.k8s.io/v1", "APIService", ref.name, spec=spec))
    return ref


def _applied_before(live: Live, entry: str) -> None:
    """One more object in the inventory, as an earlier run would have left it."""
    entries = [{"id": found, "v": "v1"} for found in (*live.inventory(), entry)]
    live.patch(live.apps, {"status": {"inventory": {"entries": entries}}}, "status")


def test_nothing_of_an_aggregated_group_that_is_down_is_pruned(live: Live) -> None:
    group = f"{live.namespace}.example.com"
    entry = f"{live.namespace}_w_{group}_Widget"
    live.add()
    live.push({"apps/a.yaml": config_map("a", live.namespace)})
    assert live.one().ok
    service = _api_service(live, group)
    try:
        _applied_before(live, entry)
        outcome = live.one(live.apps)
        assert outcome.reason == "PruneFailed"
        assert f"the API server does not show all of the API group '{group}'" in outcome.message
        assert entry in live.inventory()
    finally:
        live.cluster.delete(service, uid=None)
    eventually(lambda: live.one(live.apps).ok, "the end of the group")
    assert live.inventory() == [f"{live.namespace}_a__ConfigMap"]


def test_the_objects_of_a_crd_that_was_deleted_before_them_are_no_failure_for_ever(live: Live) -> None:
    group = f"{live.namespace}.example.com"
    widgets = crd("Widget", group)
    live.add()
    a, widget = config_map("a", live.namespace), make(f"{group}/v1", "Widget", "w", live.namespace, spec={})
    live.push({"apps/a.yaml": [a, widgets, widget]})
    assert live.one().ok
    live.cluster.delete(ObjectRef.from_object(widgets), uid=None)
    live.push({"apps/a.yaml": a})
    eventually(lambda: live.one(live.apps).ok, "the end of the CRD")
    assert live.inventory() == [f"{live.namespace}_a__ConfigMap"]


def test_a_crd_and_its_objects_leave_together(live: Live) -> None:
    group = f"{live.namespace}.example.com"
    live.add()
    a, widget = config_map("a", live.namespace), make(f"{group}/v1", "Widget", "w", live.namespace, spec={})
    live.push({"apps/a.yaml": [a, crd("Widget", group), widget]})
    assert live.one().ok
    live.push({"apps/a.yaml": a})
    assert live.one().changes == (
        f"Widget/{live.namespace}/w deleted",
        f"CustomResourceDefinition/widgets.{group} deleted",
    )
    assert live.one(live.apps).ok


def test_nothing_of_a_group_that_a_proxy_answers_404_for_is_pruned(
    live: Live, control_plane: ControlPlane, tmp_path: Path
) -> None:
    group = f"{live.namespace}.example.com"
    widget = make(f"{group}/v1", "Widget", "w", live.namespace, spec={})
    a = config_map("a", live.namespace)
    live.add()
    live.push({"apps/a.yaml": [a, crd("Widget", group), widget]})
    assert live.one().ok
    with FaultyProxy(control_plane, tmp_path) as proxy:
        straight = live.ports
        for hidden in ("discovery and objects", "objects"):
            proxy.heal()
            if hidden == "discovery and objects":
                proxy.fail(rewritten(lambda told: _without(told, group)), lambda seen: seen.path == "/apis")
            proxy.fail(status(404), lambda seen: f"/apis/{group}/" in seen.path)
            live.ports = replace(straight, cluster=proxy.cluster())
            live.push({"apps/a.yaml": [a, crd("Widget", group)], hidden: "x"})
            outcome = live.one()
            assert outcome.reason == "PruneFailed", hidden
            assert f"{live.namespace}_w_{group}_Widget" in live.inventory()
            assert live.get("Widget", "w", group) is not None
        live.ports = straight
    assert live.one(live.apps).changes == (f"Widget/{live.namespace}/w deleted",)


def _without(told: Any, group: str) -> Any:
    """Discovery that does not have the group."""
    return {**told, "items": [item for item in told["items"] if item["metadata"]["name"] != group]}
