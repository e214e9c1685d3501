"""The public example of Flux's authors, its infrastructure and its apps, from one GitRepository.

Its HelmReleases and their sources are stored and looked at by nobody: what reconciles them is another matter.
The kinds of others have small CRDs here.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.fleet import Fleet
    from tests.support.kubectl import Kubectl

SHARED = Path(__file__).resolve().parents[3] / "shared"
EXAMPLE = SHARED / "fleets" / "flux2-kustomize-helm-example"
FLUX_KINDS = ("helmreleases", "ocirepositories", "helmrepositories")
THEIRS = (
    ("cert-manager.io", "v1", "ClusterIssuer", "Cluster"),
    ("gateway.networking.k8s.io", "v1", "GatewayClass", "Cluster"),
    ("gateway.networking.k8s.io", "v1", "Gateway", "Namespaced"),
)
HELM = (
    ("helm.toolkit.fluxcd.io/v2", "cert-manager", "helmreleases", "cert-manager"),
    ("source.toolkit.fluxcd.io/v1", "cert-manager", "ocirepositories", "cert-manager"),
    ("helm.toolkit.fluxcd.io/v2", "envoy-gateway-system", "helmreleases", "envoy-gateway"),
    ("source.toolkit.fluxcd.io/v1", "envoy-gateway-system", "ocirepositories", "gateway-helm"),
    ("helm.toolkit.fluxcd.io/v2", "podinfo", "helmreleases", "podinfo"),
    ("source.toolkit.fluxcd.io/v1", "podinfo", "helmrepositories", "podinfo"),
)
SERVER = "https://acme-v02.api.letsencrypt.org/directory"

pytestmark = pytest.mark.skipif(not EXAMPLE.is_dir(), reason="../shared is absent: no example to apply")


def _crd(group: str, version: str, kind: str, scope: str) -> dict[str, Any]:
    plural = f"{kind.lower()}es" if kind.endswith("s") else f"{kind.lower()}s"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    meta = {"name": f"{plural}.{group}", "annotations": {"api-approved.kubernetes.io": "unapproved, a test"}}
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    versions = [{"name": version, "served": True, "storage": True, "schema": schema}]
    spec = {"group": group, "names": names, "scope": scope, "versions": versions}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": meta,
        "spec": spec,
    }


@pytest.fixture
def helm_kinds(kubectl: Kubectl) -> Iterator[None]:
    """Flux's own CRDs of the kinds that nobody reconciles here."""
    crds = SHARED / "flux-crds"
    files = [str(file) for file in crds.glob("*.yaml") if file.stem.rpartition("_")[2] in FLUX_KINDS]
    flags = [flag for file in files for flag in ("-f", file)]
    kubectl("apply", "--server-side", *flags)
    kubectl.wait_established(*flags)
    yield
    kubectl("delete", "--wait=false", *flags)


@pytest.fixture
def their_kinds(kubectl: Kubectl) -> Iterator[str]:
    """Small CRDs of cert-manager's and the gateways' kinds, for kubectl: not installed yet."""
    text = "---\n".join(yaml.safe_dump(_crd(*kind)) for kind in THEIRS)
    yield text
    kubectl("delete", "--wait=false", "--ignore-not-found", "-f", "-", stdin=text)


def _add(fleet: Fleet) -> None:
    """What clusters/production has, with the one GitRepository in place of generated artifacts."""
    fleet.add_source()
    own = {"targetNamespace": None, "retryInterval": "1s"}
    fleet.add_kustomization("infra-controllers", path="./infrastructure/controllers", **own)
    patch = f"- op: replace\n  path: /spec/acme/server\n  value: {SERVER}\n"
    target = {"kind": "ClusterIssuer", "name": "letsencrypt"}
    fleet.add_kustomization(
        "infra-configs",
        path="./infrastructure/configs",
        dependsOn=[{"name": "infra-controllers"}],
        patches=[{"patch": patch, "target": target}],
        **own,
    )
    fleet.add_kustomization("apps", path="./apps/production", dependsOn=[{"name": "infra-configs"}], **own)


def _created(fleet: Fleet, api_version: str, namespace: str, plural: str, name: str) -> dict[str, Any]:
    found = fleet.kube.get(f"/apis/{api_version}/namespaces/{namespace}/{plural}/{name}")
    assert found is not None, f"{plural}/{name} does not exist"
    return found


@pytest.mark.usefixtures("helm_kinds")
def test_the_example_is_stored_in_its_order_and_what_is_missing_is_one_message(
    fleet: Fleet, kubectl: Kubectl, their_kinds: str
) -> None:
    _add(fleet)
    files = {
        str(file.relative_to(EXAMPLE)): file.read_bytes() for file in EXAMPLE.rglob("*") if file.is_file()
    }
    commit = fleet.push(files)
    fleet.wait_applied(commit, "infra-controllers")
    message = fleet.wait_failed("ReconciliationFailed", "infra-configs")
    missing = [
        f'no matches for kind "{kind}" in version "{group}/{version}"' for group, version, kind, _ in THEIRS
    ]
    assert sorted(line.partition(": ")[2] for line in message.splitlines()) == sorted(missing)
    waits = fleet.wait_failed("DependencyNotReady", "apps")
    assert f"{fleet.namespace}/infra-configs" in waits

    kubectl("apply", "--server-side", "-f", "-", stdin=their_kinds)
    kubectl.wait_established(*(f"crd/{_crd(*kind)['metadata']['name']}" for kind in THEIRS))
    # The API server serves a kind a moment after its CRD is established.
    eventually(lambda: fleet.invoke("Kustomization", "infra-configs")[0] == 200, "the kinds of others")
    fleet.wait_applied(commit, "infra-configs")
    fleet.wait_applied(commit, "apps")
    issuer = fleet.kube.get("/apis/cert-manager.io/v1/clusterissuers/letsencrypt")
    assert issuer is not None
    assert issuer["spec"]["acme"]["server"] == SERVER
    stored = [_created(fleet, *one) for one in HELM]
    assert [obj["metadata"].get("finalizers") for obj in stored] == [None] * len(stored)
    assert [obj.get("status", {}).get("observedGeneration", -1) for obj in stored] == [-1] * len(stored)
    assert stored[4]["spec"]["chart"]["spec"]["version"] == ">=1.0.0"
    order = [ready_since(fleet, name) for name in ("infra-controllers", "infra-configs", "apps")]
    assert order == sorted(order)

    fleet.patch("Kustomization", "infra-controllers", {"spec": {"wait": True, "timeout": "2s"}})
    assert fleet.invoke("Kustomization", "infra-controllers")[0] == 500
    waits = fleet.wait_failed("HealthCheckFailed", "infra-controllers")
    for name in ("cert-manager/cert-manager", "envoy-gateway-system/envoy-gateway"):
        assert f"HelmRelease/{name} status: 'InProgress'" in waits, "nobody reconciles it, and that is told"
    _remove(fleet)


def ready_since(fleet: Fleet, name: str) -> str:
    """When the Kustomization became ready."""
    conditions = fleet.the("Kustomization", name)["status"]["conditions"]
    return next(str(one["lastTransitionTime"]) for one in conditions if one["type"] == "Ready")


def _remove(fleet: Fleet) -> None:
    """The end of it, in reverse: what it made beyond this namespace goes with it."""
    for name in ("apps", "infra-configs", "infra-controllers"):
        fleet.kube.delete(fleet.path("Kustomization", name))
        assert fleet.invoke("Kustomization", name)[0] == 200
        eventually(partial(_gone, fleet, name), f"the end of {name}")


def _gone(fleet: Fleet, name: str) -> bool:
    return fleet.get("Kustomization", name) is None
