"""Our end of the guardian: it learns what we started, and kills it when we vanish."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from penstock.tools.controlplane.daemon import Daemon, recorded, stop

if TYPE_CHECKING:
    from pathlib import Path

_GRACE_S = 5.0


class Guard:
    """A running guardian. What is watched dies with this process, unless `release` comes first."""

    def __init__(self, home: Path) -> None:
        ours, self._pipe = os.pipe()
        # -P: what happens to lie in the working directory must not be imported.
        argv = (sys.executable, "-P", "-m", "penstock.tools.controlplane.guardian")
        env = {"HOME": str(home), "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        actions = (
            (os.POSIX_SPAWN_DUP2, ours, 0),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        )
        try:
            pid = os.posix_spawn(argv[0], argv, env, file_actions=actions, setsid=True)
        finally:
            os.close(ours)
        self._process: Daemon | None = recorded("guardian", pid)

    def watch(self, daemon: Daemon) -> None:
        """From now on `daemon` does not outlive us."""
        self._tell(f"watch {daemon.pid} {daemon.identity}\n")

    def release(self) -> None:
        """Lets everything watched live on, and ends the guardian; more than once is fine."""
        if self._process is None:
            return
        self._tell("release\n")
        os.close(self._pipe)
        stop([self._process], _GRACE_S)
        self._process = None

    def _tell(self, line: str) -> None:
        # A guardian that somebody killed must not keep us from stopping what we started.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._pipe, line.encode())
