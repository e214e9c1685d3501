"""What a start left running in a folder: found, judged and ended from another process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.tools.controlplane import state
from penstock.tools.controlplane.daemon import alive
from penstock.tools.controlplane.layout import Layout
from penstock.tools.controlplane.lifecycle import stop_all

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.tools.controlplane.daemon import Daemon


def running(folder: Path) -> state.State | None:
    """The recorded start if all its processes live, else None."""
    recorded = state.read(Layout(folder.absolute()).state)
    return recorded if recorded and all(lives for _, lives in judged(recorded)) else None


def judged(recorded: state.State) -> tuple[tuple[Daemon, bool], ...]:
    """Every process of a start, and whether it lives."""
    return tuple((daemon, alive(daemon)) for daemon in recorded.daemons)


def stop_recorded(folder: Path) -> bool:
    """Ends what a start left in `folder`, whole or in parts; False if there was nothing to end.

    Only the very processes that were started are ended, never one that got their number later.
    """
    path = Layout(folder.absolute()).state
    recorded = state.read(path)
    if recorded is None:
        return False
    lived = any(lives for _, lives in judged(recorded))
    stop_all(recorded.daemons)
    path.unlink(missing_ok=True)
    return lived
