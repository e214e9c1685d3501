"""What Flux's own types leave out of objects of built-in kinds."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.kustomize.native import with_defaults
from penstock.kustomize.typed import is_typed, without_empty

from tests.kustomize.builders import crd, make


@pytest.mark.parametrize(
    ("api_version", "kind", "typed"),
    [
        ("v1", "ConfigMap", True),
        ("apps/v1", "Deployment", True),
        ("networking.k8s.io/v1", "Ingress", True),
        ("rbac.authorization.k8s.io/v1", "RoleBinding", True),
        ("rbac.authorization.k8s.io/v1", "Role", False),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", False),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", False),
        ("example.com/v1", "Deployment", False),
        ("kustomize.toolkit.fluxcd.io/v1", "Kustomization", False),
    ],
)
def test_flux_knows_the_kinds_of_client_go_by_type(api_version: str, kind: str, typed: bool) -> None:
    assert is_typed(api_version, kind) is typed


def test_fields_that_say_nothing_are_left_out() -> None:
    spec: dict[str, Any] = {
        "replicas": None,
        "paused": False,
        "template": {
            "metadata": {"annotations": {}, "labels": {"a": None}},
            "spec": {
                "containers": [{"name": "c", "args": [], "env": [{"name": "A", "value": None}]}],
                "imagePullSecrets": [],
                "nodeSelector": {},
                "securityContext": {},
                "volumes": [{"name": "v", "emptyDir": {}}],
            },
        },
    }
    found = with_defaults(make("apps/v1", "Deployment", "x", spec=spec))
    assert found["spec"] == {
        "paused": False,
        "strategy": {},
        "template": {
            "metadata": {"labels": {"a": None}},
            "spec": {
                "containers": [{"name": "c", "env": [{"name": "A"}], "resources": {}}],
                "securityContext": {},
                "volumes": [{"name": "v", "emptyDir": {}}],
            },
        },
    }


def test_an_empty_value_of_a_map_is_a_value() -> None:
    obj = make("v1", "ConfigMap", "x", data={"a": None, "b": ""})
    assert without_empty(obj) == obj


def test_kinds_that_flux_does_not_know_keep_what_they_say() -> None:
    role = make("rbac.authorization.k8s.io/v1", "Role", "x", rules=[])
    thing = make("example.com/v1", "Thing", "x", spec={"a": None, "b": []})
    definition = crd("Thing")
    definition["spec"]["conversion"] = None
    assert [with_defaults(obj) for obj in (role, thing, definition)] == [role, thing, definition]
