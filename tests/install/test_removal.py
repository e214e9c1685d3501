"""What an uninstall takes away: Flux's and ours, and nothing that was applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.api.crds import manifests
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal
from penstock.install.components import Components, objects
from penstock.install.removal import Wanted, check, goes, kinds_of, letting_go, repositories

from tests.kustomize.builders import make

if TYPE_CHECKING:
    from penstock.api.objects import Json

RUNNING = ("flux-system/source-controller",)
BACK = Wanted(hand_back=True)
KUSTOMIZE, SOURCE = "kustomize.toolkit.fluxcd.io/v1", "source.toolkit.fluxcd.io/v1"


def flux_object(api_version: str, kind: str, *, suspend: bool | None = None, held: bool = True) -> Json:
    obj = make(api_version, kind, "apps", "flux-system", spec={} if suspend is None else {"suspend": suspend})
    if held:
        obj["metadata"]["finalizers"] = ["finalizers.fluxcd.io"]
    return obj


def test_flux_is_not_taken_away_while_its_controllers_run() -> None:
    with pytest.raises(Terminal, match="`flux uninstall` takes Flux away, `penstock uninstall --hand-back`"):
        check(Wanted(), RUNNING)
    check(Wanted(), ())
    check(BACK, RUNNING)


def test_everything_with_fluxs_label_goes() -> None:
    assert all(goes(obj, Wanted(), ()) for obj in objects(Components()))


def test_handing_back_takes_the_stubs_and_what_the_functions_had() -> None:
    kinds = {"Deployment", "ServiceAccount", "ClusterRole", "ClusterRoleBinding"}
    found = [obj for obj in objects(Components()) if obj["kind"] in kinds]
    gone = {str(ObjectRef.from_object(obj)) for obj in found if goes(obj, BACK, ())}
    assert gone == {
        "ClusterRole/penstock-flux-system",
        "ClusterRoleBinding/penstock-flux-system",
        "ClusterRoleBinding/penstock-reconciler-flux-system",
        "ServiceAccount/flux-system/penstock",
        "Deployment/flux-system/helm-controller",
        "Deployment/flux-system/kustomize-controller",
        "Deployment/flux-system/notification-controller",
        "Deployment/flux-system/source-controller",
    }


def test_handing_back_leaves_a_controller_that_runs_and_one_that_is_no_stub() -> None:
    stub = next(one for one in objects(Components()) if one["metadata"]["name"] == "source-controller")
    deployment = {**stub, "kind": "Deployment", "apiVersion": "apps/v1"}
    assert not goes(deployment, BACK, RUNNING)
    bare = {**deployment, "metadata": {**deployment["metadata"], "annotations": {}}}
    assert not goes(bare, BACK, ())


def test_the_kinds_of_flux_are_known_from_their_crds_in_the_version_that_is_stored() -> None:
    other: Json = {"spec": {"group": "cert-manager.io", "names": {"kind": "Certificate"}}}
    old: Json = {
        "spec": {
            "group": "helm.toolkit.fluxcd.io",
            "names": {"kind": "HelmRelease"},
            "versions": [{"name": "v2beta2", "storage": False}, {"name": "v2", "storage": True}],
        }
    }
    found = [(ref.group, ref.version, ref.kind) for ref in kinds_of((*manifests(), other, old, {}))]
    assert found == [
        ("source.toolkit.fluxcd.io", "v1", "GitRepository"),
        ("kustomize.toolkit.fluxcd.io", "v1", "Kustomization"),
        ("helm.toolkit.fluxcd.io", "v2", "HelmRelease"),
    ]


@pytest.mark.parametrize(
    ("obj", "patch"),
    [
        (
            flux_object(KUSTOMIZE, "Kustomization"),
            {"metadata": {"finalizers": []}, "spec": {"suspend": True}},
        ),
        (
            flux_object(SOURCE, "GitRepository", suspend=False),
            {"metadata": {"finalizers": []}, "spec": {"suspend": True}},
        ),
        (flux_object(KUSTOMIZE, "Kustomization", suspend=True), {"metadata": {"finalizers": []}}),
        (flux_object(KUSTOMIZE, "Kustomization", held=False), {"spec": {"suspend": True}}),
        (flux_object("helm.toolkit.fluxcd.io/v2", "HelmRelease"), {"metadata": {"finalizers": []}}),
        (flux_object(KUSTOMIZE, "Kustomization", suspend=True, held=False), None),
        (flux_object("helm.toolkit.fluxcd.io/v2", "HelmRelease", held=False), None),
    ],
)
def test_a_flux_object_is_suspended_in_the_write_that_lets_it_go(obj: Json, patch: Json | None) -> None:
    assert letting_go(obj) == patch


def test_each_repository_is_named_once() -> None:
    urls = ["https://example.com/b", "https://example.com/a", "https://example.com/b", ""]
    found = [make(SOURCE, "GitRepository", f"r{n}", "x", spec={"url": url}) for n, url in enumerate(urls)]
    assert repositories([*found, make(KUSTOMIZE, "Kustomization", "k", "x", spec={"url": "no"})]) == (
        "https://example.com/a",
        "https://example.com/b",
    )
