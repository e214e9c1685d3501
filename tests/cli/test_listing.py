"""What `penstock get` prints where the cluster has not all of Flux's kinds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from penstock.cli.kube import Kube
from penstock.cli.listing import Asked, get_all
from penstock.client.kinds import GIT_REPOSITORY, KINDS, KUSTOMIZATION
from penstock.client.rows import View, Wanted
from penstock.cluster.errors import UnknownKind

from tests.client.objects import condition, git, kustomization
from tests.fakes.cluster import FakeCluster

if TYPE_CHECKING:
    from penstock.client.kinds import Kind

HELM, RELEASE = (kind for kind in KINDS if kind.kind in {"HelmChart", "HelmRelease"})
KUBE = Kube("flux-system", None, None, 30.0)


def _told(capsys: pytest.CaptureFixture[str], *kinds: Kind, **asked: object) -> str:
    cluster = FakeCluster(git("fleet", condition("True", "stored")), kustomization("apps"))
    get_all(cluster, kinds, Asked(KUBE, View(kind=True), **asked))  # type: ignore[arg-type] # a few of its fields
    return capsys.readouterr().out


def test_a_kind_that_the_cluster_does_not_have_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    told = _told(capsys, HELM, GIT_REPOSITORY, RELEASE, KUSTOMIZATION)
    assert [line.split("\t")[0].strip() for line in told.splitlines()] == [
        "NAME", "gitrepository/fleet", "", "NAME", "kustomization/apps", "",
    ]  # fmt: skip
    ready = _told(capsys, HELM, GIT_REPOSITORY, KUSTOMIZATION, wanted=Wanted("ready", "true"), output="json")
    assert [one["kind"] for one in json.loads(ready)["items"]] == ["GitRepository"]


def test_a_cluster_without_any_of_them_is_told_what_brings_them(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UnknownKind, match="`penstock install` brings them"):
        _told(capsys, HELM, RELEASE)
