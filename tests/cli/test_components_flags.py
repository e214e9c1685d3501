"""flux's flags about the components: each does what it does with flux, or says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.cli import main
from penstock.install.components import DEFAULT_COMPONENTS, Components, text

if TYPE_CHECKING:
    from penstock.api.objects import Json


def exported(capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[str, list[Json]]:
    assert main.run(["install", "--export", *flags]) == main.EXIT_OK
    told = capsys.readouterr()
    return told.err, [one for one in yaml.load_all(told.out, yaml.CSafeLoader) if one]


def deployments(found: list[Json]) -> list[str]:
    return sorted(one["metadata"]["name"] for one in found if one["kind"] == "Deployment")


def test_an_export_is_the_manifest_and_needs_no_cluster(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLUX_SYSTEM_NAMESPACE", raising=False)
    assert main.run(["install", "--export"]) == main.EXIT_OK
    assert capsys.readouterr().out == text(Components())


def test_components_are_given_with_commas_with_several_flags_or_both(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, found = exported(
        capsys,
        "--components=source-controller, kustomize-controller",
        "--components-extra",
        "image-reflector-controller",
        "--components-extra=source-watcher",
    )
    assert deployments(found) == [
        "image-reflector-controller",
        "kustomize-controller",
        "source-controller",
        "source-watcher",
    ]


def test_namespace_registry_and_pull_secret_reach_the_stubs(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ("-n", "infra", "--registry=registry.example.com/flux", "--image-pull-secret=pull")
    _, found = exported(capsys, *flags)
    (stub,) = (one for one in found if one["metadata"]["name"] == "source-controller" and "spec" in one)
    pod = stub["spec"]["template"]["spec"]
    assert stub["metadata"]["namespace"] == "infra"
    assert pod["containers"][0]["image"].startswith("registry.example.com/flux/source-controller:v")
    assert pod["imagePullSecrets"] == [{"name": "pull"}]


def test_the_stubs_are_left_out_where_that_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    _, found = exported(capsys, "--no-stubs", "--cluster-role=edit")
    assert deployments(found) == []
    assert "edit" in {one["roleRef"]["name"] for one in found if one["kind"] == "ClusterRoleBinding"}


@pytest.mark.parametrize(
    "flag",
    [
        "--network-policy",
        "--network-policy=false",
        "--log-level=debug",
        "--cluster-domain=internal.example.com",
        "--toleration-keys=a,b",
        "--registry-creds=user:canary",
    ],
)
def test_a_flag_about_pods_says_that_it_has_nothing_to_do(
    flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told, found = exported(capsys, flag)
    assert f"{flag.partition('=')[0]} has nothing to do here: " in told
    assert "canary" not in told
    assert deployments(found) == sorted(DEFAULT_COMPONENTS)


@pytest.mark.parametrize(
    "flags",
    [["--version=v2.8.0"], ["-v", "v2.8.0"], ["--watch-all-namespaces=false"], ["--manifests=./manifests"]],
)
def test_a_flag_that_would_mean_something_else_is_refused(
    flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["install", "--export", *flags]) == main.EXIT_USAGE
    assert "is not taken: " in capsys.readouterr().err


def test_a_component_that_flux_does_not_have_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["install", "--export", "--components=cert-manager"]) == main.EXIT_FAILED
    told = capsys.readouterr()
    assert "✗ component cert-manager is not available: there are source-controller, " in told.err
    assert told.out == ""
