"""apply on a real API server with the real builder: what is written, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.refs import ObjectRef

from tests.kustomize.builders import changed, config_map, crd, make
from tests.kustomize.sorts import RBAC, all_sorts
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from tests.kustomize.live import Live
    from tests.support.audit import Audit, Request

GROUP = "kustomize.toolkit.fluxcd.io"


def _maps(live: Live, *names: str) -> list[dict[str, Any]]:
    return [config_map(name, live.namespace, data={"x": "1"}) for name in names]


def _written(requests: tuple[Request, ...]) -> list[str]:
    """The paths of successful writes to anything but events."""
    paths = [found.uri.partition("?")[0] for found in requests if found.writes and found.code < 300]
    return [path for path in paths if "/events" not in path]


def test_a_new_kustomization_is_applied_from_nothing(live: Live) -> None:
    live.add()
    revision = live.push({"apps/all.yaml": _maps(live, "a", "b")})
    outcome = live.one()
    assert outcome.ok, outcome.message
    assert outcome.changes == (
        f"ConfigMap/{live.namespace}/a created",
        f"ConfigMap/{live.namespace}/b created",
    )
    assert live.ready() == ("True", "ReconciliationSucceeded", f"Applied revision: {revision}")
    assert live.inventory() == [f"{live.namespace}_{name}__ConfigMap" for name in "ab"]
    stored = live.get("ConfigMap", "a")
    assert stored is not None
    assert stored["metadata"]["labels"] == {f"{GROUP}/name": "apps", f"{GROUP}/namespace": live.namespace}
    (manager,) = stored["metadata"]["managedFields"]
    assert (manager["manager"], manager["operation"]) == ("kustomize-controller", "Apply")


def test_one_changed_value_writes_one_object_and_an_unchanged_check_none(live: Live, audit: Audit) -> None:
    live.add()
    a, b, c = _maps(live, "a", "b", "c")
    live.push({"apps/all.yaml": [a, b, c]})
    assert live.one().ok
    before = live.owned("ConfigMap")
    live.push({"apps/all.yaml": [a, changed(b, x="2"), c]})
    mark = audit.mark()
    assert live.one().changes == (f"ConfigMap/{live.namespace}/b configured",)
    written = _written(audit.since(mark))
    status = f"/apis/{GROUP}/v1/namespaces/{live.namespace}/kustomizations/apps/status"
    assert written == [status, f"/api/v1/namespaces/{live.namespace}/configmaps/b", status]
    after = live.owned("ConfigMap")
    assert {name for name in before if before[name] != after[name]} == {"b"}
    mark = audit.mark()
    assert live.one(live.apps).ok
    requests = audit.since(mark)
    assert _written(requests) == []
    assert [r.verb for r in requests if "/configmaps" in r.uri and "dryRun" not in r.uri] == ["list"]


def test_a_removed_file_deletes_its_object_and_a_revert_brings_it_back(live: Live) -> None:
    live.add()
    a, b = _maps(live, "a", "b")
    live.push({"apps/a.yaml": a, "apps/b.yaml": b})
    live.one()
    live.push({"apps/a.yaml": a})
    assert live.one().changes == (f"ConfigMap/{live.namespace}/b deleted",)
    assert live.get("ConfigMap", "b") is None
    live.push({"apps/a.yaml": a, "apps/b.yaml": b})
    assert live.one().changes == (f"ConfigMap/{live.namespace}/b created",)


def test_every_sort_of_object_is_created_once_and_unchanged_ever_after(live: Live, audit: Audit) -> None:
    live.add()
    objects = all_sorts(live.namespace)
    live.push({"apps/all.yaml": objects})
    outcome = live.one()
    assert outcome.ok, outcome.message
    assert len(outcome.changes) == len(objects)
    assert f"{live.namespace}_a__b_{RBAC}_Role" in live.inventory()
    mark = audit.mark()
    again = live.one(live.apps)
    assert again.ok, again.message
    assert again.changes == ()
    assert _written(audit.since(mark)) == []
    live.push({"apps/all.yaml": config_map("left", live.namespace)})
    assert {line.rpartition(" ")[2] for line in live.one().changes} == {"created", "deleted"}


def test_definitions_come_first_and_are_waited_for(live: Live) -> None:
    group, team = f"{live.namespace}.example.com", f"{live.namespace}-team"
    live.add()
    objects = [
        make(f"{group}/v1", "Widget", "w", team, spec={"a": 1}),
        make(f"{group}/v1", "Gadget", "g", team, spec={"a": 1}),
        config_map("x", team),
        crd("Widget", group),
        crd("Gadget", group, scope="Cluster"),
        make("v1", "Namespace", team),
    ]
    live.push({"apps/all.yaml": objects})
    outcome = live.one()
    assert outcome.ok, outcome.message
    assert outcome.changes == (
        f"CustomResourceDefinition/gadgets.{group} created",
        f"CustomResourceDefinition/widgets.{group} created",
        f"Namespace/{team} created",
        f"ConfigMap/{team}/x created",
        "Gadget/g created",
        f"Widget/{team}/w created",
    )
    assert f"_g_{group}_Gadget" in live.inventory()
    assert live.one(live.apps).changes == ()
    live.cluster.delete(live.apps, uid=None)
    assert live.one().ok
    eventually(lambda: live.cluster.get(live.apps) is None)


def test_one_bad_object_keeps_its_stage_from_being_written(live: Live) -> None:
    live.add()
    good, bad = _maps(live, "good", "bad")
    empty = make("apps/v1", "Deployment", "empty", live.namespace, spec={})
    typo = make("apps/v1", "Deployment", "typo", live.namespace, spec={"replica": 1})
    secret = make("v1", "Secret", "s", live.namespace, data={"password": "not base64 hunter2"})
    live.push({"apps/all.yaml": [good, {**bad, "data": {"x": {"a": "b"}}}, empty, typo, secret]})
    outcome = live.one()
    told = outcome.message.splitlines()
    assert [line.partition(" dry-run failed")[0] for line in told] == [
        f"ConfigMap/{live.namespace}/bad",
        f"Secret/{live.namespace}/s",
        f"Deployment/{live.namespace}/empty",
        f"Deployment/{live.namespace}/typo",
    ]
    assert "hunter2" not in outcome.message + live.output.getvalue()
    assert live.owned("ConfigMap") == {}
    assert live.ready() == ("False", "ReconciliationFailed", outcome.message)


def test_drift_is_seen_and_corrected(live: Live) -> None:
    live.add()
    live.push({"apps/all.yaml": _maps(live, "a", "b", "c")})
    live.one()
    refs = [ObjectRef("", "v1", "ConfigMap", live.namespace, name) for name in "abc"]
    live.patch(refs[0], {"data": {"x": "edited"}})
    live.patch(refs[1], {"metadata": {"labels": {f"{GROUP}/name": None}}})
    live.cluster.delete(refs[2], uid=None)
    assert live.one(live.apps).changes == (
        f"ConfigMap/{live.namespace}/a configured",
        f"ConfigMap/{live.namespace}/b configured",
        f"ConfigMap/{live.namespace}/c created",
    )


def test_fields_of_others_are_left_to_them(live: Live) -> None:
    live.add()
    live.push({"apps/all.yaml": _maps(live, "a")})
    live.one()
    live.patch(ObjectRef("", "v1", "ConfigMap", live.namespace, "a"), {"data": {"theirs": "1"}})
    assert live.one(live.apps).changes == ()
    stored = live.get("ConfigMap", "a")
    assert stored is not None
    assert stored["data"] == {"x": "1", "theirs": "1"}


def test_what_only_the_server_may_set_does_no_harm(live: Live) -> None:
    live.add()
    (a,) = _maps(live, "a")
    a["metadata"] |= {"resourceVersion": "1", "uid": "x", "managedFields": [], "creationTimestamp": None}
    live.push({"apps/all.yaml": {**a, "status": {}}})
    assert live.one().ok
    assert live.one(live.apps).changes == ()


@pytest.mark.parametrize("suspended", [False, True])
def test_a_deleted_kustomization_takes_its_objects_along_unless_suspended(
    live: Live, suspended: bool
) -> None:
    live.add()
    live.push({"apps/all.yaml": _maps(live, "a", "b")})
    assert live.one().ok
    live.patch(live.apps, {"spec": {"suspend": suspended}})
    live.cluster.delete(live.apps, uid=None)
    assert live.one().ok
    assert live.cluster.get(live.apps) is None
    assert sorted(live.owned("ConfigMap")) == (["a", "b"] if suspended else [])


def test_an_emptied_source_deletes_nothing_without_approval(live: Live) -> None:
    live.add()
    live.push({"apps/all.yaml": _maps(live, "a", "b")})
    live.one()
    revision = live.push({"apps/kustomization.yaml": "resources: []\n"})
    outcome = live.one()
    assert outcome.reason == "PruneFailed"
    assert "the build is empty and would delete all 2 objects" in outcome.message
    assert sorted(live.owned("ConfigMap")) == ["a", "b"]
    live.patch(live.apps, {"metadata": {"annotations": {"penstock.dev/approve": revision}}})
    assert live.one().ok
    assert live.owned("ConfigMap") == {}


def test_marks_on_objects_are_obeyed(live: Live) -> None:
    live.add()
    kept = config_map("kept", live.namespace, annotations={f"{GROUP}/prune": "disabled"}, data={"x": "1"})
    (left,) = _maps(live, "left")
    live.push({"apps/all.yaml": [kept, left]})
    live.one()
    marks = {"metadata": {"annotations": {f"{GROUP}/reconcile": "disabled"}}}
    live.patch(ObjectRef("", "v1", "ConfigMap", live.namespace, "left"), marks)
    live.push({"apps/all.yaml": changed(left, x="2")})
    assert live.one().changes == ()
    assert sorted(live.owned("ConfigMap")) == ["kept", "left"]
    assert live.inventory() == [f"{live.namespace}_left__ConfigMap"]


def test_one_broken_kustomization_does_not_stop_the_others(live: Live) -> None:
    for name in ("one", "two", "three"):
        live.add(name)
    a, c = _maps(live, "a", "c")
    live.push({"one/a.yaml": a, "two/b.yaml": "kind: [", "three/c.yaml": c})
    assert sorted(outcome.ok for outcome in live.run()) == [False, True, True]
    assert live.ready("two")[1] == "BuildFailed"
    assert live.owned("ConfigMap", name="one").keys() | live.owned("ConfigMap", name="three").keys() == {
        "a",
        "c",
    }


def test_events_reach_the_cluster(live: Live) -> None:
    live.add()
    revision = live.push({"apps/all.yaml": _maps(live, "a")})
    live.one()
    events = live.cluster.list("", "v1", "Event", namespace=live.namespace)
    found = {event["reason"]: event for event in events}
    assert found["Progressing"]["message"] == f"ConfigMap/{live.namespace}/a created"
    done = found["ReconciliationSucceeded"]
    assert done["message"].startswith("Reconciliation finished in ")
    assert done["metadata"]["annotations"] == {
        f"{GROUP}/revision": revision,
        f"{GROUP}/commit_status": "update",
    }
