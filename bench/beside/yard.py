"""One control plane with Flux's own CRDs and one Git server: what both peers work on."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from penstock.tools.controlplane.plane import ControlPlane
from penstock.tools.progress import to_stderr

from bench.beside.gitserver import GitProcess
from bench.beside.peers import crds
from tests.fixtures_git import clone
from tests.support.kube import Kube
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.tools.progress import Progress

    from tests.fixtures_git import WorkingCopy
    from tests.support.kube import Json

_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NAMESPACES = "/api/v1/namespaces"


class Yard:
    """Starts when it is entered, in a folder that is kept; the audit log of the API server is on."""

    plane: ControlPlane
    kube: Kube
    git: GitProcess

    def __init__(self, folder: Path, progress: Progress = to_stderr) -> None:
        self.folder = folder
        self._progress = progress
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            place = self.folder / "control-plane"
            self.plane = opening.enter_context(ControlPlane.start(place, audit=True, progress=self._progress))
            self.kube = opening.enter_context(Kube(self.plane))
            self.git = opening.enter_context(GitProcess(self.folder / "git"))
            self._install_crds()
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def namespace(self, name: str) -> str:
        """Makes a namespace."""
        self.kube.post(NAMESPACES, {"metadata": {"name": name}})
        return name

    def repository(self, name: str) -> WorkingCopy:
        """A working copy of a fresh empty repository on the server."""
        return clone(self.git, name, self.folder / "copies" / name)

    def _install_crds(self) -> None:
        names = [self.kube.post(_CRDS, crd)["metadata"]["name"] for crd in crds(self._progress)]
        eventually(lambda: all(self._established(name) for name in names), "Flux's kinds")

    def _established(self, name: str) -> bool:
        found: Json = self.kube.get(f"{_CRDS}/{name}") or {}
        conditions = found.get("status", {}).get("conditions", [])
        return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
