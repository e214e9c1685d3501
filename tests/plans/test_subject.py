"""The Kustomization that a plan is made for."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.api.kustomization import decode
from penstock.plans.subject import (
    NoKustomization,
    at_path,
    in_file,
    is_kustomization,
    not_found,
    with_status_of,
    without_cluster,
)

from tests.kustomize.builders import OWNER, make


def _kustomization(
    name: str = "apps", namespace: str = "", version: str = "v1", **spec: Any
) -> dict[str, Any]:
    wanted = {
        "interval": "1m",
        "prune": True,
        "sourceRef": {"kind": "GitRepository", "name": "fleet"},
        **spec,
    }
    return make(f"kustomize.toolkit.fluxcd.io/{version}", "Kustomization", name, namespace, spec=wanted)


def test_the_one_of_the_name_is_taken_whatever_its_version_and_if_it_has_no_namespace() -> None:
    documents = [
        None,
        "x",
        make("kustomize.config.k8s.io/v1beta1", "Kustomization", "apps"),
        _kustomization("b"),
    ]
    found = in_file([*documents, _kustomization(version="v1beta2")], OWNER, "f.yaml")
    assert (found["apiVersion"], found["metadata"]) == (
        "kustomize.toolkit.fluxcd.io/v1",
        {"name": "apps", "namespace": "flux-system"},
    )
    with pytest.raises(NoKustomization, match=r"name 'apps' and namespace 'flux-system' in file 'f\.yaml'"):
        in_file([*documents, _kustomization(namespace="other")], OWNER, "f.yaml")


def test_flux_s_words_for_one_that_is_not_there() -> None:
    told = 'failed to get kustomization object: kustomizations.kustomize.toolkit.fluxcd.io "apps" not found'
    assert not_found(OWNER).message.startswith(told)


def test_a_file_has_the_spec_and_the_cluster_the_status() -> None:
    live = {
        **_kustomization(namespace="flux-system", path="./old"),
        "status": {"inventory": {"entries": []}},
    }
    live["metadata"] |= {"uid": "u", "annotations": {"a": "live", "b": "live"}, "labels": {"x": "y"}}
    mine = _kustomization(namespace="flux-system", path="./new")
    mine["metadata"]["annotations"] = {"a": "file"}
    found = with_status_of(mine, live)
    assert (found["spec"]["path"], found["status"], found["metadata"]["uid"]) == (
        "./new",
        live["status"],
        "u",
    )
    assert found["metadata"]["annotations"] == {"a": "file", "b": "live"}
    assert "labels" not in found["metadata"]
    assert with_status_of(mine, None) is mine


def test_kustomizations_of_kustomize_are_none_of_flux() -> None:
    assert is_kustomization(_kustomization())
    assert not is_kustomization(make("kustomize.config.k8s.io/v1", "Kustomization", "x"))
    assert not is_kustomization([])


def test_the_folder_and_the_variables_of_a_plan_are_its_own() -> None:
    post_build = {"substitute": {"a": "1"}, "substituteFrom": [{"kind": "Secret", "name": "s"}]}
    model = decode(_kustomization(path="./x", postBuild=post_build))
    assert at_path(model, "./y").spec.path == "./y"
    alone = without_cluster(model).spec.post_build
    assert alone is not None
    assert (dict(alone.substitute), alone.substitute_from) == ({"a": "1"}, ())
    bare = decode(_kustomization())
    assert without_cluster(bare) is bare
