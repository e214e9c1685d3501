from __future__ import annotations

from typing import Any

import pytest
from penstock.api import gitrepository
from penstock.api.gitrepository import GitProvider, VerificationMode
from penstock.api.meta import ConditionStatus
from penstock.api.patch import encode

FULL_SPEC: dict[str, Any] = {
    "url": "https://git.example.com/podinfo",
    "interval": "1m30s",
    "timeout": "20s",
    "ref": {
        "branch": "main",
        "tag": "v1",
        "semver": ">=1.0.0",
        "name": "refs/pull/1/head",
        "commit": "0" * 40,
    },
    "secretRef": {"name": "login"},
    "provider": "azure",
    "serviceAccountName": "reader",
    "proxySecretRef": {"name": "proxy"},
    "verify": {"mode": "TagAndHEAD", "secretRef": {"name": "keys"}},
    "ignore": "/*\n!/deploy\n",
    "suspend": True,
    "recurseSubmodules": True,
    "include": [{"repository": {"name": "other"}, "fromPath": "a", "toPath": "b"}],
    "sparseCheckout": ["deploy"],
}
ARTIFACT: dict[str, Any] = {
    "digest": "sha256:" + "a" * 64,
    "lastUpdateTime": "2030-01-01T00:00:00Z",
    "path": "gitrepository/apps/podinfo/a.tar.gz",
    "revision": "main@sha1:" + "b" * 40,
    "url": "http://store/a.tar.gz",
    "size": 1024,
    "metadata": {"origin": "x"},
}
FULL_STATUS: dict[str, Any] = {
    "observedGeneration": 3,
    "lastHandledReconcileAt": "token",
    "conditions": [
        {
            "type": "Ready",
            "status": "True",
            "reason": "Succeeded",
            "message": "stored artifact",
            "lastTransitionTime": "2030-01-01T00:00:00Z",
            "observedGeneration": 3,
        }
    ],
    "artifact": ARTIFACT,
    "includedArtifacts": [ARTIFACT],
    "observedIgnore": "",
    "observedRecurseSubmodules": True,
    "observedInclude": FULL_SPEC["include"],
    "observedSparseCheckout": ["deploy"],
    "sourceVerificationMode": "HEAD",
}


def source(spec: dict[str, Any], status: dict[str, Any] | None = None) -> gitrepository.GitRepository:
    obj = {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": "podinfo", "namespace": "apps", "generation": 3},
        "spec": spec,
    }
    return gitrepository.decode(obj if status is None else obj | {"status": status})


def test_every_field_survives_decoding_and_encoding() -> None:
    found = source(FULL_SPEC, FULL_STATUS)
    assert encode(found.spec) == FULL_SPEC
    assert encode(found.status) == FULL_STATUS


def test_the_samples_hold_every_field_of_the_models() -> None:
    assert len(FULL_SPEC) == len(gitrepository.GitRepositorySpec.__struct_fields__)
    assert len(FULL_STATUS) == len(gitrepository.GitRepositoryStatus.__struct_fields__)


def test_absent_fields_read_as_what_flux_acts_on() -> None:
    found = source({"url": "ssh://git@example.com/x", "interval": "5m"})
    assert found.spec.timeout_s == 60
    assert found.spec.provider is GitProvider.GENERIC
    assert found.spec.ref is None
    assert found.spec.ignore is None
    assert not found.spec.suspend
    assert found.status.conditions == ()


def test_an_empty_ignore_is_not_an_absent_one() -> None:
    assert source({"url": "https://x", "interval": "5m", "ignore": ""}).spec.ignore == ""


def test_verification_looks_at_the_head_unless_told_otherwise() -> None:
    verify = {"secretRef": {"name": "keys"}}
    found = source({"url": "https://x", "interval": "5m", "verify": verify}).spec.verify
    assert found is not None
    assert found.mode is VerificationMode.HEAD


def test_durations_are_seconds() -> None:
    found = source(FULL_SPEC).spec
    assert (found.interval_s, found.timeout_s) == (90, 20)


def test_conditions_are_typed() -> None:
    assert source(FULL_SPEC, FULL_STATUS).status.conditions[0].status is ConditionStatus.TRUE


@pytest.mark.parametrize("digest", ["", "sha256", "SHA256:abc", "sha256:a b"])
def test_an_artifact_without_a_proper_digest_is_refused(digest: str) -> None:
    with pytest.raises(Exception, match=r"status\.artifact\.digest"):
        source(FULL_SPEC, {"artifact": ARTIFACT | {"digest": digest}})
