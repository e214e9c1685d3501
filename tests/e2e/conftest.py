"""One `penstock serve` for all that is told by webhook or by hand: every namespace, and no timer."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from penstock.tools.controlplane.plane import ControlPlane
from penstock.tools.progress import silent

from tests.e2e.bootstrapping import Cluster, Forge
from tests.e2e.fleet import Fleet, Functions
from tests.runtime.processes import ROOT, environment, serving
from tests.runtime.requesting import SECRET, TOKEN
from tests.support.kube import Kube
from tests.support.kubectl import Kubectl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.fixtures_git import WorkingCopy
    from tests.support.gitea_server import GiteaServer, Person

    Serve = Callable[..., AbstractContextManager[Functions]]


@pytest.fixture(scope="session")
def kubectl(control_plane: ControlPlane) -> Kubectl:
    """kubectl on a cluster that has the CRDs."""
    run = Kubectl(control_plane.kubectl, control_plane.kubeconfig)
    crds = str(ROOT / "infra" / "crds")
    run("apply", "--server-side", "--force-conflicts", "-f", crds)
    run.wait_established("-f", crds)
    return run


@pytest.fixture(scope="session")
def serve(kubectl: Kubectl, kubeconfig: Path) -> Serve:
    """Starts `penstock serve` with its bucket and queue below a folder."""
    del kubectl

    @contextmanager
    def start(
        folder: Path, environ: Mapping[str, str] | None = None, **settings: object
    ) -> Iterator[Functions]:
        bucket, queue = folder / "bucket", folder / "queue"
        env = environment(
            webhook_secret=SECRET,
            invoke_token=TOKEN,
            kubeconfig=kubeconfig,
            **{"bucket": bucket, "queue": queue, "tick_seconds": 0, **settings},
        )
        with serving({**env, **(environ or {})}) as (running, url):
            yield Functions(running, url, bucket, queue)

    return start


@pytest.fixture(scope="session")
def functions(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Functions]:
    """The process that most tests share."""
    with serve(tmp_path_factory.mktemp("penstock")) as started:
        yield started


@pytest.fixture
def fleet(kube: Kube, functions: Functions, namespace: str, repository: WorkingCopy) -> Fleet:
    """A fleet whose repository is empty, with nothing of it in the cluster yet."""
    return Fleet(kube, functions, namespace, repository)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of this module's own, and the functions beside it."""
    folder = tmp_path_factory.mktemp("bootstrap")
    with ControlPlane.start(folder / "plane", progress=silent) as plane, Kube(plane) as kube:
        env = environment(
            webhook_secret=SECRET,
            invoke_token=TOKEN,
            kubeconfig=plane.kubeconfig,
            bucket=folder / "bucket",
            queue=folder / "queue",
            tick_seconds=0,
        )
        with serving(env) as (functions, url):
            yield Cluster(plane, kube, functions, url)


@pytest.fixture
def forge(cluster: Cluster, gitea: GiteaServer, person: Person, organisation: str, tmp_path: Path) -> Forge:
    """An organisation that has no repository yet."""
    return Forge(cluster, gitea, person, organisation, tmp_path / "fleet")
