from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from penstock.api import crds, gitrepository, kustomization
from penstock.api.conditions import At
from penstock.api.kstatus import State, judge
from penstock.api.patch import status_patch
from penstock.api.transitions import success

from tests.support.kubectl import Kubectl

if TYPE_CHECKING:
    from penstock.api.crd import Definition
    from penstock.tools.controlplane.plane import ControlPlane

CRDS = Path(__file__).resolve().parents[2] / "infra" / "crds"
NOON = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
Json = dict[str, Any]

GIT: Json = {"url": "https://git.example.com/podinfo", "interval": "1m"}
OVERLAY: Json = {"interval": "1m", "prune": True, "sourceRef": {"kind": "GitRepository", "name": "podinfo"}}


@pytest.fixture(scope="module")
def kubectl(control_plane: ControlPlane) -> Kubectl:
    run = Kubectl(control_plane.kubectl, control_plane.kubeconfig)
    run("apply", "--server-side", "--force-conflicts", "-f", str(CRDS))
    names = [f"crd/{definition.name}" for definition in crds.DEFINITIONS]
    run.wait_established(*names)
    return run


def made(kind: str, name: str, spec: Json, namespace: str) -> Json:
    group = gitrepository.GROUP if kind == "GitRepository" else kustomization.GROUP
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata, "spec": spec}


def listed(*objects: Json) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})


@pytest.mark.parametrize("definition", crds.DEFINITIONS, ids=lambda definition: definition.kind)
def test_the_api_server_knows_the_kinds_by_flux_s_names(kubectl: Kubectl, definition: Definition) -> None:
    lines = kubectl(
        "api-resources", f"--api-group={definition.group}", "--no-headers", "-o", "wide"
    ).splitlines()
    (known,) = (line for line in lines if line.startswith(f"{definition.plural} "))
    plural, short, version, namespaced, kind, _, categories = known.split()
    assert (plural, short, kind) == (definition.plural, ",".join(definition.short_names), definition.kind)
    assert (version, namespaced) == (f"{definition.group}/v1", "true")
    assert categories == ",".join(definition.categories)


def test_the_api_server_has_no_objection_to_the_schemas(kubectl: Kubectl) -> None:
    names = [definition.name for definition in crds.DEFINITIONS]
    for crd in json.loads(kubectl("get", "crd", *names, "-o", "json"))["items"]:
        conditions = {found["type"]: found["status"] for found in crd["status"]["conditions"]}
        assert conditions["Established"] == "True"
        assert conditions.get("NonStructuralSchema", "False") == "False"


def test_defaults_appear_in_stored_objects(kubectl: Kubectl, namespace: str) -> None:
    verified = GIT | {"verify": {"secretRef": {"name": "keys"}}}
    substituted = OVERLAY | {"postBuild": {"substituteFrom": [{"kind": "Secret", "name": "x"}]}}
    objects = (
        made("GitRepository", "podinfo", verified, namespace),
        made("Kustomization", "podinfo", substituted, namespace),
    )
    kubectl("create", "-f", "-", stdin=listed(*objects))
    stored = json.loads(kubectl("get", "gitrepo,ks", "-n", namespace, "-o", "json"))["items"]
    source, overlay = sorted(stored, key=lambda found: str(found["kind"]))
    assert source["spec"] == verified | {
        "timeout": "60s",
        "verify": {"mode": "HEAD", "secretRef": {"name": "keys"}},
    }
    assert source["status"] == {"observedGeneration": -1}
    assert overlay["spec"] == substituted | {
        "force": False,
        "postBuild": {"substituteFrom": [{"kind": "Secret", "name": "x", "optional": False}]},
    }
    assert overlay["status"] == {"observedGeneration": -1}
    assert gitrepository.decode(source).status.observed_generation == -1
    assert kustomization.decode(overlay).status.observed_generation == -1


BAD_SOURCES: dict[str, tuple[Json, str]] = {
    "url": ({"url": "ext::sh -c id"}, "spec.url in body should match '^(http|https|ssh)://.*$'"),
    "interval": ({"interval": "soon"}, "spec.interval in body should match"),
    "timeout": ({"timeout": "1h"}, "spec.timeout in body should match"),
    "provider": ({"provider": "gcp"}, 'supported values: "generic", "aws", "azure", "github"'),
    "mode": (
        {"verify": {"mode": "Head", "secretRef": {"name": "x"}}},
        'supported values: "head", "HEAD", "Tag", "TagAndHEAD"',
    ),
    "reference": ({"secretRef": {}}, "spec.secretRef.name: Required value"),
    "account": (
        {"serviceAccountName": "x"},
        "serviceAccountName can only be set when provider is 'azure' or 'aws'",
    ),
}
BAD_OVERLAYS: dict[str, tuple[Json, str]] = {
    "interval": ({"interval": "1 m"}, "spec.interval in body should match"),
    "prune": ({"prune": None}, "spec.prune: Required value"),
    "kind": (
        {"sourceRef": {"kind": "HelmChart", "name": "x"}},
        'supported values: "OCIRepository", "GitRepository", "Bucket", "ExternalArtifact"',
    ),
    "policy": ({"deletionPolicy": "Keep"}, 'supported values: "MirrorPrune", "Delete"'),
    "namespace": ({"targetNamespace": "x" * 64}, "spec.targetNamespace: Too long"),
    "prefix": ({"namePrefix": ""}, "spec.namePrefix in body should be at least 1 chars long"),
    "no-cluster": (
        {"kubeConfig": {}},
        "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified",
    ),
    "two-clusters": (
        {"kubeConfig": {"secretRef": {"name": "x"}, "configMapRef": {"name": "x"}}},
        "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified",
    ),
    "variables": (
        {"postBuild": {"substituteFrom": [{"kind": "Pod", "name": "x"}]}},
        'supported values: "Secret", "ConfigMap"',
    ),
}


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [("GitRepository", GIT, BAD_SOURCES), ("Kustomization", OVERLAY, BAD_OVERLAYS)],
)
def test_bad_objects_are_refused_in_flux_s_words(
    kubectl: Kubectl, namespace: str, kind: str, good: Json, bad: dict[str, tuple[Json, str]]
) -> None:
    objects = (made(kind, name, good | spec, namespace) for name, (spec, _) in bad.items())
    answer = kubectl(
        "create", "--dry-run=server", "--validate=false", "-f", "-", stdin=listed(*objects), fails=True
    )
    lines = answer.splitlines()
    assert len(lines) == len(bad)
    for line, (name, (_, message)) in zip(lines, bad.items(), strict=True):
        assert f'"{name}" is invalid: ' in line
        assert message in line


def test_fields_that_no_model_knows_are_dropped(kubectl: Kubectl, namespace: str) -> None:
    strange = made("GitRepository", "podinfo", GIT | {"fromTheFuture": 1}, namespace)
    create = ("create", "--dry-run=server", "--validate=ignore", "-o", "json", "-f", "-")
    assert "fromTheFuture" not in json.loads(kubectl(*create, stdin=json.dumps(strange)))["spec"]


def test_a_condition_that_is_none_is_refused(kubectl: Kubectl, namespace: str) -> None:
    created = made("Kustomization", "podinfo", OVERLAY, namespace)
    kubectl("create", "-f", "-", stdin=json.dumps(created))
    patch = {"status": {"conditions": [{"type": "Ready", "status": "Yes", "reason": "no word"}]}}
    where = ("patch", "ks", "podinfo", "-n", namespace, "--subresource=status", "--type=merge")
    answer = kubectl(*where, "-p", json.dumps(patch), fails=True)
    for problem in (
        'supported values: "True", "False", "Unknown"',
        "reason in body should match",
        "lastTransitionTime: Required value",
        "message: Required value",
    ):
        assert problem in answer


def test_a_status_patch_is_stored_and_the_columns_show_it(kubectl: Kubectl, namespace: str) -> None:
    objects = (
        made("GitRepository", "podinfo", GIT, namespace),
        made("Kustomization", "podinfo", OVERLAY, namespace),
    )
    kubectl("create", "-f", "-", stdin=listed(*objects))
    stored = json.loads(kubectl("get", "ks", "podinfo", "-n", namespace, "-o", "json"))
    before = kustomization.decode(stored)
    at = At(before.metadata.generation, NOON)
    after = success(before.status, "ReconciliationSucceeded", "Applied revision: main@sha1:0", at)
    where = ("patch", "ks", "podinfo", "-n", namespace, "--subresource=status", "--type=merge", "-o", "json")
    patched = json.loads(kubectl(*where, "-p", json.dumps(status_patch(before.status, after))))
    assert kustomization.decode(patched).status == after
    assert judge(patched).state is State.CURRENT

    lines = kubectl("get", "gitrepositories,kustomizations", "-n", namespace).splitlines()
    assert lines[0].split() == ["NAME", "URL", "AGE", "READY", "STATUS"]
    name, url, age, *rest = lines[1].split()
    assert name == "gitrepository.source.toolkit.fluxcd.io/podinfo"
    assert (url, rest) == (GIT["url"], [])
    assert age
    assert lines[3].split() == ["NAME", "AGE", "READY", "STATUS"]
    name, _, ready, *message = lines[4].split()
    assert name == "kustomization.kustomize.toolkit.fluxcd.io/podinfo"
    assert (ready, " ".join(message)) == ("True", "Applied revision: main@sha1:0")
    everywhere = kubectl("get", "gitrepo,ks", "-A", "--no-headers").splitlines()
    assert [line.split()[0] for line in everywhere if line].count(namespace) == 2
