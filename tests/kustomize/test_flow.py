"""apply on a cluster in memory: what is written, what the status says, which events are sent."""

from __future__ import annotations

from penstock.api.refs import ObjectRef

from tests.kustomize.builders import changed, config_map, crd, make, ref
from tests.kustomize.world import APPS, NAMESPACE, World

A, B, C = (config_map(name, data={"x": "1"}) for name in "abc")
GROUP = "kustomize.toolkit.fluxcd.io"


def test_a_new_kustomization_is_applied_from_nothing(world: World) -> None:
    world.add()
    revision = world.push({"apps/a.yaml": [A, B]})
    outcome = world.one()
    assert outcome.ok
    assert outcome.revision == revision
    assert outcome.changes == ("ConfigMap/default/a created", "ConfigMap/default/b created")
    assert world.owned() == ["ConfigMap/default/a", "ConfigMap/default/b"]
    assert world.inventory() == ["default_a__ConfigMap", "default_b__ConfigMap"]
    assert world.condition() == ("True", "ReconciliationSucceeded", f"Applied revision: {revision}")
    assert world.condition("Reconciling") == ("", "", "")
    status = world.status()
    assert status["lastAppliedRevision"] == status["lastAttemptedRevision"] == revision
    assert status["observedGeneration"] == world.get()["metadata"]["generation"]
    assert [s["lastReconciledStatus"] for s in status["history"]] == ["ReconciliationSucceeded"]
    assert world.get()["metadata"]["finalizers"] == ["finalizers.fluxcd.io"]


def test_events_are_those_of_flux(world: World) -> None:
    world.add()
    revision = world.push({"apps/a.yaml": [A, B]})
    world.one()
    assert world.events.lines() == [
        f"info {APPS} Progressing: ConfigMap/default/a created\nConfigMap/default/b created",
        f"info {APPS} ReconciliationSucceeded: Reconciliation finished in 0s, next run in 10m0s",
    ]
    first, last = world.events.seen
    assert dict(first.metadata) == {f"{GROUP}/revision": revision}
    assert dict(last.metadata) == {f"{GROUP}/revision": revision, f"{GROUP}/commit_status": "update"}
    assert last.controller == "kustomize-controller"


def test_the_intent_is_written_before_the_first_effect(world: World) -> None:
    world.add()
    revision = world.push({"apps/a.yaml": [A, B]})
    world.one()
    first, last = world.status_writes()
    ids = [entry["id"] for entry in first["status"]["inventory"]["entries"]]
    assert ids == ["default_a__ConfigMap", "default_b__ConfigMap"]
    kinds = {found["type"]: (found["status"], found["reason"]) for found in first["status"]["conditions"]}
    assert kinds == {"Ready": ("Unknown", "Progressing"), "Reconciling": ("True", "Progressing")}
    assert first["status"]["lastAttemptedRevision"] == revision
    order = [call.verb for call in world.cluster.writes() if call.manager != "test"]
    assert order == ["patch", "patch", "apply", "apply", "patch"]
    assert "inventory" not in last["status"]


def test_everything_is_applied_as_flux_would(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.one()
    managers = {(call.verb, call.manager) for call in world.cluster.writes() if call.manager != "test"}
    assert managers == {("apply", "kustomize-controller"), ("patch", "gotk-kustomize-controller")}
    assert world.get(ref("ConfigMap", "a", "default"))["metadata"]["labels"] == {
        f"{GROUP}/name": "apps",
        f"{GROUP}/namespace": NAMESPACE,
    }


def test_an_unchanged_check_writes_nothing(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B]})
    world.one()
    world.forget()
    outcome = world.one()
    assert (outcome.ok, outcome.changes) == (True, ())
    assert world.cluster.writes() == ()
    assert [event.reason for event in world.events.seen] == ["ReconciliationSucceeded"]


def test_a_check_reads_by_list_and_not_object_by_object(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B, C, make("v1", "Secret", "s", "default")]})
    world.one()
    world.forget()
    world.one()
    calls = [(call.verb, call.ref.kind) for call in world.cluster.calls]
    assert calls.count(("list", "ConfigMap")) == calls.count(("list", "Secret")) == 1
    assert not [call for call in calls if call[0] == "get" and call[1] in {"ConfigMap", "Secret"}]


def test_one_changed_value_writes_one_object(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B, C]})
    world.one()
    world.forget()
    revision = world.push({"apps/a.yaml": [A, changed(B, x="2"), C]})
    outcome = world.one()
    assert outcome.changes == ("ConfigMap/default/b configured",)
    assert world.effects() == ["apply ConfigMap/default/b"]
    assert world.condition()[2] == f"Applied revision: {revision}"
    assert len(world.status()["history"]) == 2


def test_a_new_revision_without_a_change_is_one_status_patch(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.one()
    world.forget()
    revision = world.push({"apps/a.yaml": A, "README.yaml": "{}"})
    assert world.one().ok
    assert world.effects() == []
    (patch,) = [call for call in world.cluster.writes() if call.ref == APPS]
    assert patch.body is not None
    assert patch.body["status"]["lastAppliedRevision"] == revision
    assert world.status()["history"][0]["totalReconciliations"] == 2


def test_drift_is_corrected(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.one()
    world.patch(ref("ConfigMap", "a", "default"), {"data": {"x": "edited"}})
    world.forget()
    assert world.one().changes == ("ConfigMap/default/a configured",)
    assert world.get(ref("ConfigMap", "a", "default"))["data"] == {"x": "1"}


def test_an_object_that_is_there_already_is_taken_over(world: World) -> None:
    world.cluster.seed(config_map("a", data={"x": "1", "y": "2"}))
    world.add()
    world.push({"apps/a.yaml": A})
    assert world.one().changes == ("ConfigMap/default/a configured",)
    assert world.get(ref("ConfigMap", "a", "default"))["data"] == {"x": "1", "y": "2"}


def test_a_removed_file_deletes_its_object(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A, "apps/b.yaml": B})
    world.one()
    world.forget()
    world.push({"apps/a.yaml": A})
    assert world.one().changes == ("ConfigMap/default/b deleted",)
    assert world.effects() == ["delete ConfigMap/default/b"]
    assert world.inventory() == ["default_a__ConfigMap"]
    assert [line for line in world.events.lines() if "Progressing: ConfigMap/default/b deleted" in line]
    (delete,) = [call for call in world.cluster.writes() if call.verb == "delete"]
    assert delete.body is not None
    assert delete.body["uid"]
    assert delete.body["propagationPolicy"] == "Background"


def test_without_prune_objects_are_left_behind(world: World) -> None:
    world.add(prune=False)
    world.push({"apps/a.yaml": A, "apps/b.yaml": B})
    world.one()
    world.push({"apps/a.yaml": A})
    assert world.one().changes == ()
    assert "ConfigMap/default/b" in world.owned()
    assert world.inventory() == ["default_a__ConfigMap"]


def test_custom_resources_come_after_their_definition(world: World) -> None:
    world.add()
    widget = make("example.com/v1", "Widget", "w", "team")
    world.push({"apps/a.yaml": [widget, crd(), make("v1", "Namespace", "team")]})
    assert world.one().changes == (
        "CustomResourceDefinition/widgets.example.com created",
        "Namespace/team created",
        "Widget/team/w created",
    )


def test_a_cluster_scoped_custom_resource_is_known_by_its_name_in_the_cluster(
    world: World,
) -> None:
    world.add(targetNamespace="apps")
    world.push({"apps/a.yaml": [crd(scope="Cluster"), make("example.com/v1", "Widget", "w")]})
    assert world.one().ok
    intended = world.status_writes()[0]["status"]["inventory"]["entries"]
    assert {"id": "_w_example.com_Widget", "v": "v1"} in intended
    assert "_w_example.com_Widget" in world.inventory()


def test_classes_come_between_definitions_and_the_rest(world: World) -> None:
    world.add()
    storage = make("storage.k8s.io/v1", "StorageClass", "fast")
    world.push({"apps/a.yaml": [A, storage, make("v1", "Namespace", "team")]})
    world.one()
    verbs = [(call.ref.kind, call.dry_run) for call in world.cluster.calls if call.verb == "apply"]
    kinds = ("Namespace", "StorageClass", "ConfigMap")
    assert verbs == [(kind, dry_run) for kind in kinds for dry_run in (True, False)]


def test_a_namespace_that_is_being_deleted_is_told(world: World) -> None:
    world.add()
    team = make("v1", "Namespace", "team")
    team["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["kubernetes"]}
    world.cluster.seed(team)
    world.push({"apps/a.yaml": [make("v1", "Namespace", "team"), config_map("x", "team")]})
    outcome = world.one()
    assert "Namespace/team is being deleted" in outcome.message
    assert world.effects() == ["apply Namespace/team"]


def test_a_look_leaves_a_record(world: World) -> None:
    world.add()
    revision = world.push({"apps/a.yaml": A})
    world.one()
    record = world.records.read(APPS)
    assert record is not None
    assert (record.ok, record.failures, record.generation) == (True, 0, world.get()["metadata"]["generation"])
    assert record.outcome is not None
    assert record.outcome.revision == revision


def test_failures_in_a_row_are_counted(world: World) -> None:
    world.add(path="nowhere")
    world.push({"apps/a.yaml": A})
    for count in (1, 2):
        world.one(APPS)
        record = world.records.read(APPS)
        assert record is not None
        assert (record.ok, record.failures) == (False, count)


def test_an_unreadable_inventory_entry_is_dropped_and_told(world: World) -> None:
    world.add()
    world.patch(APPS, {"status": {"inventory": {"entries": [{"id": "nonsense", "v": "v1"}]}}}, "status")
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    assert world.inventory() == ["default_a__ConfigMap"]
    assert any(line.get("entries") == "nonsense" for line in world.logged())


def test_the_owner_of_nothing_is_told_by_name(world: World) -> None:
    missing = ObjectRef(GROUP, "v1", "Kustomization", NAMESPACE, "missing")
    assert world.one(missing).message == "Kustomization/flux-system/missing not found"
