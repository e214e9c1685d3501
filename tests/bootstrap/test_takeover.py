from __future__ import annotations

from typing import Any

import pytest
from penstock.bootstrap.takeover import (
    Found,
    PathDiffers,
    another_repository,
    check_path,
    controllers,
    foreign_manager,
    running_flux,
)

Json = dict[str, Any]


def deployment(name: str, replicas: Any = 1, ready: int = 0, **labels: str) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": "flux-system",
            "labels": {"app.kubernetes.io/part-of": "flux", **labels},
        },
        "spec": {"replicas": replicas},
        "status": {"readyReplicas": ready} if ready else {},
    }


def found(path: str | None = None, probe: Json | None = None, *names: str) -> Found:
    kustomization = None if path is None else {"spec": {"path": path}, "status": {}}
    return Found(probe, controllers(map(deployment, names)), kustomization)


def test_controllers_that_want_or_have_replicas_run_and_the_one_that_brings_them_back_goes_first() -> None:
    listed = controllers(
        [
            deployment("source-controller"),
            deployment("helm-controller", 0),
            deployment("kustomize-controller", None),
            deployment("notification-controller", 0, ready=1),
            deployment("podinfo"),
        ]
    )
    assert [ref.name for ref in listed] == [
        "kustomize-controller",
        "notification-controller",
        "source-controller",
    ]


@pytest.mark.parametrize(
    ("url", "asks"),
    [
        ("https://git.test/o/fleet", False),
        ("https://git.test/o/fleet.git", False),
        ("ssh://git@ssh.git.test:2222/o/fleet", False),
        ("https://git.test/o/other", True),
        ("https://elsewhere.test/o/fleet", True),
        ("ssh://git@git.test/o/other", True),
        ("https://me:hunter2@git.test/o/other", True),
        ("nothing", True),
    ],
)
def test_another_repository_is_agreed_to_where_one_was_applied(url: str, asks: bool) -> None:
    source = {"spec": {"url": url}}
    applied = Found(None, (), {"spec": {}, "status": {"lastAppliedRevision": "main@sha1:1"}})
    question = another_repository(applied, source, "https://git.test/o/fleet")
    assert bool(question) is asks
    assert "hunter2" not in question
    assert not another_repository(found("./x"), source, "https://git.test/o/fleet")
    assert not another_repository(applied, None, "https://git.test/o/fleet")


@pytest.mark.parametrize("path", [None, "./clusters/prod", "clusters/prod/"])
def test_the_same_path_is_no_other(path: str | None) -> None:
    check_path(found(path), "./clusters/prod")


@pytest.mark.parametrize("path", ["./clusters/dev", ""])
def test_a_cluster_that_follows_another_path_is_left_alone(path: str) -> None:
    with pytest.raises(PathDiffers, match=r'sync path configuration \("./clusters/prod"\) would overwrite'):
        check_path(found(path), "./clusters/prod")


def test_whoever_runs_flux_is_asked_by_name() -> None:
    question = running_flux(found(None, None, "source-controller", "kustomize-controller"))
    assert "(flux-system/kustomize-controller, flux-system/source-controller)" in question
    assert "stays as it is" in question
    assert running_flux(found()) == ""


@pytest.mark.parametrize(
    ("manager", "asked"), [("Helm", True), ("flux", False), ("penstock", False), ("", False)]
)
def test_another_tools_installation_is_asked_about_in_fluxs_words(manager: str, *, asked: bool) -> None:
    labels = {"app.kubernetes.io/version": "v2.9.4", "app.kubernetes.io/managed-by": manager}
    question = foreign_manager(found(None, {"metadata": {"labels": labels}}))
    wanted = (
        "Flux v2.9.4 has been installed on this cluster with Helm! Are you sure you want to override the Helm"
    )
    assert question.startswith(wanted) if asked else question == ""


def test_a_cluster_without_flux_asks_nothing() -> None:
    assert foreign_manager(found()) == ""


@pytest.mark.parametrize(("status", "applied"), [({}, False), ({"lastAppliedRevision": "main@sha1:a"}, True)])
def test_what_the_sync_applied_once_need_not_be_installed(status: Json, *, applied: bool) -> None:
    assert Found(None, (), {"spec": {}, "status": status}).applied is applied
    assert not Found(None, (), None).applied
