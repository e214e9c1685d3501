"""Flux's source-controller and kustomize-controller as processes, flags as in its own manifests.

Left out is what has nothing to do with reconciling: leader election, and events to notification-controller,
which is not there.
"""

from __future__ import annotations

import http.client
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from penstock.tools.controlplane.probe import free_ports

from bench.beside.peers import KUSTOMIZE, SOURCE
from bench.beside.process import Process
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class Flags:
    """A way to run Flux: its name in the results, and what each of the controllers is given for it."""

    name: str
    source: tuple[str, ...] = ()
    kustomize: tuple[str, ...] = ()
    on_tmpfs: bool = False
    """Whether artifacts and temporary files are in memory, as Flux's guide to vertical scaling has it."""


DEFAULT = Flags("default")
TUNED = Flags(
    "tuned",
    ("--concurrent=20", "--requeue-dependency=5s"),
    ("--concurrent=20", "--requeue-dependency=5s"),
    on_tmpfs=True,
)


@dataclass(frozen=True)
class Ports:
    """Where source-controller serves artifacts, and where kustomize-controller is told that it does.

    The same, unless something in between counts the bytes.
    """

    storage: int
    told: int

    @classmethod
    def free(cls) -> Self:
        """One free port for both."""
        (port,) = free_ports(1)
        return cls(port, port)


class Flux:
    """Both controllers, watching the Flux objects of one namespace (of all if it is empty) until the end."""

    def __init__(
        self,
        programs: Mapping[str, Path],
        kubeconfig: Path,
        folder: Path,
        namespace: str,
        *,
        flags: Flags = DEFAULT,
        ports: Ports | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "KUBECONFIG": str(kubeconfig),
            "RUNTIME_NAMESPACE": namespace or "flux-system",
            "TMPDIR": str(folder),
        }
        self._folder, self._programs = folder, programs
        self._common = (f"--watch-all-namespaces={'false' if namespace else 'true'}", "--log-encoding=json")
        ports = ports or Ports.free()
        storage = (
            f"--storage-path={folder / 'data'}",
            f"--storage-addr={_LOCAL}:{ports.storage}",
            f"--storage-adv-addr={_LOCAL}:{ports.told}",
        )
        (folder / "data").mkdir(exist_ok=True)
        health = free_ports(2)
        self.source = self._started(SOURCE, health[0], (*storage, *flags.source))
        self.kustomize = self._started(KUSTOMIZE, health[1], flags.kustomize)
        for process, port in ((self.source, health[0]), (self.kustomize, health[1])):
            eventually(lambda: _ready(process, port), f"{process.name} is ready")  # noqa: B023 - called at once

    @property
    def processes(self) -> tuple[Process, ...]:
        """source-controller and kustomize-controller."""
        return (self.source, self.kustomize)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.end()

    def _started(self, name: str, health: int, flags: tuple[str, ...]) -> Process:
        argv = (
            str(self._programs[name]),
            *self._common,
            f"--health-addr={_LOCAL}:{health}",
            "--metrics-addr=0",
            *flags,
        )
        return Process(argv, self._env, self._folder / f"{name}.log")


def _ready(process: Process, port: int) -> bool:
    process.must_run()
    connection = http.client.HTTPConnection(_LOCAL, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()
