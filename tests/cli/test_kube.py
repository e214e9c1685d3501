"""The flags that the verbs on the cluster share, and the cluster that they reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest
import yaml
from penstock.base.errors import SettingsError, Terminal
from penstock.cli.kube import Kube, kube_flags

if TYPE_CHECKING:
    from pathlib import Path


@click.command("look")
@click.argument("name", default="")
@kube_flags(everywhere=True)
def look(kube: Kube, name: str) -> tuple[Kube, str]:
    """Look."""
    return kube, name


def _flags(*given: str) -> Kube:
    kube, _ = look.main(list(given), "look", standalone_mode=False)
    assert isinstance(kube, Kube)
    return kube


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "FLUX_SYSTEM_NAMESPACE",
        "FLUX_NS_FOLLOWS_KUBE_CONTEXT",
        "PENSTOCK_KUBECONFIG",
        "KUBECONFIG",
    ):
        monkeypatch.delenv(name, raising=False)


def test_without_flags_they_are_as_fluxs() -> None:
    assert _flags() == Kube("flux-system", None, None, 300.0)
    assert _flags().where == "flux-system"
    assert _flags().place == '"flux-system"'


def test_each_flag_is_understood_wherever_it_stands() -> None:
    given = ("-n", "apps", "web", "--timeout", "1m30s", "--kubeconfig", "f", "--context", "c", "-A")
    kube, name = look.main(list(given), "look", standalone_mode=False)
    assert (kube, name) == (Kube("apps", "f", "c", 90.0, limited=True, everywhere=True), "web")
    assert (kube.where, kube.place) == (None, "any")


def test_the_environment_names_the_namespace_as_for_flux(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FLUX_SYSTEM_NAMESPACE", "gitops")
    assert _flags().namespace == "gitops"
    assert _flags("--namespace=apps").namespace == "apps"
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("FLUX_SYSTEM_NAMESPACE", "Not_One")
    assert _flags().namespace == "flux-system"
    assert "⚠️ ignoring invalid FLUX_SYSTEM_NAMESPACE: 'Not_One'" in capsys.readouterr().err


def test_the_namespace_follows_the_context_for_who_asks_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clusters = [{"name": "c", "cluster": {"server": "https://example.com"}}]
    contexts = [
        {"name": name, "context": {"cluster": "c", **({"namespace": name} if name != "bare" else {})}}
        for name in ("mine", "other", "bare")
    ]
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump({"clusters": clusters, "contexts": contexts, "current-context": "mine"}))
    there = ("--kubeconfig", str(file))
    follow = (*there, "--ns-follows-kube-context")
    assert _flags(*there).namespace == "flux-system"
    assert _flags(*follow).namespace == "mine"
    assert _flags(*follow, "--context", "other").namespace == "other"
    assert _flags(*follow, "--context", "bare").namespace == "flux-system"
    assert _flags(*follow, "-n", "apps").namespace == "apps"
    monkeypatch.setenv("FLUX_NS_FOLLOWS_KUBE_CONTEXT", "1")
    assert _flags(*there).namespace == "mine"
    with pytest.raises(Terminal, match="has no context 'none'"):
        _flags(*there, "--context", "none")
    file.write_bytes(b"\xff")
    with pytest.raises(Terminal, match="cannot be read: it is no text"):
        _flags(*there)
    with pytest.raises(FileNotFoundError):
        _flags("--kubeconfig", str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("-n", "a/b"), "namespace must be a valid DNS label: 'a/b'"),
        (("-n", ""), "namespace must be a valid DNS label"),
        (("--timeout", "5"), "'5' is no duration such as 30s, 5m or 1h30m"),
        (("--timeout", "soon"), "is no duration"),
    ],
)
def test_wrong_values_are_wrong_usage(given: tuple[str, ...], why: str) -> None:
    with pytest.raises(click.BadParameter) as raised:
        _flags(*given)
    assert why in raised.value.format_message()
    assert raised.value.exit_code == 2


def test_help_teaches_the_defaults_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLUX_SYSTEM_NAMESPACE", "gitops")
    text = " ".join(look.get_help(click.Context(look, info_name="look", terminal_width=200)).split())
    assert "[default: (flux-system, or FLUX_SYSTEM_NAMESPACE)]" in text
    assert "[default: (5m0s)]" in text


def test_the_cluster_that_the_flags_name_is_reached_without_a_bucket(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENSTOCK_BUCKET", "/nowhere/bucket")
    with _flags("--kubeconfig", str(kubeconfig), "--timeout", "30s").cluster() as cluster:
        assert cluster.version().startswith("v1.")


def test_a_wrong_setting_is_named_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_BUKET", "x")
    with pytest.raises(SettingsError, match="PENSTOCK_BUKET is no setting"), _flags().cluster():
        pass
