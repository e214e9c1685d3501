from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import Terminal
from penstock.tools import checkout, gotools
from penstock.tools.gotool import GoTool, pinned
from penstock.tools.progress import silent, spent, to_stderr

if TYPE_CHECKING:
    from collections.abc import Callable

GO_MOD = """module example.dev/x

go 1.26.0

require example.dev/single v0.1.0

require (
\tk8s.io/kubernetes v1.37.2
\tsigs.k8s.io/kwok v0.8.0 // indirect
)

replace k8s.io/api => k8s.io/api v0.37.2
"""


def module(folder: Path) -> GoTool:
    folder.mkdir()
    (folder / "go.mod").write_text(GO_MOD)
    (folder / "go.sum").write_text("")
    (folder / "main.go").write_text("package main\n")
    return GoTool("x", folder, ".", "v1")


@pytest.mark.parametrize(
    ("name", "version"),
    [("k8s.io/kubernetes", "v1.37.2"), ("sigs.k8s.io/kwok", "v0.8.0"), ("example.dev/single", "v0.1.0")],
)
def test_a_pin_is_read_from_go_mod(name: str, version: str) -> None:
    assert pinned(GO_MOD, name) == version


@pytest.mark.parametrize("name", ["k8s.io/api", "io/kubernetes", "k8s.io/kubernete"])
def test_what_go_mod_does_not_require_has_no_pin(name: str) -> None:
    with pytest.raises(KeyError):
        pinned(GO_MOD, name)


def changed_source(tool: GoTool) -> GoTool:
    (tool.module / "main.go").write_text("package main // changed\n")
    return tool


def more_source(tool: GoTool) -> GoTool:
    (tool.module / "internal").mkdir()
    (tool.module / "internal" / "a.go").write_text("package internal\n")
    return tool


def changed_sum(tool: GoTool) -> GoTool:
    (tool.module / "go.sum").write_text("x\n")
    return tool


@pytest.mark.parametrize(
    "change",
    [
        changed_source,
        more_source,
        changed_sum,
        lambda tool: replace(tool, ldflags=("-s",)),
        lambda tool: replace(tool, package="./cmd"),
        lambda tool: replace(tool, tags=("sqlite",)),
        lambda tool: replace(tool, cgo=True),
        lambda tool: replace(tool, assets=("templates",)),
    ],
)
def test_what_goes_into_a_build_makes_another_build(
    tmp_path: Path, change: Callable[[GoTool], GoTool]
) -> None:
    tool = module(tmp_path / "m")
    before = tool.folder_name()
    assert change(tool).folder_name() != before


def test_tests_and_documents_do_not_make_another_build(tmp_path: Path) -> None:
    tool = module(tmp_path / "m")
    before = tool.folder_name()
    (tool.module / "main_test.go").write_text("package main\n")
    (tool.module / "README.md").write_text("x\n")
    (tool.module / "testdata").mkdir()
    (tool.module / "testdata" / "a.go").write_text("package a\n")
    assert tool.folder_name() == before


def test_the_folder_of_the_module_does_not_matter(tmp_path: Path) -> None:
    assert module(tmp_path / "a").folder_name() == module(tmp_path / "b").folder_name()


def test_every_tool_has_its_version_from_its_pin() -> None:
    versions = {name: gotools.tool(name).version for name in gotools.NAMES}
    assert versions["kube-apiserver"] == versions["kubectl"] == versions["kube-scheduler"] == "v1.37.2"
    assert versions["etcd"] == "v3.7.3"
    assert versions["kwok"] == "v0.8.0"
    assert versions["gitea"] == "v1.26.4"


def test_the_linker_gets_the_version_that_clients_read() -> None:
    command = gotools.tool("kube-apiserver").command(Path("/go"), Path("/out"))
    assert command[:3] == ("/go", "build", "-trimpath")
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version"):
        for value in ("gitVersion=v1.37.2", "gitMajor=1", "gitMinor=37", "gitTreeState=clean"):
            assert f"-X {package}.{value}" in command[4]


def test_the_tags_of_a_tool_are_passed_on() -> None:
    command = gotools.tool("gitea").command(Path("/go"), Path("/out"))
    assert command[3:5] == ("-tags", "sqlite,sqlite_unlock_notify")
    assert command[-1] == "code.gitea.io/gitea"


def test_an_unknown_tool_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        gotools.tool("kubelet")


def test_a_folder_that_the_checkout_lacks_is_named_with_the_remedy() -> None:
    with pytest.raises(Terminal, match=r"infra/nowhere is missing.*pip install -e"):
        checkout.folder("infra/nowhere")


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (8.2, "8 s"), (60, "1 min"), (200, "3 min 20 s"), (59.7, "1 min")]
)
def test_a_span_is_shown_in_minutes_and_seconds(seconds: float, text: str) -> None:
    assert spent(seconds) == text


def test_progress_goes_to_stderr_or_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    to_stderr("building")
    silent("nothing")
    assert capsys.readouterr() == ("", "► building\n")
