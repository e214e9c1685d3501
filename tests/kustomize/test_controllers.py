"""Flux's own controllers, by whatever they can be told from other Deployments of a fleet."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.kustomize.controllers import CONTROLLERS, held, is_controller

from tests.kustomize.builders import make

PART_OF = "app.kubernetes.io/part-of"
COMPONENT = "app.kubernetes.io/component"


def deployment(name: str, image: str = "", **labels: str) -> dict[str, Any]:
    containers = [{"name": "manager", "image": image}] if image else []
    spec = {"replicas": 1, "template": {"spec": {"containers": containers}}}
    marks = {key.replace("_", "-"): value for key, value in labels.items()}
    return make("apps/v1", "Deployment", name, "flux-system", labels=marks, spec=spec)


def flux(name: str, image: str = "", **labels: str) -> dict[str, Any]:
    obj = deployment(name, image)
    obj["metadata"]["labels"] = {PART_OF: "flux", **labels}
    return obj


@pytest.mark.parametrize("name", sorted(CONTROLLERS))
def test_each_controller_is_known_by_its_name_and_gets_no_replicas(name: str) -> None:
    obj = flux(name)
    assert is_controller(obj)
    assert held(obj) == {**obj, "spec": {**obj["spec"], "replicas": 0}}


@pytest.mark.parametrize(
    "obj",
    [
        flux("source-controller-shard1", **{COMPONENT: "source-controller"}),
        flux("mine", "ghcr.io/fluxcd/kustomize-controller:v1.9.0"),
        flux("mine", "registry:5000/mirror/helm-controller@sha256:abc"),
        {**flux("source-watcher"), "apiVersion": "apps/v1beta2"},
    ],
)
def test_a_shard_or_a_renamed_one_is_known_by_its_component_or_image(obj: dict[str, Any]) -> None:
    assert held(obj)["spec"]["replicas"] == 0


@pytest.mark.parametrize(
    "obj",
    [
        deployment("source-controller", "ghcr.io/fluxcd/source-controller:v1.9.0"),
        flux("flux-operator", "ghcr.io/controlplaneio-fluxcd/flux-operator:v0.40"),
        {**flux("source-controller"), "kind": "StatefulSet"},
        {**flux("source-controller"), "apiVersion": "example.com/v1"},
        flux("podinfo", "ghcr.io/stefanprodan/podinfo:6"),
        {**flux("source-controller"), "spec": None},
    ],
)
def test_every_other_object_stays_as_it_is(obj: dict[str, Any]) -> None:
    assert held(obj) is obj


@pytest.mark.parametrize("spec", [{}, {"template": []}, {"template": {"spec": {"containers": {}}}}])
def test_an_object_of_another_shape_is_no_error(spec: dict[str, Any]) -> None:
    assert not is_controller({**flux("x"), "spec": spec})
    assert held({**flux("helm-controller"), "spec": spec})["spec"] == {**spec, "replicas": 0}
