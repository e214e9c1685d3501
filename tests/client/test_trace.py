from __future__ import annotations

from datetime import UTC, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from penstock.api.refs import ObjectRef, git_repository
from penstock.api.refs import kustomization as kustomization_ref
from penstock.client.trace import kustomization_of, moment, of_helm, owners, report, source_of

from tests.client.objects import REVISION, condition, git, kustomization

if TYPE_CHECKING:
    from penstock.api.objects import Json

GROUP = "kustomize.toolkit.fluxcd.io"
OBJECT = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "apps"}}


def _told(*about: Json | None) -> list[str]:
    obj, applied, source = about
    assert obj is not None
    assert applied is not None
    return list(report(obj, applied, source, UTC))


# The form of flux2 v2.9 cmd/flux/testdata/trace/helmrelease.golden.
def test_it_is_told_as_flux_tells_it() -> None:
    applied = kustomization(
        "apps", condition("True", f"Applied revision: {REVISION}"), spec={"targetNamespace": "x"}
    )
    stored = git("fleet", condition("True", "stored artifact"), spec={"ref": {"branch": "main"}})
    assert _told(OBJECT, applied, stored) == [
        "",
        "Object:          Deployment/web",
        "Namespace:       apps",
        "Status:          Managed by Flux",
        "---",
        "Kustomization:   apps",
        "Namespace:       flux-system",
        "Target:          x",
        "Path:            ./apps",
        f"Revision:        {REVISION}",
        "Status:          Last reconciled at 2026-03-01 11:00:00 +0000 UTC",
        f"Message:         Applied revision: {REVISION}",
        "---",
        "GitRepository:   fleet",
        "Namespace:       flux-system",
        "URL:             https://example.com/fleet",
        "Branch:          main",
        f"Revision:        {REVISION}",
        "Status:          Last reconciled at 2026-03-01 11:00:00 +0000 UTC",
        "Message:         stored artifact",
    ]


def test_a_failing_source_and_what_was_never_looked_at_are_told() -> None:
    node = {"kind": "Node", "metadata": {"name": "n"}}
    broken = git("fleet", condition("False", "no route"), status={"artifact": None})
    assert _told(node, kustomization(status={"lastAppliedRevision": ""}), broken) == [
        "",
        "Object:          Node/n",
        "Status:          Managed by Flux",
        "---",
        "Kustomization:   apps",
        "Namespace:       flux-system",
        "Path:            ./apps",
        "Revision:        ",
        "Status:          Unknown",
        "---",
        "GitRepository:   fleet",
        "Namespace:       flux-system",
        "URL:             https://example.com/fleet",
        "Status:          Last reconciliation failed at 2026-03-01 11:00:00 +0000 UTC",
        "Message:         no route",
    ]
    assert "---" not in _told(node, kustomization(), None)[5:]


@pytest.mark.parametrize(
    ("ref", "line"),
    [
        ({"tag": "v1", "semver": "1.x", "branch": "main"}, "Tag:             v1"),
        ({"semver": "1.x", "branch": "main"}, "Tag:             1.x"),
        ({"branch": "main", "commit": "abc"}, "Branch:          main"),
    ],
)
def test_the_reference_that_counts_is_told(ref: Json, line: str) -> None:
    told = _told(OBJECT, kustomization(), git(spec={"ref": ref}))
    assert [one for one in told if one.startswith(("Tag", "Branch"))] == [line]


def test_times_are_those_of_the_zone() -> None:
    berlin = timezone(timedelta(hours=1), "CET")
    assert moment("2026-03-01T11:00:00Z", berlin) == "2026-03-01 12:00:00 +0100 CET"
    assert moment("never", UTC) == "never"


def test_labels_and_owners_say_whose_an_object_is() -> None:
    labels = {f"{GROUP}/name": "apps", f"{GROUP}/namespace": "flux-system"}
    pod: Json = {"metadata": {"namespace": "x", "labels": labels}}
    assert kustomization_of(pod) == kustomization_ref("flux-system", "apps")
    assert kustomization_of(OBJECT) is None
    assert of_helm({"metadata": {"labels": {"helm.toolkit.fluxcd.io/name": "web"}}})
    assert not of_helm(pod)
    replicas = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1"}
    node = {"apiVersion": "v1", "kind": "Node", "name": "n"}
    owned: Json = {"metadata": {"namespace": "x", "ownerReferences": [replicas, node]}}
    found = [ObjectRef("apps", "v1", "ReplicaSet", "x", "web-1"), ObjectRef("", "v1", "Node", "x", "n")]
    assert list(owners(owned)) == found
    assert list(owners(OBJECT)) == []


def test_the_source_is_of_a_kind_that_flux_has() -> None:
    assert source_of(kustomization()) == git_repository("flux-system", "fleet")
    assert source_of(kustomization(spec={"sourceRef": {"kind": "Folder", "name": "x"}})) is None
