"""The objects that `create` makes: what flux's own golden files show, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.client.documents import yaml_stream
from penstock.client.flagvalues import BadFlag
from penstock.client.manifests import (
    NewGitRepository,
    NewKustomization,
    git_repository_of,
    git_url,
    kustomization_of,
)

if TYPE_CHECKING:
    from penstock.api.objects import Json

URL = "https://example.com/fleet"


def _git(**given: Any) -> Json:
    wanted = {"name": "fleet", "namespace": "flux-system", "url": URL, **given}
    return git_repository_of(NewGitRepository(**wanted))


def _spec(**given: Any) -> Json:
    spec: Json = kustomization_of(
        NewKustomization(**{"name": "apps", "namespace": "flux-system", "source": "fleet", **given})
    )["spec"]
    return spec


def test_a_git_repository_is_printed_as_flux_prints_it() -> None:
    obj = _git(branch="main", ignore_paths=(".cosign,non-existent-dir/",), namespace="default")
    assert yaml_stream([obj]) == (
        "---\n"
        "apiVersion: source.toolkit.fluxcd.io/v1\n"
        "kind: GitRepository\n"
        "metadata:\n"
        "  name: fleet\n"
        "  namespace: default\n"
        "spec:\n"
        "  ignore: |-\n"
        "    .cosign\n"
        "    non-existent-dir/\n"
        "  interval: 1m0s\n"
        "  ref:\n"
        "    branch: main\n"
        "  url: https://example.com/fleet\n"
    )


@pytest.mark.parametrize(
    ("given", "ref"),
    [
        ({"branch": "main"}, {"branch": "main"}),
        ({"branch": "main", "tag": "v1"}, {"tag": "v1"}),
        ({"tag": "v1", "semver": ">=1.0.0"}, {"semver": ">=1.0.0"}),
        ({"semver": "1.x", "ref_name": "refs/heads/main"}, {"name": "refs/heads/main"}),
        ({"ref_name": "refs/heads/main", "commit": "c88a2f41"}, {"commit": "c88a2f41"}),
        ({"branch": "main", "commit": "c88a2f41"}, {"branch": "main", "commit": "c88a2f41"}),
    ],
)
def test_the_strongest_reference_is_the_one(given: dict[str, str], ref: dict[str, str]) -> None:
    assert _git(**given)["spec"]["ref"] == ref


def test_every_flag_of_a_git_repository_has_its_field() -> None:
    obj = _git(
        branch="main",
        secret_ref="auth",
        provider="generic",
        recurse_submodules=True,
        sparse_checkout_paths=("apps,infra", "docs"),
        interval_s=600.0,
        fetch_timeout_s=90.0,
        labels=("team=a",),
    )
    assert obj["metadata"]["labels"] == {"team": "a"}
    assert obj["spec"] == {
        "interval": "10m0s",
        "provider": "generic",
        "recurseSubmodules": True,
        "ref": {"branch": "main"},
        "secretRef": {"name": "auth"},
        "sparseCheckout": ["apps", "infra", "docs"],
        "timeout": "1m30s",
        "url": URL,
    }


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1.5, "1.5s"), (60.0, "1m0s"), (3599.0, "59m59s"), (3600.0, "60m0s"), (90061.25, "1501m1.25s")],
)
def test_a_timeout_of_hours_is_written_in_minutes(seconds: float, text: str) -> None:
    assert _git(branch="main", fetch_timeout_s=seconds)["spec"]["timeout"] == text


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"branch": "main", "provider": "azure"}, "--provider is not built here yet: .*spec.provider"),
        ({"branch": "main", "proxy_secret_ref": "p"}, "--proxy-secret-ref is not built here yet"),
        ({}, "a Git ref is required, use one of the following: --branch"),
        ({"branch": "main", "url": ""}, "url is required"),
        ({"branch": "main", "url": "file:///x"}, "git URL scheme 'file' not supported"),
        ({"branch": "main", "url": "example.com/x"}, "--url 'example.com/x' is not of the form"),
        ({"branch": "main", "url": "https://example.com/../x"}, "--url .* has no path, or one with"),
        ({"branch": "main", "name": "no.name"}, "RFC 1123"),
    ],
)
def test_what_cannot_be_a_git_repository_is_refused_by_its_flag(given: dict[str, str], why: str) -> None:
    with pytest.raises(BadFlag, match=why):
        _git(**given)


def test_no_user_info_of_a_url_is_shown() -> None:
    with pytest.raises(BadFlag) as caught:
        git_url("https://ada:hunter2@example.com/a/../b")
    assert "hunter2" not in caught.value.message


def test_the_least_kustomization_is_as_fluxs() -> None:
    source = {"kind": "GitRepository", "name": "fleet"}
    assert _spec() == {"interval": "1m0s", "path": "./", "prune": False, "sourceRef": source}


def test_every_flag_of_a_kustomization_has_its_field() -> None:
    spec = _spec(
        source="fleet.team",
        path="apps",
        prune=True,
        depends_on=("infra",),
        health_check=("Deployment/web.apps",),
        target_namespace="apps",
        interval_s=3600.0,
        retry_interval_s=120.0,
    )
    assert spec == {
        "dependsOn": [{"name": "infra"}],
        "healthChecks": [{"kind": "Deployment", "name": "web", "namespace": "apps"}],
        "interval": "1h0m0s",
        "path": "./apps",
        "prune": True,
        "retryInterval": "2m0s",
        "sourceRef": {"kind": "GitRepository", "name": "fleet", "namespace": "team"},
        "targetNamespace": "apps",
        "timeout": "2m0s",
    }


def test_waiting_for_everything_needs_no_list() -> None:
    spec = _spec(wait=True, health_check=("Deployment/web.apps",), health_check_timeout_s=180.0)
    assert (spec["wait"], spec["timeout"], "healthChecks" in spec) == (True, "3m0s", False)


@pytest.mark.parametrize(
    ("given", "flag"),
    [
        ({"service_account": "deployer"}, "--service-account"),
        ({"decryption_provider": "sops", "decryption_secret": "keys"}, "--decryption-provider"),
        ({"decryption_provider": "sops"}, "--decryption-provider"),
        ({"kubeconfig_secret_ref": "far"}, "--kubeconfig-secret-ref"),
        ({"source": "OCIRepository/fleet"}, "--source"),
    ],
)
def test_what_penstock_does_not_act_on_yet_is_refused_by_its_flag(given: dict[str, str], flag: str) -> None:
    with pytest.raises(BadFlag, match=f"{flag} is not built here yet: penstock does not act on spec"):
        _spec(**given)
