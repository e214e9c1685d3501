"""What is in a cluster already, and what a person is asked before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.api.crds import manifests
from penstock.base.errors import Terminal
from penstock.install.found import PROBE, Installed, Question, installed, question

if TYPE_CHECKING:
    from penstock.api.objects import Json

OURS = Installed("v2.9.4", "flux")


def probe(**labels: str) -> Json:
    (crd,) = (one for one in manifests() if one["metadata"]["name"] == PROBE.name)
    named = {key.replace("__", "/").replace("_", "."): value for key, value in labels.items()}
    crd["metadata"]["labels"] |= named
    return crd


def test_without_the_crd_of_git_repositories_nothing_is_installed() -> None:
    assert installed(None) is None


def test_our_own_crds_are_a_distribution_that_nobody_else_manages() -> None:
    found = installed(probe())
    assert found == OURS
    assert found is not None
    assert found.distribution == "flux-v2.9.4"


def test_what_a_kustomization_applied_is_bootstrapped_and_a_manager_is_known() -> None:
    crd = probe(kustomize_toolkit_fluxcd_io__namespace="flux-system")
    crd["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "Helm\x1b[31m"
    found = installed(crd)
    assert found == Installed("v2.9.4", "flux", "Helm[31m", bootstrapped=True)


def test_a_crd_without_labels_has_no_release() -> None:
    found = installed({"metadata": {"name": PROBE.name}})
    assert found == Installed("")
    assert found is not None
    assert found.distribution == ""


@pytest.mark.parametrize("found", [None, OURS, Installed("v2.8.0", "flux", "flux")])
def test_nothing_is_asked_where_nobody_loses_anything(found: Installed | None) -> None:
    assert question(found, (), stubs=True) is None


def test_whoever_runs_flux_is_asked_by_name() -> None:
    asked = question(OURS, ("flux-system/source-controller",), stubs=True)
    assert asked is not None
    assert asked.why == "Flux's own controllers run (flux-system/source-controller)"
    assert "let penstock take over?" in asked.asked


def test_another_tools_installation_is_overridden_only_if_that_is_meant() -> None:
    asked = question(Installed("v2.8.0", "flux", "Helm"), (), stubs=True)
    assert asked == Question(
        "Flux v2.8.0 has been installed on this cluster with Helm!",
        "Are you sure you want to override the Helm installation?",
    )


def test_a_bootstrapped_cluster_is_left_to_bootstrap() -> None:
    with pytest.raises(
        Terminal, match=r"already been bootstrapped with Flux v2\.9\.4! Use `penstock bootstrap`"
    ):
        question(Installed("v2.9.4", "flux", bootstrapped=True), (), stubs=True)


def test_without_stubs_nothing_would_stop_fluxs_controllers() -> None:
    with pytest.raises(Terminal, match="scale them to 0 first"):
        question(OURS, ("flux-system/source-controller",), stubs=False)
