from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bench.measure.audit import AuditLog, Request, by_agent, of_agents, parse, stored_at

if TYPE_CHECKING:
    from penstock.tools.controlplane.plane import ControlPlane

    from tests.support.kube import Kube

CONTROLLER = "kustomize-controller"
APPLY = {"Content-Type": "application/apply-patch+yaml", "User-Agent": f"{CONTROLLER}/v1 (linux)"}


def event(verb: str, uri: str, **changes: Any) -> bytes:
    """A line as the API server writes it."""
    whole = {
        "kind": "Event",
        "verb": verb,
        "requestURI": uri,
        "userAgent": f"{CONTROLLER}/v0.0.0 (linux/amd64) kubernetes/$Format",
        "objectRef": {"resource": "configmaps", "namespace": "ns", "name": "a", "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": "2026-01-01T00:00:01.500000Z",
        "stageTimestamp": "2026-01-01T00:00:01.750000Z",
    }
    return json.dumps(whole | changes).encode()


def made(verb: str, name: str, at: float, **changes: Any) -> Request:
    fields: dict[str, Any] = {"agent": CONTROLLER, "resource": "configmaps", "namespace": "ns", "code": 200}
    return Request(**{**fields, "verb": verb, "name": name, "came_at": at, "ended_at": at, **changes})


@pytest.mark.parametrize(
    ("verb", "uri", "told"),
    [
        ("patch", "/api/v1/namespaces/ns/configmaps/a?fieldManager=x&force=true", "apply"),
        ("patch", "/api/v1/namespaces/ns/configmaps/a?dryRun=All&fieldManager=x&force=true", "dry-run"),
        ("create", "/api/v1/namespaces/ns/configmaps?dryRun=All", "dry-run"),
        ("patch", "/api/v1/namespaces/ns/configmaps/a?fieldManager=x", "patch"),
        ("patch", "/api/v1/namespaces/ns/configmaps/a", "patch"),
        ("get", "/api/v1/namespaces/ns/configmaps/a", "get"),
    ],
)
def test_applies_and_dry_runs_are_told_apart_from_what_rbac_calls_them(
    verb: str, uri: str, told: str
) -> None:
    assert parse(event(verb, uri)).verb == told


def test_a_line_says_who_what_and_when() -> None:
    found = parse(event("get", "/x", objectRef={"resource": "kustomizations", "subresource": "status"}))
    assert (found.agent, found.resource, found.code) == (CONTROLLER, "kustomizations/status", 200)
    assert found.ended_at - found.came_at == pytest.approx(0.25)


def test_what_has_no_object_and_no_answer_is_a_request_too() -> None:
    line = json.loads(event("get", "/version"))
    del line["objectRef"], line["responseStatus"], line["userAgent"]
    assert parse(json.dumps(line).encode()) == Request("", "get", "", "", "", 0, 1767225601.5, 1767225601.75)


def test_requests_are_counted_by_program_and_verb_without_watches_and_with_leases_apart() -> None:
    asked = [
        made("get", "a", 1),
        made("get", "b", 2),
        made("dry-run", "a", 3),
        made("watch", "", 4),
        made("patch", "lock", 5, resource="leases"),
        made("get", "a", 6, agent="kubectl"),
    ]
    found = of_agents(asked, frozenset({CONTROLLER}))
    assert by_agent(found) == {f"{CONTROLLER} dry-run": 1, f"{CONTROLLER} get": 2, f"{CONTROLLER} lease": 1}


@pytest.mark.parametrize(
    ("requests", "at"),
    [
        ([made("apply", "a", 3), made("create", "b", 5)], 5),
        ([made("apply", "b", 5), made("apply", "a", 3), made("apply", "a", 9)], 5),
        ([made("apply", "a", 3)], None),
        ([made("apply", "a", 3), made("dry-run", "b", 5)], None),
        ([made("apply", "a", 3), made("apply", "b", 5, code=409)], None),
        ([made("apply", "a", 3), made("apply", "b", 5, namespace="other")], None),
        ([made("apply", "a", 3), made("apply", "b", 5, resource="secrets")], None),
    ],
)
def test_objects_are_stored_when_the_last_of_them_was(requests: list[Request], at: float | None) -> None:
    assert stored_at(requests, "configmaps", "ns", frozenset({"a", "b"})) == at


def test_the_real_log_tells_of_what_was_asked_in_between(
    control_plane: ControlPlane, kube: Kube, namespace: str
) -> None:
    log = AuditLog(control_plane.audit_log, kube)
    mark = log.mark()
    path = f"/api/v1/namespaces/{namespace}/configmaps/a"
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    for query in ("dryRun=All&fieldManager=t&force=true", "fieldManager=t&force=true"):
        assert kube.request("PATCH", f"{path}?{query}", obj, APPLY)[0] in {200, 201}
    found = of_agents(log.since(mark), frozenset({CONTROLLER}))
    assert [(one.verb, one.name) for one in found] == [("dry-run", "a"), ("apply", "a")]
    assert stored_at(found, "configmaps", namespace, frozenset({"a"})) == found[-1].ended_at
    assert of_agents(log.since(log.mark()), frozenset({CONTROLLER})) == ()
