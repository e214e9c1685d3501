"""Where the components' programs come from: KUBEBUILDER_ASSETS where set, else built and cached."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal
from penstock.tools.gobuild import ensure_all
from penstock.tools.gotools import control_plane_tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from penstock.tools.progress import Progress

_IN_ASSETS = ("kube-apiserver", "etcd", "kubectl")
"""What the folder of controller-runtime's envtest holds (book.kubebuilder.io/reference/envtest)."""


def find_programs(names: Iterable[str], progress: Progress, env: Mapping[str, str]) -> dict[str, Path]:
    """The program of each name; builds what is missing, but never what KUBEBUILDER_ASSETS stands for."""
    wanted = tuple(names)
    assets = env.get("KUBEBUILDER_ASSETS", "")
    given = {name: _asset(Path(assets), name) for name in wanted if assets and name in _IN_ASSETS}
    rest = [control_plane_tool(name) for name in wanted if name not in given]
    return given | ensure_all(rest, progress, env)


def _asset(folder: Path, name: str) -> Path:
    program = folder.absolute() / name
    if not os.access(program, os.X_OK):
        raise Terminal(
            f"KUBEBUILDER_ASSETS is set, but {program} is no executable file;"
            " unset it to have penstock build its own",
            reason="ToolMissing",
        )
    return program
