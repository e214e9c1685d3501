"""A real control plane as an object: start it, use its kubeconfig, stop it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from penstock.base.clock import rfc3339
from penstock.base.errors import Terminal
from penstock.tools.controlplane import launch, state
from penstock.tools.controlplane.daemon import alive
from penstock.tools.controlplane.layout import Layout, Ports
from penstock.tools.controlplane.lifecycle import Components, PortTaken
from penstock.tools.controlplane.probe import free_ports
from penstock.tools.controlplane.programs import find_programs
from penstock.tools.controlplane.recorded import running, stop_recorded
from penstock.tools.gotools import CONTROL_PLANE, KUBECTL, WORKLOADS
from penstock.tools.progress import Progress, to_stderr
from penstock.tools.usercache import locked

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

_PORT_ATTEMPTS = 3


class ControlPlane:
    """A running API server with its etcd, on request with what makes Deployments ready.

    It ends with this process, however that ends, until `detach` is called. Not for use by several threads.
    """

    def __init__(
        self, layout: Layout, components: Components, progress: Progress, env: Mapping[str, str]
    ) -> None:
        self._layout = layout
        self._components = components
        self._progress = progress
        self._env = env
        self.server = ""
        """The API server's URL."""
        self._started = rfc3339(datetime.now(UTC))

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        workloads: bool = False,
        audit: bool = False,
        ports: Ports | None = None,
        progress: Progress = to_stderr,
        env: Mapping[str, str] | None = None,
    ) -> Self:
        """Starts in `folder`, which keeps certificates, data and logs, and returns when all is ready.

        Builds the programs first where they are missing. Ports are free ones unless given. A start that
        fails or is interrupted leaves nothing running. Terminal if one runs there already.
        """
        env = os.environ if env is None else env
        layout = Layout(folder.absolute())
        names = (*CONTROL_PLANE, *(WORKLOADS if workloads else ()))
        programs = find_programs(names, progress, env)
        layout.logs.mkdir(parents=True, exist_ok=True)
        layout.folder.chmod(0o700)
        with locked(layout.folder, progress):
            if recorded := running(folder):
                raise Terminal(f"a control plane runs in {folder} already, at {recorded.server}")
            stop_recorded(folder)
            plane = cls(layout, Components(layout, progress), progress, env)
            try:
                plane._start_server(programs, ports, audit=audit)
                if workloads:
                    plane.start_workloads()
            except BaseException:
                plane.stop()
                raise
        return plane

    @classmethod
    def attach(cls, folder: Path, *, progress: Progress = to_stderr) -> Self | None:
        """The control plane that a detached start left running in `folder`; None if none runs there."""
        recorded = running(folder)
        if recorded is None:
            return None
        layout = Layout(folder.absolute())
        plane = cls(layout, Components(layout, progress, recorded.daemons), progress, os.environ)
        plane.server, plane._started = recorded.server, recorded.started
        return plane

    @property
    def kubeconfig(self) -> Path:
        """An administrator's kubeconfig, everything embedded."""
        return self._layout.kubeconfig

    @property
    def audit_log(self) -> Path:
        """One JSON event of audit.k8s.io/v1 per request, if started with `audit`."""
        return self._layout.audit_log

    @property
    def kubectl(self) -> Path:
        """kubectl of the same release; built now if it is missing."""
        return find_programs((KUBECTL,), self._progress, self._env)[KUBECTL]

    @property
    def has_workloads(self) -> bool:
        """Whether controllers, scheduler and kwok run."""
        return set(WORKLOADS) <= {daemon.name for daemon in self._components.daemons if alive(daemon)}

    def start_workloads(self) -> None:
        """Adds controllers, scheduler, kwok and a Node, unless they run. A failure takes them back."""
        if self.has_workloads:
            return
        programs = find_programs(WORKLOADS, self._progress, self._env)
        self._components.stop(WORKLOADS)
        try:
            launch.start_workloads(self._components, self._layout, self.server, programs)
        except BaseException:
            self._components.stop(WORKLOADS)
            raise
        self._record()

    def stop_workloads(self) -> None:
        """Ends the controllers, the scheduler and kwok; what they made stays as it is."""
        self._components.stop(WORKLOADS)
        self._record()

    def stop(self) -> None:
        """Ends everything; the data stays. More than once is fine."""
        self._components.stop()
        self._components.detach()
        self._layout.state.unlink(missing_ok=True)

    def detach(self) -> None:
        """Lets it run on after this process; recorded.stop_recorded ends it later."""
        self._components.detach()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_server(self, programs: Mapping[str, Path], ports: Ports | None, *, audit: bool) -> None:
        attempts = 1 if ports else _PORT_ATTEMPTS
        while True:
            attempts -= 1
            server = launch.Server(self._layout, ports or Ports(*free_ports(3)), audit)
            try:
                launch.start_server(self._components, server, programs, datetime.now(UTC))
            except PortTaken:
                self._components.stop()
                if not attempts:
                    raise
            else:
                break
        self.server = server.url
        self._record()

    def _record(self) -> None:
        recorded = state.State(self.server, self._started, self._components.daemons)
        state.write(self._layout.state, recorded)
