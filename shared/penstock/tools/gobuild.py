"""Builds Go tools into the user's cache, once: a second call finds the program and starts nothing."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal
from penstock.tools.gotoolchain import PROGRAMS, find_go, go_environment, parse_required
from penstock.tools.longrun import Finished, run
from penstock.tools.progress import Progress, silent, spent, to_stderr
from penstock.tools.usercache import cache_folder, locked, made_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penstock.tools.gotool import GoTool

_WORTH_A_LINE_S = 2.0
_COMPILER = "clang" if sys.platform == "darwin" else "gcc"
"""What Go takes if nothing else is asked for."""


class BuildFailed(Terminal):
    """`go build` did not give the program; the message names the log."""

    reason = "ToolBuildFailed"


def built_path(tool: GoTool, env: Mapping[str, str] | None = None) -> Path:
    """Where the program is, or would be, for the sources as they are now."""
    return cache_folder(os.environ if env is None else env) / "tools" / tool.folder_name() / tool.name


def missing(tools: Iterable[GoTool], env: Mapping[str, str] | None = None) -> tuple[GoTool, ...]:
    """Those of the tools that are still to be built."""
    return tuple(tool for tool in tools if not built_path(tool, env).is_file())


def ensure(tool: GoTool, progress: Progress = to_stderr, env: Mapping[str, str] | None = None) -> Path:
    """The program, built if the cache does not have it.

    Two processes that ask at once build it once. BuildFailed if Go refuses, Terminal or Transient
    if there is no Go toolchain to be had.
    """
    env = os.environ if env is None else env
    program = built_path(tool, env)
    if program.is_file():
        return program
    tools = program.parent.parent
    with locked(tools, progress):
        if not program.is_file():
            _build(tool, program, progress, env)
    return program


def ensure_all(
    tools: Iterable[GoTool], progress: Progress = to_stderr, env: Mapping[str, str] | None = None
) -> dict[str, Path]:
    """All programs by name, built one after the other; says beforehand what that will take."""
    wanted = tuple(tools)
    todo = missing(wanted, env)
    for tool in todo:
        check_compiler(tool, PROGRAMS)
    if len(todo) > 1:
        names = ", ".join(tool.name for tool in todo)
        total = spent(sum(tool.expected_s for tool in todo))
        progress(f"building {names}: about {total} on two cores, only this once")
    return {tool.name: ensure(tool, progress, env) for tool in wanted}


def check_compiler(tool: GoTool, path: str) -> None:
    """BuildFailed, with what to install, if the tool is partly C and there is no C compiler on `path`: said
    before minutes of building, not after.
    """
    if tool.cgo and shutil.which(_COMPILER, path=path) is None:
        raise BuildFailed(
            f"building {tool.label()} needs a C compiler, and there is no {_COMPILER} in {path}: install it "
            "(Debian, Ubuntu: apt install gcc libc6-dev)"
        )


def _build(tool: GoTool, program: Path, progress: Progress, env: Mapping[str, str]) -> None:
    check_compiler(tool, PROGRAMS)
    required = parse_required((tool.module / "go.mod").read_text())
    go = find_go(required, progress, env)
    with made_whole(program.parent) as partial:
        done = run(
            tool.command(go, partial / tool.name),
            env=go_environment(env, go, cgo=tool.cgo),
            cwd=tool.module,
            what=f"building {tool.label()}",
            expected_s=tool.expected_s,
            progress=progress,
        )
        if done.code:
            raise BuildFailed(_failure(tool, done, program.parent.parent))
        if tool.assets:
            _bring_assets(tool, go, partial, env)
    if done.seconds >= _WORTH_A_LINE_S:
        progress(f"built {tool.label()} in {spent(done.seconds)}")


def _bring_assets(tool: GoTool, go: Path, target: Path, env: Mapping[str, str]) -> None:
    """Copies the folders out of the module, which Go's cache may lose, and makes them writable as ours."""
    argv = (str(go), "list", "-f", "{{.Dir}}", tool.package)
    what = f"looking for the files of {tool.label()}"
    go_env = go_environment(env, go, cgo=tool.cgo)
    done = run(argv, env=go_env, cwd=tool.module, what=what, expected_s=5, progress=silent)
    source = Path(done.last_line())
    if done.code or not source.is_dir():
        raise BuildFailed(f"{what} failed: {done.last_line()}")
    for name in tool.assets:
        shutil.copytree(source / name, target / name, copy_function=shutil.copyfile)
        for folder in (target / name, *(path for path in (target / name).rglob("*") if path.is_dir())):
            folder.chmod(0o755)


def _failure(tool: GoTool, done: Finished, tools: Path) -> str:
    log = tools / f"{tool.name}.log"
    log.write_text(done.output)
    return (
        f"building {tool.label()} failed (go ended with {done.code}): {done.last_line()};"
        f" the whole output is in {log}"
    )
