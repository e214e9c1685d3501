"""The running components of one control plane: started one by one, watched together, ended in order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal, Transient
from penstock.base.text import printable
from penstock.tools.controlplane.daemon import Daemon, alive, spawn, stop
from penstock.tools.controlplane.guard import Guard
from penstock.tools.progress import spent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from penstock.tools.controlplane.layout import Layout
    from penstock.tools.progress import Progress

_POLL_S = 0.05
_QUIET_S = 2.0
_GRACE_S = 10.0
_TAIL_LINES = 5
_TAIL_CHARS = 600
_PORT_TAKEN = "address already in use"


class ComponentDied(Terminal):
    """A component ended by itself; the message has its last lines."""

    reason = "ControlPlaneFailed"


class PortTaken(ComponentDied):
    """It ended because somebody else listens on its port."""


class Components:
    """Processes that end with this one, until `detach`."""

    def __init__(self, layout: Layout, progress: Progress, running: Iterable[Daemon] = ()) -> None:
        self._layout = layout
        self._progress = progress
        self._guard = Guard(layout.folder)
        self.daemons: tuple[Daemon, ...] = tuple(running)

    def start(self, name: str, argv: tuple[str, ...]) -> None:
        """Starts one component, guarded from its first moment on."""
        daemon = spawn(name, argv, self._layout.log(name), self._layout.folder)
        self._guard.watch(daemon)
        self.daemons = (*self.daemons, daemon)

    def await_ready(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        """Returns once the condition holds; ComponentDied if one ends first, Transient after `seconds`."""
        started = time.monotonic()
        told = False
        while not condition():
            self._check()
            elapsed = time.monotonic() - started
            if elapsed > seconds:
                raise Transient(
                    f"{what}: not ready after {spent(elapsed)}; the logs are in {self._layout.logs}"
                )
            if elapsed > _QUIET_S and not told:
                self._progress(f"waiting for {what}")
                told = True
            time.sleep(_POLL_S)

    def stop(self, names: Iterable[str] | None = None) -> None:
        """Ends all components, or those with these names; more than once is fine."""
        chosen = None if names is None else frozenset(names)
        stop_all(daemon for daemon in self.daemons if chosen is None or daemon.name in chosen)
        self.daemons = tuple(daemon for daemon in self.daemons if alive(daemon))

    def detach(self) -> None:
        """From now on the components outlive this process."""
        self._guard.release()

    def _check(self) -> None:
        for daemon in self.daemons:
            if not alive(daemon):
                tail = self._log_tail(daemon.name)
                kind = PortTaken if _PORT_TAKEN in tail else ComponentDied
                raise kind(f"{daemon.name} ended (its log is {self._layout.log(daemon.name)}): {tail}")

    def _log_tail(self, name: str) -> str:
        content = self._layout.log(name).read_text(errors="replace")
        lines = [line for line in content.splitlines() if line.strip()]
        tail = "\n".join(lines[-_TAIL_LINES:])[-_TAIL_CHARS:]
        return printable(tail, newlines=True) or "it printed nothing"


def stop_order(daemons: Iterable[Daemon]) -> tuple[tuple[Daemon, ...], ...]:
    """Who is ended together, and in which order.

    The API server's clients first, then the API server, etcd last: an API server without its etcd hangs
    instead of ending.
    """
    ranks: tuple[list[Daemon], ...] = ([], [], [])
    for daemon in daemons:
        ranks[{"kube-apiserver": 1, "etcd": 2}.get(daemon.name, 0)].append(daemon)
    return tuple(tuple(rank) for rank in ranks if rank)


def stop_all(daemons: Iterable[Daemon]) -> None:
    """Ends them all in that order; those that are gone already are left alone."""
    every = tuple(daemons)
    storage_lost = any(daemon.name == "etcd" and not alive(daemon) for daemon in every)
    for rank in stop_order(every):
        stop(rank, 0.0 if storage_lost else _GRACE_S)
