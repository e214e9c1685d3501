"""The cluster that `up` works on: the embedded control plane, or a person's own after asking."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from penstock.base.errors import Terminal
from penstock.cluster.auth import from_kubeconfig
from penstock.cluster.flux import running_controllers
from penstock.tools.controlplane.plane import ControlPlane
from penstock.tools.controlplane.recorded import stop_recorded
from penstock.tools.gobuild import ensure_all
from penstock.tools.gotools import CONTROL_PLANE, UPSTREAM, WORKLOADS, tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from penstock.cluster.port import Cluster
    from penstock.runtime.up.place import Place

Ask: TypeAlias = "Callable[[str], bool]"
"""Asks the person a yes-or-no question."""
EMBEDDED_NAMESPACE = "flux-system"
OWN_NAMESPACE = "penstock-sample"
"""On a person's own cluster nothing but this namespace is served."""


@dataclass(frozen=True)
class Home:
    """Where the Flux objects go, and how to get there. No kubeconfig of the person's: embedded."""

    kubeconfig: Path
    context: str = ""
    embedded: bool = True

    @property
    def namespace(self) -> str:
        """The namespace of the sample's Flux objects."""
        return EMBEDDED_NAMESPACE if self.embedded else OWN_NAMESPACE

    @property
    def served(self) -> str:
        """The namespaces to serve, as the setting says it."""
        return "" if self.embedded else OWN_NAMESPACE


def build(
    progress: Callable[[str], None], environ: Mapping[str, str], *, embedded: bool, workloads: bool
) -> None:
    """Build what is missing, all at once, so that it can be said beforehand how long that takes."""
    names = [] if environ.get("PENSTOCK_UPSTREAM_BINARY") else [UPSTREAM]
    if embedded and not environ.get("KUBEBUILDER_ASSETS"):
        names += [*CONTROL_PLANE, *(WORKLOADS if workloads else ())]
    ensure_all((tool(name) for name in names), progress, environ)


@contextmanager
def embedded(place: Place, *, workloads: bool, progress: Callable[[str], None]) -> Iterator[Home]:
    """A fresh control plane for as long as the block runs; what a killed `up` left running is ended first."""
    stop_recorded(place.control_plane)
    place.clear_cluster_data()
    place.control_plane.mkdir(parents=True)
    with ControlPlane.start(place.control_plane, workloads=workloads, progress=progress) as plane:
        yield Home(plane.kubeconfig)


def own(kubeconfig: str, context: str) -> Home:
    """A person's cluster; Terminal if there is no such kubeconfig."""
    path = Path(kubeconfig).expanduser().absolute()
    if not path.is_file():
        raise Terminal(f"there is no kubeconfig at {path}: give its path as KUBECONFIG=...")
    return Home(path, context, embedded=False)


def address(home: Home) -> str:
    """The API server of the kubeconfig's context."""
    return from_kubeconfig(home.kubeconfig, home.context, {})[0].server


def end_embedded(place: Place) -> None:
    """End what a killed `up` left running."""
    stop_recorded(place.control_plane)


def check_free(cluster: Cluster) -> None:
    """Terminal if Flux's own controllers run there: two reconcilers never fight."""
    controllers = running_controllers(cluster)
    if controllers:
        raise Terminal(
            f"standing down: Flux's own controllers run on this cluster ({', '.join(controllers)}); "
            "scale them to 0 first if penstock is to take over"
        )
