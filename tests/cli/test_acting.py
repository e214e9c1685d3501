"""What the verbs that change something make of how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest
from penstock.cli.acting import acting, ref_of, some_or_all
from penstock.cli.kube import Kube
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION
from penstock.cluster.errors import UnknownKind

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def kube(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> Kube:
    for name in ("PENSTOCK_RECEIVER_URL", "PENSTOCK_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    return Kube("apps", str(kubeconfig), None, 90.0)


def test_the_ports_have_the_whole_timeout_and_nobody_to_ask(kube: Kube) -> None:
    with acting(kube) as ports:
        assert 80 < ports.deadline.remaining() <= 90
        assert ports.timeout_s == 90
        assert ports.ask is None


def test_a_cluster_without_fluxs_kinds_is_told_what_brings_them(kube: Kube) -> None:
    with (
        pytest.raises(UnknownKind, match=r"no matches for it: .*`penstock install` brings them"),
        acting(kube),
    ):
        raise UnknownKind("no matches for it")


def test_an_interruption_says_what_stands(kube: Kube, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt), acting(kube):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == (
        "\n✗ interrupted: what was asked for already stands, and penstock goes on with it\n"
    )


def test_names_and_all_exclude_each_other(kube: Kube) -> None:
    assert some_or_all(KUSTOMIZATION, ("a", "b"), every=False) == ("a", "b")
    assert some_or_all(KUSTOMIZATION, (), every=True) == ()
    with pytest.raises(click.UsageError, match="kustomization name is required, or --all"):
        some_or_all(KUSTOMIZATION, (), every=False)
    with pytest.raises(click.UsageError, match="not both"):
        some_or_all(KUSTOMIZATION, ("a",), every=True)
    assert ref_of(GIT_REPOSITORY, kube, "fleet") == GIT_REPOSITORY.ref("apps", "fleet")
