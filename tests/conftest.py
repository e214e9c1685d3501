"""What many tests stand on: one real control plane per run, a namespace per test.

The programs are built, where they are missing, before the first test: a cold build outlasts any timeout.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from penstock.tools.controlplane.plane import ControlPlane
from penstock.tools.controlplane.programs import find_programs
from penstock.tools.gobuild import ensure
from penstock.tools.gotools import CONTROL_PLANE, KUBECTL, UPSTREAM, WORKLOADS, tool
from penstock.tools.progress import silent, to_stderr

from tests.support.audit import Audit
from tests.support.emulated import EMULATED
from tests.support.kube import Kube

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest_plugins = (
    "tests.fixtures_disk",
    "tests.fixtures_emulators",
    "tests.fixtures_flux",
    "tests.fixtures_git",
    "tests.fixtures_gitea",
    "tests.fixtures_install",
    "tests.fixtures_ssh",
)

# How long an example takes says more about the machine's load than about our code.
settings.register_profile("penstock", deadline=None, print_blob=True)
settings.load_profile("penstock")

_counter = itertools.count(1)
_SIGNALS: dict[int, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}


def pytest_configure() -> None:
    """Gives back the signals that `nohup` or a background job ignores: whatever is started inherits that."""
    for number, usual in _SIGNALS.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Builds what the collected tests need, in sight of whoever waits."""
    if session.config.option.collectonly:
        return
    fixtures = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    names = (*CONTROL_PLANE, KUBECTL, *(WORKLOADS if fixtures & {"workloads", "install_plane"} else ()))
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
        ensure(tool(UPSTREAM))
        for name in (name for fixture, name in EMULATED.items() if fixture in fixtures):
            ensure(tool(name))
        find_programs(names if fixtures & {"control_plane", "install_plane"} else (), to_stderr, os.environ)


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """API server and etcd, once per run; the audit log is on."""
    folder = tmp_path_factory.mktemp("control-plane")
    with ControlPlane.start(folder, audit=True, progress=silent) as plane:
        yield plane


@pytest.fixture(scope="module")
def workloads(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """The same control plane with controllers, scheduler and a node, until the end of the module."""
    control_plane.start_workloads()
    yield control_plane
    control_plane.stop_workloads()


@pytest.fixture(scope="session")
def kubeconfig(control_plane: ControlPlane) -> Path:
    """An administrator's kubeconfig."""
    return control_plane.kubeconfig


@pytest.fixture(scope="session")
def kube(control_plane: ControlPlane) -> Iterator[Kube]:
    """A bare HTTP client of the API server, for what a test sets up or looks at on its own."""
    with Kube(control_plane) as client:
        yield client


@pytest.fixture(scope="session")
def audit(control_plane: ControlPlane, kube: Kube) -> Audit:
    """What reached the API server."""
    return Audit(control_plane, kube)


@pytest.fixture
def namespace(kube: Kube) -> Iterator[str]:
    """A fresh namespace; it is deleted afterwards, but nobody waits for its end."""
    name = f"test-{next(_counter)}"
    kube.post("/api/v1/namespaces", {"metadata": {"name": name}})
    yield name
    kube.delete(f"/api/v1/namespaces/{name}")
