from __future__ import annotations

import pytest
from penstock.api.refs import git_repository, kustomization
from penstock.client.kinds import BUILT, GIT_REPOSITORY, KINDS, KUSTOMIZATION, kind_called, not_built

# flux2 v2.9: words of create and get, and humanKind, of each kind that its command line knows.
FLUX = {
    "Alert": ("alert", "alerts", "alert"),
    "ArtifactGenerator": ("artifact generator", "artifacts generators", "artifactgenerator"),
    "Bucket": ("source bucket", "sources bucket", "source bucket"),
    "ExternalArtifact": ("source external", "sources external", "source external-artifact"),
    "GitRepository": ("source git", "sources git", "source git"),
    "HelmChart": ("source chart", "sources chart", "source chart"),
    "HelmRelease": ("helmrelease", "helmreleases", "helmrelease"),
    "HelmRepository": ("source helm", "sources helm", "source helm"),
    "ImagePolicy": ("image policy", "images policy", "image policy"),
    "ImageRepository": ("image repository", "images repository", "image repository"),
    "ImageUpdateAutomation": ("image update", "images update", "image update automation"),
    "Kustomization": ("kustomization", "kustomizations", "kustomization"),
    "OCIRepository": ("source oci", "sources oci", "source oci"),
    "Provider": ("alert-provider", "alert-providers", "alert provider"),
    "Receiver": ("receiver", "receivers", "receiver"),
}


def test_every_kind_has_fluxs_words() -> None:
    found = {kind.kind: (" ".join(kind.words), " ".join(kind.listed), kind.human) for kind in KINDS}
    assert found == FLUX


def test_words_name_one_kind_each() -> None:
    for form in ([kind.words for kind in KINDS], [kind.listed for kind in KINDS]):
        assert len(set(form)) == len(KINDS)


def test_what_is_built_is_what_the_functions_reconcile() -> None:
    assert BUILT == (GIT_REPOSITORY, KUSTOMIZATION)
    assert GIT_REPOSITORY.ref("a", "b") == git_repository("a", "b")
    assert KUSTOMIZATION.ref("a", "b") == kustomization("a", "b")
    assert KUSTOMIZATION.aliases == ("ks",)


def test_kubectl_takes_the_resource_of_a_kind() -> None:
    assert {kind.kind: kind.resource for kind in KINDS if "Helm" in kind.kind} == {
        "HelmChart": "helmcharts.source.toolkit.fluxcd.io",
        "HelmRelease": "helmreleases.helm.toolkit.fluxcd.io",
        "HelmRepository": "helmrepositories.source.toolkit.fluxcd.io",
    }
    assert GIT_REPOSITORY.api_version == "source.toolkit.fluxcd.io/v1"


@pytest.mark.parametrize("name", ["Kustomization", "kustomization", "KUSTOMIZATION"])
def test_a_kind_is_found_in_any_case(name: str) -> None:
    assert kind_called(name) is KUSTOMIZATION
    assert kind_called("Deployment") is None


def test_objects_of_a_kind_are_known_in_any_version() -> None:
    old = {"apiVersion": "kustomize.toolkit.fluxcd.io/v1beta2", "kind": "Kustomization"}
    assert KUSTOMIZATION.of(old)
    assert not KUSTOMIZATION.of({"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"})


def test_who_asks_for_a_kind_that_is_not_built_learns_what_there_is() -> None:
    (release,) = (kind for kind in KINDS if kind.kind == "HelmRelease")
    assert not_built(release) == (
        "HelmRelease is not built here yet: penstock has GitRepository (source git) and "
        "Kustomization (kustomization). What the cluster has of it, kubectl shows: "
        "kubectl get helmreleases.helm.toolkit.fluxcd.io"
    )
