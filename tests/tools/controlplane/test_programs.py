from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import Terminal
from penstock.tools.controlplane.probe import free_ports
from penstock.tools.controlplane.programs import find_programs
from penstock.tools.progress import silent

if TYPE_CHECKING:
    from pathlib import Path


def test_kubebuilder_assets_stand_for_what_they_hold(tmp_path: Path) -> None:
    for name in ("etcd", "kube-apiserver", "kubectl"):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(0o755)
    found = find_programs(
        ("etcd", "kube-apiserver", "kubectl"), silent, {"KUBEBUILDER_ASSETS": str(tmp_path), "PATH": ""}
    )
    assert found == {name: tmp_path / name for name in ("etcd", "kube-apiserver", "kubectl")}


def test_a_program_that_kubebuilder_assets_lack_is_named(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match=r"KUBEBUILDER_ASSETS is set, but .*/etcd is no executable.*unset it"):
        find_programs(("etcd",), silent, {"KUBEBUILDER_ASSETS": str(tmp_path)})


def test_free_ports_are_all_different() -> None:
    assert len(set(free_ports(20))) == 20
