"""A plan says what a run does afterwards, and writes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal
from penstock.cluster.errors import Invalid
from penstock.kustomize.brake import Brake
from penstock.kustomize.changes import Action
from penstock.plans.preview import built, look_ahead
from penstock.plans.telling import notes, text

from tests.kustomize.builders import changed, config_map, crd, make
from tests.kustomize.world import APPS, about

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.plans.outlook import Outlook

    from tests.plans.conftest import Planned

A, B, C = (config_map(name, data={"x": "1"}) for name in "abc")
SECRET = make("v1", "Secret", "s", "default", data={"key": "b2xkLXZhbHVl"})


def _applied(planned: Planned, *objects: Json) -> None:
    planned.world.push({"apps/all.yaml": list(objects)})
    assert planned.world.one().ok
    planned.world.forget()


def _actions(outlook: Outlook) -> dict[str, str]:
    return {str(entry.ref): str(entry.action) for entry in outlook.entries}


def test_a_plan_says_what_would_be_created_changed_and_deleted_in_the_order_of_the_build(
    planned: Planned,
) -> None:
    _applied(planned, A, B)
    planned.write({"apps/1.yaml": [C, changed(A, x="2"), make("v1", "Namespace", "team")]})
    outlook = planned.plan()
    assert text(outlook) == (
        "► ConfigMap/default/c created\n"
        "► ConfigMap/default/a drifted\n\ndata.x\n± value change\n- 1\n+ 2\n\n"
        "► Namespace/team created\n"
        "► ConfigMap/default/b deleted\n"
    )
    assert (outlook.changes, outlook.failures, notes(outlook)) == (True, (), ())
    assert planned.world.cluster.writes() == ()
    assert planned.world.events.seen == []


def test_a_run_does_what_the_plan_said(planned: Planned) -> None:
    _applied(planned, A, B, SECRET)
    files: dict[str, Json | list[Json] | str] = {"apps/1.yaml": [C, changed(A, x="2"), SECRET]}
    planned.write(files)
    outlook = planned.plan()
    planned.world.push(files)
    done = planned.world.one()
    planned_lines = [
        f"{entry.ref} {entry.action}" for entry in outlook.entries if entry.action != "unchanged"
    ]
    assert sorted(done.changes) == sorted([*planned_lines, *(f"{ref} deleted" for ref in outlook.deleted)])


def test_what_is_as_it_was_applied_does_not_drift(planned: Planned) -> None:
    _applied(planned, A, SECRET)
    planned.write({"apps/1.yaml": [A, SECRET]})
    outlook = planned.plan()
    assert (text(outlook), outlook.changes) == ("", False)


def test_values_of_secrets_are_not_in_an_outlook(planned: Planned) -> None:
    _applied(planned, SECRET)
    planned.write({"apps/1.yaml": {**SECRET, "data": {"key": "bmV3LXZhbHVl", "more": "bW9yZS12YWx1ZQ=="}}})
    outlook = planned.plan()
    told = text(outlook)
    assert "data.key\n± value change\n- *** (before)\n+ *** (after)\n" in told
    everything = told + json.dumps([(entry.live, entry.merged) for entry in outlook.entries])
    assert not any(value in everything for value in ("b2xk", "bmV3", "bW9y"))


def test_deletions_that_the_brake_would_hold_are_told_apart(planned: Planned) -> None:
    many = [config_map(f"m{i}") for i in range(5)]
    _applied(planned, A, *many)
    planned.write({"apps/1.yaml": A})
    outlook = planned.plan(brake=Brake(objects=2))
    assert (len(outlook.held), outlook.deleted, outlook.changes) == (5, (), True)
    assert text(outlook).count("held: it would be deleted once that is approved") == 5
    assert notes(outlook) == ("the brake would hold 5 deletions: the build would delete 5 of 6 objects",)


def test_without_records_nobody_knows_how_many_there_were(planned: Planned) -> None:
    _applied(planned, A, *(config_map(f"m{i}") for i in range(5)))
    planned.write({"apps/1.yaml": [A, *(config_map(f"m{i}") for i in range(2))]})
    assert (
        "it is not known how many there were" in planned.plan(records=None, brake=Brake(objects=2)).why_held
    )
    assert planned.plan(brake=Brake(objects=2)).held == ()


def test_what_is_marked_to_be_kept_is_not_deleted_and_named(planned: Planned) -> None:
    kept = {
        **B,
        "metadata": {**B["metadata"], "annotations": {"kustomize.toolkit.fluxcd.io/prune": "disabled"}},
    }
    _applied(planned, A, kept)
    planned.write({"apps/1.yaml": A})
    outlook = planned.plan()
    assert (outlook.changes, text(outlook)) == (False, "")
    assert notes(outlook) == (
        "not in the build any more, and left alone (marked, or no longer ours): ConfigMap/default/b",
    )


def test_nothing_is_pruned_where_the_spec_says_so(planned: Planned) -> None:
    _applied(planned, A, B)
    planned.world.patch(APPS, {"spec": {"prune": False}})
    planned.write({"apps/1.yaml": A})
    assert not planned.plan().changes


def test_what_is_left_alone_is_skipped(planned: Planned) -> None:
    mark = {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}
    planned.write({"apps/1.yaml": {**A, "metadata": {**A["metadata"], "annotations": mark}}})
    outlook = planned.plan()
    assert (text(outlook), outlook.changes) == ("► ConfigMap/default/a skipped\n", False)


def test_every_object_that_would_be_refused_is_named_and_the_others_are_planned(planned: Planned) -> None:
    """As with flux nothing is said of what would be deleted then: such a run deletes nothing."""
    _applied(planned, A)
    for name in "bc":
        planned.world.cluster.fail(Invalid(f"{name} is wrong"), about(name))
    planned.write({"apps/1.yaml": [B, C, config_map("d")]})
    outlook = planned.plan()
    assert _actions(outlook) == {"ConfigMap/default/d": "created"}
    assert outlook.failures == (
        "ConfigMap/default/b dry-run failed (Invalid): b is wrong",
        "ConfigMap/default/c dry-run failed (Invalid): c is wrong",
    )
    assert outlook.deleted == ()


def test_what_comes_with_its_namespace_or_kind_is_created_though_it_cannot_be_tried(planned: Planned) -> None:
    widget = make("example.com/v1", "Widget", "w", "default")
    planned.write({"apps/1.yaml": [widget, config_map("x", "new"), make("v1", "Namespace", "new"), crd()]})
    outlook = planned.plan()
    assert outlook.failures == ()
    assert set(_actions(outlook).values()) == {"created"}
    told = text(outlook)
    assert "► Widget/default/w created (its kind comes with this build: Widget was not tried)\n" in told
    assert "► ConfigMap/new/x created (its Namespace comes with this build: it was not tried)\n" in told


def test_a_kind_that_nothing_brings_is_a_failure(planned: Planned) -> None:
    planned.write({"apps/1.yaml": [A, make("example.com/v1", "Widget", "w", "default")]})
    outlook = planned.plan()
    assert _actions(outlook) == {"ConfigMap/default/a": "created"}
    assert "Widget/default/w dry-run failed: no matches for kind" in outlook.failures[0]


def test_flux_s_own_controllers_are_said_to_be_held_and_do_not_drift(planned: Planned) -> None:
    labels = {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/component": "source-controller"}
    spec = {"replicas": 1, "template": {"spec": {"containers": [{"name": "manager", "image": "x"}]}}}
    controller = make("apps/v1", "Deployment", "source-controller", "flux-system", labels=labels, spec=spec)
    _applied(planned, controller)
    planned.write({"apps/1.yaml": controller})
    outlook = planned.plan()
    assert (text(outlook), outlook.changes) == ("", False)
    (note,) = notes(outlook)
    assert note.startswith("held at 0 replicas, whatever the files say")
    assert "Deployment/flux-system/source-controller" in note
    assert planned.plan(hold_flux=False).changes


def test_an_object_of_somebody_else_is_told_and_is_a_failure_where_that_is_refused(planned: Planned) -> None:
    world = planned.world
    world.add("other")
    world.push({"other/a.yaml": A, "apps/b.yaml": B})
    world.run()
    planned.write({"apps/1.yaml": [A, B]})
    outlook = planned.plan()
    assert "ConfigMap/default/a was applied by Kustomization/flux-system/other too" in text(outlook)
    assert outlook.failures == ()
    assert "applied by Kustomization/flux-system/other" in planned.plan(refuse_shared=True).failures[0]


def test_who_merely_takes_fields_over_says_so(planned: Planned) -> None:
    _applied(planned, A)
    managed = [{"manager": "kubectl-client-side-apply", "operation": "Update", "fieldsV1": {"f:data": {}}}]
    ref = ObjectRef.from_object(A)
    planned.world.patch(ref, {"metadata": {"managedFields": managed}})
    planned.write({"apps/1.yaml": A})
    (entry,) = planned.plan().entries
    assert (entry.action, entry.live) == (Action.CONFIGURED, None)
    assert "becomes ours" in entry.note


def test_variables_come_from_the_cluster_and_only_there(planned: Planned) -> None:
    planned.world.cluster.seed(
        make("v1", "Secret", "vars", "flux-system", data={"color": "cHVycGxlLTEyMw=="})
    )
    reference = {"kind": "Secret", "name": "vars"}
    planned.world.patch(
        APPS, {"spec": {"postBuild": {"substituteFrom": [reference], "substitute": {"n": "five"}}}}
    )
    planned.write({"apps/1.yaml": changed(A, x="${color}", y="${n}")})
    (target,) = built(planned.ports(), planned.job())
    assert target.obj["data"] == {"x": "purple-123", "y": "five"}
    assert planned.world.ports.masker.mask("purple-123") == "*****"
    (target,) = built(planned.ports(offline=True), planned.job())
    assert target.obj["data"] == {"x": "${color}", "y": "five"}


def test_a_build_that_fails_says_why(planned: Planned) -> None:
    planned.write({"apps/1.yaml": [A, A]})
    with pytest.raises(Terminal, match="more than once in one build: ConfigMap/default/a"):
        look_ahead(planned.ports(), planned.job())
    planned.write({"apps/1.yaml": make("v1", "Secret", "s", "default", data={"a": "ENC[AES256_GCM,x]"})})
    with pytest.raises(Terminal, match="SOPS encrypted"):
        look_ahead(planned.ports(), planned.job())


def test_what_is_not_supported_is_refused_as_a_run_refuses_it(planned: Planned) -> None:
    planned.world.patch(APPS, {"spec": {"kubeConfig": {"secretRef": {"name": "x"}}}})
    planned.write({"apps/1.yaml": A})
    with pytest.raises(Terminal, match="kubeConfig"):
        planned.plan()
