from __future__ import annotations

from typing import Any

import pytest
from penstock.api import gitrepository, kustomization
from penstock.api.unsupported import NotSupported, check_supported, unsupported, unsupported_fields

GIT: dict[str, Any] = {
    "url": "https://git.example.com/podinfo",
    "interval": "1m",
    "timeout": "20s",
    "ref": {"branch": "main", "tag": "v1", "semver": "*", "name": "refs/x", "commit": "0" * 40},
    "ignore": "x",
    "suspend": True,
    "secretRef": {"name": "login"},
}
OVERLAY: dict[str, Any] = {
    "interval": "10m",
    "retryInterval": "2m",
    "timeout": "3m",
    "path": "./deploy",
    "prune": True,
    "sourceRef": {"kind": "GitRepository", "name": "podinfo", "namespace": "elsewhere"},
    "suspend": True,
    "targetNamespace": "apps",
    "namePrefix": "a-",
    "nameSuffix": "-z",
    "commonMetadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
    "images": [{"name": "nginx", "newTag": "2"}],
    "patches": [{"patch": "x", "target": {"kind": "Deployment"}}],
    "components": ["../c"],
    "ignoreMissingComponents": True,
    "buildMetadata": ["originAnnotations"],
    "postBuild": {"substitute": {"a": "b"}},
}


def source(**spec: object) -> gitrepository.GitRepository:
    obj = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "podinfo"},
        "spec": GIT | spec,
    }
    return gitrepository.decode(obj)


def overlay(**spec: object) -> kustomization.Kustomization:
    obj = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "podinfo"},
        "spec": OVERLAY | spec,
    }
    return kustomization.decode(obj)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({}, ()),
        ({"provider": "generic", "serviceAccountName": "", "recurseSubmodules": False}, ()),
        ({"include": [], "sparseCheckout": [], "ref": {}}, ()),
        ({"provider": "github"}, ("spec.provider",)),
        ({"proxySecretRef": {"name": "proxy"}}, ("spec.proxySecretRef",)),
        ({"proxySecretRef": {"name": ""}}, ("spec.proxySecretRef",)),
        ({"verify": {"secretRef": {"name": "keys"}}}, ("spec.verify",)),
        ({"recurseSubmodules": True, "sparseCheckout": ["a"]}, ()),
        ({"include": [{"repository": {"name": "x"}}]}, ()),
        ({"url": "ssh://git:secret@example.com/x"}, ()),
    ],
)
def test_fields_of_a_git_repository(spec: dict[str, object], found: tuple[str, ...]) -> None:
    assert unsupported(source(**spec)) == found


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({}, ()),
        ({"wait": False, "force": False, "deletionPolicy": "MirrorPrune", "serviceAccountName": ""}, ()),
        ({"dependsOn": [], "images": [], "patches": [], "components": [], "healthChecks": []}, ()),
        ({"ignoreMissingComponents": False, "buildMetadata": [], "healthCheckExprs": [], "ignore": []}, ()),
        ({"commonMetadata": {}, "postBuild": {}}, ()),
        ({"commonMetadata": {"labels": {}}, "postBuild": {"substituteStrategy": "WithVariables"}}, ()),
        ({"decryption": {"provider": "sops"}, "kubeConfig": {}}, ("spec.decryption", "spec.kubeConfig")),
        ({"wait": True, "healthChecks": [{"kind": "Deployment", "name": "x"}], "force": True}, ()),
        ({"deletionPolicy": "Orphan", "ignore": [{"paths": ["/spec/replicas"]}]}, ()),
        ({"decryption": {"provider": "sops"}}, ("spec.decryption",)),
        ({"kubeConfig": {"secretRef": {"name": "x"}}}, ("spec.kubeConfig",)),
        ({"kubeConfig": {}}, ("spec.kubeConfig",)),
        ({"sourceRef": {"kind": "OCIRepository", "name": "x"}}, ("spec.sourceRef.kind OCIRepository",)),
        (
            {"decryption": {"provider": "sops"}, "sourceRef": {"kind": "Bucket", "name": "x"}},
            ("spec.decryption", "spec.sourceRef.kind Bucket"),
        ),
    ],
)
def test_fields_of_a_kustomization(spec: dict[str, object], found: tuple[str, ...]) -> None:
    assert unsupported(overlay(**spec)) == found


def test_one_error_names_every_field() -> None:
    with pytest.raises(
        NotSupported, match=r"^not yet supported: spec\.decryption, spec\.kubeConfig$"
    ) as caught:
        check_supported(overlay(decryption={"provider": "sops"}, kubeConfig={"secretRef": {"name": "x"}}))
    assert caught.value.reason == "NotSupported"
    check_supported(overlay())


def test_an_address_is_not_repeated_in_the_error() -> None:
    with pytest.raises(NotSupported) as caught:
        check_supported(source(url="ssh://git:secret@example.com/x", provider="github"))
    assert "secret" not in str(caught.value)


def test_a_part_of_a_field_can_be_supported() -> None:
    spec = overlay(postBuild={"substitute": {"a": "b"}, "substituteStrategy": "Always"}).spec
    supported = frozenset(f"spec.{name}" for name in OVERLAY) - {"spec.postBuild"} | {
        "spec.postBuild.substitute"
    }
    assert list(unsupported_fields(spec, supported)) == ["spec.postBuild.substituteStrategy"]
