"""Flux's controllers as Go tools, pinned by bench/peers/go.mod, and the CRDs that come in their modules."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from penstock.base.errors import Terminal
from penstock.tools.checkout import folder
from penstock.tools.gobuild import ensure_all
from penstock.tools.gotool import GoTool, pinned
from penstock.tools.gotoolchain import find_go, go_environment, parse_required
from penstock.tools.longrun import run
from penstock.tools.progress import to_stderr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.tools.progress import Progress

    from tests.support.kube import Json

SOURCE, KUSTOMIZE = "source-controller", "kustomize-controller"
_EXPECTED_S = {SOURCE: 120.0, KUSTOMIZE: 150.0}
"""Seconds of a cold build on two cores."""
_DOWNLOAD_S = 10.0


def controllers() -> tuple[GoTool, ...]:
    """The programs, as bench/peers/go.mod pins them."""
    home = folder("bench/peers")
    go_mod = (home / "go.mod").read_text()
    return tuple(
        GoTool(name, home, _module(name), pinned(go_mod, _module(name)), expected_s=_EXPECTED_S[name])
        for name in (KUSTOMIZE, SOURCE)
    )


def versions() -> dict[str, str]:
    """Name of the controller -> its version."""
    return {tool.name: tool.version for tool in controllers()}


def programs(progress: Progress = to_stderr) -> dict[str, Path]:
    """The programs by name, built into the user's cache where they are missing."""
    return ensure_all(controllers(), progress)


def crds(progress: Progress = to_stderr) -> Iterator[Json]:
    """The CRDs of all kinds of both controllers, from their modules."""
    for tool in controllers():
        for file in sorted((_source_of(tool, progress) / "config" / "crd" / "bases").glob("*.yaml")):
            yield from (obj for obj in yaml.safe_load_all(file.read_text()) if obj)


def _module(name: str) -> str:
    return f"github.com/fluxcd/{name}"


def _source_of(tool: GoTool, progress: Progress) -> Path:
    """Where Go keeps the module's source; it is downloaded if the program came from the cache."""
    go = find_go(parse_required((tool.module / "go.mod").read_text()), progress, os.environ)
    argv = (str(go), "mod", "download", "-json", tool.package)
    done = run(
        argv,
        env=go_environment(os.environ, go),
        cwd=tool.module,
        what=f"downloading the CRDs of {tool.label()}",
        expected_s=_DOWNLOAD_S,
        progress=progress,
    )
    if done.code:
        raise Terminal(f"the source of {tool.label()} cannot be had: {done.last_line()}")
    return Path(json.loads(done.output)["Dir"])
