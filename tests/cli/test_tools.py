from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from penstock.cli import main

if TYPE_CHECKING:
    import pytest
    from penstock.tools.controlplane.plane import ControlPlane

    from tests.support.gitea_server import GiteaServer


def test_a_built_tool_is_named_by_its_path(
    control_plane: ControlPlane, capsys: pytest.CaptureFixture[str]
) -> None:
    assert control_plane.kubectl.is_file()
    assert main.run(["tools", "build", "kubectl", "etcd"]) == main.EXIT_OK
    paths = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert [path.name for path in paths] == ["kubectl", "etcd"]
    assert all(path.is_file() for path in paths)


def test_the_forge_of_the_tests_is_built_with_the_files_that_it_reads(
    gitea: GiteaServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gitea.program.is_file()
    assert main.run(["tools", "build", "gitea"]) == main.EXIT_OK
    (path,) = map(Path, capsys.readouterr().out.splitlines())
    assert path == gitea.program
    assert {"options", "public", "templates"} <= {beside.name for beside in path.parent.iterdir()}


def test_an_unknown_tool_is_refused_with_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["tools", "build", "kubelet"]) == main.EXIT_FAILED
    assert "there is no tool kubelet; there are etcd, kube-apiserver" in capsys.readouterr().err
