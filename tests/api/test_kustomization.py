from __future__ import annotations

from typing import Any

import pytest
from penstock.api import kustomization
from penstock.api.kustomization import DeletionPolicy, SubstituteStrategy
from penstock.api.patch import encode

SELECTOR = {
    "group": "apps",
    "version": "v1",
    "kind": "Deployment",
    "name": "podinfo",
    "namespace": "apps",
    "labelSelector": "app=podinfo",
    "annotationSelector": "a=b",
}
FULL_SPEC: dict[str, Any] = {
    "sourceRef": {
        "kind": "OCIRepository",
        "name": "podinfo",
        "namespace": "sources",
        "apiVersion": "source.toolkit.fluxcd.io/v1",
    },
    "interval": "10m",
    "prune": True,
    "retryInterval": "2m",
    "timeout": "3m",
    "path": "./deploy",
    "suspend": True,
    "targetNamespace": "apps",
    "namePrefix": "a-",
    "nameSuffix": "-z",
    "commonMetadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
    "images": [{"name": "podinfo", "newName": "other", "newTag": "1", "digest": "sha256:0"}],
    "patches": [{"patch": "- op: remove", "target": SELECTOR}],
    "components": ["../component"],
    "ignoreMissingComponents": True,
    "buildMetadata": ["originAnnotations", "transformerAnnotations"],
    "postBuild": {
        "substitute": {"a": "b"},
        "substituteFrom": [{"kind": "ConfigMap", "name": "vars", "optional": True}],
        "substituteStrategy": "Always",
    },
    "decryption": {"provider": "sops", "secretRef": {"name": "keys"}, "serviceAccountName": "kms"},
    "dependsOn": [{"name": "infra", "namespace": "infra", "readyExpr": "dep.status.ready"}],
    "wait": True,
    "healthChecks": [{"kind": "Deployment", "name": "x", "namespace": "y", "apiVersion": "apps/v1"}],
    "healthCheckExprs": [
        {"apiVersion": "x/v1", "kind": "X", "current": "a", "inProgress": "b", "failed": "c"}
    ],
    "force": True,
    "ignore": [{"paths": ["/spec/replicas"], "target": SELECTOR}],
    "deletionPolicy": "Orphan",
    "serviceAccountName": "deployer",
    "kubeConfig": {"secretRef": {"name": "remote", "key": "config"}, "configMapRef": {"name": "remote"}},
}
FULL_STATUS: dict[str, Any] = {
    "observedGeneration": 3,
    "lastHandledReconcileAt": "token",
    "conditions": [
        {
            "type": "Ready",
            "status": "Unknown",
            "reason": "Progressing",
            "message": "",
            "lastTransitionTime": "2030-01-01T00:00:00Z",
            "observedGeneration": 3,
        }
    ],
    "lastAppliedRevision": "main@sha1:1",
    "lastAppliedOriginRevision": "main@sha1:0",
    "lastAttemptedRevision": "main@sha1:2",
    "inventory": {"entries": [{"id": "apps_podinfo_apps_Deployment", "v": "v1"}]},
    "history": [
        {
            "digest": "sha256:1",
            "firstReconciled": "2030-01-01T00:00:00Z",
            "lastReconciled": "2030-01-01T00:00:00Z",
            "lastReconciledDuration": "1.2s",
            "lastReconciledStatus": "ReconciliationSucceeded",
            "totalReconciliations": 1,
            "metadata": {"revision": "main@sha1:1"},
        }
    ],
}
MINIMAL: dict[str, Any] = {
    "interval": "10m",
    "prune": False,
    "sourceRef": {"kind": "GitRepository", "name": "podinfo"},
}


def overlay(spec: dict[str, Any], status: dict[str, Any] | None = None) -> kustomization.Kustomization:
    obj = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "podinfo", "namespace": "apps"},
        "spec": spec,
    }
    return kustomization.decode(obj if status is None else obj | {"status": status})


def test_every_field_survives_decoding_and_encoding() -> None:
    found = overlay(FULL_SPEC, FULL_STATUS)
    assert encode(found.spec) == FULL_SPEC
    assert encode(found.status) == FULL_STATUS


def test_the_samples_hold_every_field_of_the_models() -> None:
    assert len(FULL_SPEC) == len(kustomization.KustomizationSpec.__struct_fields__)
    assert len(FULL_STATUS) == len(kustomization.KustomizationStatus.__struct_fields__)


def test_absent_fields_read_as_what_flux_acts_on() -> None:
    found = overlay(MINIMAL | {"postBuild": {}}).spec
    assert found.deletion_policy is DeletionPolicy.MIRROR_PRUNE
    assert found.post_build is not None
    assert found.post_build.substitute_strategy is SubstituteStrategy.WITH_VARIABLES
    assert not found.wait
    assert not found.force
    assert found.path == ""


@pytest.mark.parametrize(
    ("spec", "seconds"),
    [
        ({"interval": "10m"}, 570),
        ({"interval": "10m", "timeout": "3m"}, 180),
        ({"interval": "40s"}, 30),
        ({"interval": "10m", "timeout": "5s"}, 30),
        ({"interval": "1m", "timeout": "1h"}, 3600),
    ],
)
def test_the_timeout_is_flux_s(spec: dict[str, str], seconds: float) -> None:
    assert overlay(MINIMAL | spec).spec.timeout_s == seconds


def test_a_failure_is_retried_after_the_interval_unless_told_otherwise() -> None:
    assert overlay(MINIMAL).spec.retry_interval_s == 600
    assert overlay(MINIMAL | {"retryInterval": "90s"}).spec.retry_interval_s == 90
    assert overlay(MINIMAL).spec.interval_s == 600


def test_the_source_is_in_the_same_namespace_unless_told_otherwise() -> None:
    assert str(overlay(MINIMAL).source) == "GitRepository/apps/podinfo"
    assert str(overlay(FULL_SPEC).source) == "OCIRepository/sources/podinfo"


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"sourceRef": {"kind": "HelmRepository", "name": "x"}}, r"spec\.sourceRef\.kind"),
        ({"targetNamespace": ""}, r"spec\.targetNamespace"),
        ({"namePrefix": "x" * 201}, r"spec\.namePrefix"),
        ({"retryInterval": "x"}, r"spec\.retryInterval"),
        ({"retryInterval": "1" * 70 + "s"}, r"spec\.retryInterval"),
        ({"prune": None}, r"spec\.prune"),
        ({"postBuild": {"substitute": {"a": 1}}}, r"spec\.postBuild\.substitute"),
    ],
)
def test_a_bad_field_is_named(spec: dict[str, object], field: str) -> None:
    with pytest.raises(Exception, match=field):
        overlay(MINIMAL | spec)
