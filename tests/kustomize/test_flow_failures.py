"""apply on bad input: what is told, and that nothing else happens."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.errors import Transient
from penstock.cluster.errors import Conflict, Forbidden, Invalid, NamespaceMissing, NotFound, Unavailable
from penstock.kustomize.steps.problems import dry_run_problem, joined

from tests.kustomize.builders import config_map, make, ref
from tests.kustomize.world import APPS, NAMESPACE, REPOSITORY, World, about

if TYPE_CHECKING:
    from tests.fakes.cluster import Call

A, B, C = (config_map(name, data={"x": "1"}) for name in "abc")


def test_a_source_that_does_not_exist_is_told(world: World) -> None:
    world.add(sourceRef={"kind": "GitRepository", "name": "other"})
    outcome = world.one(APPS)
    message = 'GitRepository.source.toolkit.fluxcd.io "other" not found'
    assert (outcome.ok, outcome.reason, outcome.message) == (False, "ArtifactFailed", message)
    assert world.condition() == ("False", "ArtifactFailed", message)
    assert world.condition("Reconciling") == ("", "", "")
    assert world.status()["observedGeneration"] == -1
    assert world.events.seen == []


def test_a_source_without_an_artifact_is_waited_for(world: World) -> None:
    world.add()
    assert world.one().message == "Source artifact not found, retrying in 30s"
    world.push({"apps/a.yaml": A})
    assert world.one().ok


def test_an_artifact_that_is_lost_changes_nothing(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.one()
    before = world.inventory()
    world.push({"apps/b.yaml": B})
    world.artifacts.remove_all("GitRepository", NAMESPACE, "fleet")
    outcome = world.one()
    assert outcome.message == "Source is not ready, artifact not found, retrying in 30s"
    assert world.inventory() == before
    assert world.owned() == ["ConfigMap/default/a"]


@pytest.mark.parametrize(
    "artifact",
    [
        {"path": "gitrepository/flux-system/other/" + "a" * 64 + ".tar.gz"},
        {"digest": "sha256:" + "b" * 64},
        {"digest": "md5:1"},
        {"revision": None},
    ],
)
def test_a_status_that_points_nowhere_is_refused(world: World, artifact: dict[str, Any]) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.patch(REPOSITORY, {"status": {"artifact": artifact}}, "status")
    outcome = world.one(APPS)
    assert (outcome.ok, outcome.reason) == (False, "ArtifactFailed")
    assert world.owned() == []


def test_a_missing_path_is_an_error_and_never_an_empty_build(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.one()
    first = world.status()["lastAttemptedRevision"]
    world.push({"elsewhere/a.yaml": A})
    outcome = world.one()
    assert (outcome.ok, outcome.reason) == (False, "ArtifactFailed")
    assert "path not found" in outcome.message
    assert world.condition("Reconciling")[2].startswith("Fetching manifests for revision main@sha1:")
    assert world.owned() == ["ConfigMap/default/a"]
    assert world.inventory() == ["default_a__ConfigMap"]
    assert world.status()["lastAttemptedRevision"] == first
    assert [event.severity for event in world.events.seen][-1] == "error"


def test_a_path_cannot_leave_the_artifact(world: World) -> None:
    world.add(path="../../apps/../apps")
    world.push({"apps/a.yaml": A})
    assert world.one().ok
    assert world.builder.paths == ["apps"]


def test_an_object_without_identity_fails_the_build(world: World) -> None:
    world.add()
    revision = world.push({"apps/a.yaml": [A, {"apiVersion": "v1", "kind": "Secret", "metadata": {}}]})
    outcome = world.one()
    assert (outcome.ok, outcome.reason) == (False, "BuildFailed")
    assert "object 2 of the build (Secret): metadata.name is missing" in outcome.message
    assert world.effects() == []
    assert world.status()["lastAttemptedRevision"] == revision


def test_an_encrypted_secret_is_refused_before_anything_is_written(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, make("v1", "Secret", "s", "default", sops={}, data={"p": "ENC[hunter2"})]})
    outcome = world.one()
    assert outcome.reason == "ReconciliationFailed"
    assert outcome.message.startswith("Secret/default/s is SOPS encrypted, configuring decryption")
    assert world.effects() == []
    assert "hunter2" not in world.output.getvalue() + str(world.status())


def test_the_same_object_twice_is_refused(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, {**A, "data": {}}]})
    assert "more than once in one build: ConfigMap/default/a" in world.one().message
    assert world.effects() == []


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"serviceAccountName": "x"}, "not yet supported: spec.serviceAccountName"),
        (
            {"decryption": {"provider": "sops"}, "serviceAccountName": "x"},
            "not yet supported: spec.decryption, spec.serviceAccountName",
        ),
        ({"sourceRef": {"kind": "Bucket", "name": "x"}}, "not yet supported: spec.sourceRef.kind Bucket"),
    ],
)
def test_fields_that_are_not_supported_stall(world: World, spec: dict[str, Any], told: str) -> None:
    world.add(**spec)
    world.push({"apps/a.yaml": A})
    outcome = world.one(APPS)
    assert (outcome.ok, outcome.message) == (False, told)
    assert world.condition("Stalled")[2] == told
    assert world.status()["observedGeneration"] == world.get()["metadata"]["generation"]
    assert world.effects() == []


def test_one_bad_object_keeps_its_whole_stage_from_being_written(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, B, C, make("v1", "Namespace", "team")]})
    world.cluster.fail(Invalid("data: Invalid value"), about("a"))
    world.cluster.fail(Forbidden("nobody may"), about("c"))
    outcome = world.one()
    assert outcome.reason == "ReconciliationFailed"
    assert outcome.message == (
        "ConfigMap/default/a dry-run failed (Invalid): data: Invalid value\n"
        "ConfigMap/default/c dry-run failed (Forbidden): nobody may\n"
        "Namespace/team created"
    )
    assert world.effects() == ["apply Namespace/team"]
    assert world.inventory() == ["_team__Namespace"]
    assert world.condition() == ("False", "ReconciliationFailed", outcome.message)
    assert world.events.lines()[-1].startswith("error Kustomization/flux-system/apps ReconciliationFailed:")
    assert world.status()["history"][0]["lastReconciledStatus"] == "ReconciliationFailed"


def test_a_failed_first_stage_changes_nothing_at_all(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [make("v1", "Namespace", "team"), A]})
    world.cluster.fail(Invalid("no"), about("team"))
    assert not world.one().ok
    assert world.effects() == []
    assert "inventory" not in world.status()


def test_objects_of_unknown_kinds_and_missing_namespaces_are_told_in_flux_words(world: World) -> None:
    world.add()
    objects = [make("example.com/v1", "Widget", "w", "default"), config_map("x", "nowhere")]
    world.push({"apps/a.yaml": objects})
    assert world.one().message.splitlines() == [
        'ConfigMap/nowhere/x not found: namespaces "nowhere" not found',
        'Widget/default/w dry-run failed: no matches for kind "Widget" in version "example.com/v1"',
    ]


def test_a_write_that_fails_leaves_its_object_in_the_inventory(world: World) -> None:
    world.add()
    world.push(
        {"apps/a.yaml": [A, make("v1", "Secret", "s", "default"), make("v1", "Service", "t", "default")]}
    )
    world.cluster.fail(Unavailable("gone away"), about("s", dry_run=False))
    outcome = world.one()
    assert outcome.message == "Secret/default/s apply failed: gone away\nConfigMap/default/a created"
    assert outcome.changes == ("ConfigMap/default/a created",)
    assert world.effects() == ["apply ConfigMap/default/a", "apply Secret/default/s"]
    assert world.inventory() == ["default_a__ConfigMap", "default_s__Secret"]


def test_half_of_a_failed_revision_is_pruned_by_the_next(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": [A, make("v1", "Namespace", "team")]})
    world.cluster.fail(Invalid("no"), about("a"), once=True)
    world.one()
    assert world.owned() == ["Namespace/team"]
    world.push({"apps/a.yaml": A})
    assert world.one().changes == ("ConfigMap/default/a created", "Namespace/team deleted")
    assert world.owned() == ["ConfigMap/default/a"]


def test_a_list_that_fails_fails_the_run(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.cluster.fail(
        Forbidden("may not list"), lambda call: call.verb == "list" and call.ref.kind == "ConfigMap"
    )
    assert world.one().message == "ConfigMap objects of this Kustomization cannot be listed: may not list"
    assert world.effects() == []


def test_an_intent_that_cannot_be_written_stops_the_run(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    world.cluster.fail(Unavailable("no"), lambda call: call.subresource == "status")
    with pytest.raises(Transient, match="no"):
        world.run()
    assert world.effects() == []
    assert world.records.read(APPS) is None


def test_an_object_without_a_namespace_is_told_in_flux_words() -> None:
    found = dry_run_problem(ref("ConfigMap", "x"), NamespaceMissing("the server could not find it"))
    assert found == "ConfigMap/x namespace not specified: the server could not find it"


def test_a_long_list_of_problems_is_cut() -> None:
    assert joined([str(number) for number in range(30)]).splitlines()[-2:] == ["24", "and 5 more"]


def test_a_status_that_is_never_written_is_raised(world: World) -> None:
    world.add(path="nowhere")
    world.push({"apps/a.yaml": A})
    world.cluster.fail(Conflict("no"), lambda call: call.subresource == "status")
    with pytest.raises(Transient, match="changes faster than it can be written"):
        world.run()


def test_the_outcome_of_an_object_that_vanished_goes_nowhere(world: World) -> None:
    world.add(path="nowhere")
    world.push({"apps/a.yaml": A})
    world.cluster.fail(NotFound("gone"), lambda call: call.subresource == "status")
    assert not world.one().ok


def test_the_outcome_is_not_written_to_a_namesake(world: World) -> None:
    world.add()
    world.push({"apps/a.yaml": A})
    done: list[bool] = []

    def replaced(call: Call) -> bool:
        if call.verb == "apply" and not call.dry_run and not done:
            done.append(True)
            world.patch(APPS, {"metadata": {"finalizers": None}})
            world.cluster.delete(APPS, uid=None)
            world.add()
        return False

    world.cluster.fail(Transient("never"), replaced)
    assert world.one().ok
    assert world.status() == {"observedGeneration": -1}


def test_a_build_with_a_refused_kind_writes_nothing(world: World) -> None:
    world.ports = replace(world.ports, refused_kinds=("ClusterRoleBinding", "Widget.example.com"))
    world.add()
    binding = make("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "admin")
    other = make("other.com/v1", "Widget", "w", "default")
    world.push({"apps/a.yaml": [A, binding, other]})
    outcome = world.one()
    told = "PENSTOCK_REFUSED_KINDS does not allow objects of such kinds: ClusterRoleBinding/admin"
    assert (outcome.reason, outcome.message) == ("ReconciliationFailed", told)
    assert world.effects() == []
    world.push({"apps/a.yaml": A})
    assert world.one().ok
