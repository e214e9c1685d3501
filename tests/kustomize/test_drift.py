"""Fields that spec.ignore leaves as they are found."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.api.kustomize import IgnoreRule
from penstock.kustomize.changes import Action
from penstock.kustomize.drift import applied_by_another, described, paths_of, payload, without
from penstock.kustomize.plan import judge

from tests.kustomize.builders import make, ref

OURS = "kustomize-controller"
REPLICAS = "/spec/replicas"
CPU = "/spec/containers/0/cpu"
KEY = 'k:{"name":"web"}'


def applied(manager: str, fields: dict[str, Any], **more: str) -> dict[str, Any]:
    return {"manager": manager, "operation": "Apply", "fieldsV1": fields, **more}


def web(replicas: int | None, *entries: dict[str, Any], cpu: str = "1", image: str = "a") -> dict[str, Any]:
    containers = [{"name": "web", "cpu": cpu}]
    spec = {"containers": containers, "image": image, **({} if replicas is None else {"replicas": replicas})}
    obj = make("apps/v1", "Deployment", "web", "default", spec=spec)
    obj["metadata"]["resourceVersion"] = "7"
    if entries:
        obj["metadata"]["managedFields"] = list(entries)
    return obj


def test_a_difference_in_ignored_fields_is_no_drift() -> None:
    live, tried = web(5), web(2)
    assert judge(tried, live, tried) is Action.CONFIGURED
    assert judge(tried, live, tried, (REPLICAS,)) is Action.UNCHANGED
    assert judge(tried, web(5, image="b"), tried, (REPLICAS,)) is Action.CONFIGURED


def test_what_nobody_else_applies_is_applied_as_it_is_found() -> None:
    sent = payload(web(2, image="b"), web(5), web(2, image="b"), (REPLICAS,))
    assert (sent["spec"]["replicas"], sent["spec"]["image"]) == (5, "b")


def test_what_another_applies_is_left_to_it() -> None:
    live = web(
        5, applied(OURS, {"f:spec": {"f:replicas": {}}}), applied("vpa", {"f:spec": {"f:replicas": {}}})
    )
    assert "replicas" not in payload(web(2), live, web(2), (REPLICAS,))["spec"]


def test_what_has_not_drifted_is_applied_as_the_source_has_it() -> None:
    live = web(2, applied("vpa", {"f:spec": {"f:replicas": {}}}))
    assert payload(web(2), live, web(2), (REPLICAS, "/spec/nothing")) == web(2)


def test_a_field_that_somebody_removed_is_given_no_value() -> None:
    assert payload(web(2), web(None), web(2), (REPLICAS,))["spec"]["replicas"] is None


@pytest.mark.parametrize(
    ("entry", "path", "expected"),
    [
        (applied("vpa", {"f:spec": {"f:containers": {KEY: {"f:cpu": {}}}}}), CPU, True),
        (applied(OURS, {"f:spec": {"f:containers": {KEY: {"f:cpu": {}}}}}), CPU, False),
        (applied("vpa", {"f:spec": {"f:containers": {'k:{"name":"x"}': {"f:cpu": {}}}}}), CPU, False),
        (applied("vpa", {"f:spec": {"f:containers": {"k:no json": {"f:cpu": {}}}}}), CPU, False),
        (applied("vpa", {"f:spec": {"f:replicas": {}}}, subresource="scale"), REPLICAS, False),
        ({**applied("vpa", {"f:spec": {"f:replicas": {}}}), "operation": "Update"}, REPLICAS, False),
        (applied("vpa", {"f:spec": {"f:replicas": {}}}), "/spec", True),
        (applied("vpa", {"f:spec": {"f:replicas": {}}}), "", False),
        ({"manager": "vpa", "operation": "Apply", "fieldsV1": 7}, REPLICAS, False),
    ],
)
def test_who_applies_a_field_is_read_from_the_managed_fields(
    entry: dict[str, Any], path: str, expected: bool
) -> None:
    assert applied_by_another(web(5, entry), path) is expected


def test_the_rules_that_select_an_object_are_put_together() -> None:
    rules = [IgnoreRule(paths=("/a", "/b")), IgnoreRule(paths=("/c",)), IgnoreRule(paths=("/b", "/d"))]
    assert paths_of(rules, (0, 2)) == ("/a", "/b", "/d")
    assert paths_of(rules, ()) == ()
    assert without({"a": 1, "b": 2}, ("/a", "/x")) == {"b": 2}


def test_what_a_target_may_ask_of_an_object() -> None:
    obj = make("v1", "Service", "web", "default", labels={"a": "b"})
    assert described(ref("Service", "web", "default"), obj) == {
        "group": "",
        "version": "v1",
        "kind": "Service",
        "name": "web",
        "namespace": "default",
        "labels": {"a": "b"},
        "annotations": {},
    }
