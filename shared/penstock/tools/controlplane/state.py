"""What runs in a folder, as written for a later `down` or `status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from penstock.base.errors import Terminal
from penstock.tools.controlplane.daemon import Daemon  # noqa: TC001 - msgspec reads it
from penstock.tools.controlplane.private import write_private

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 1


class State(msgspec.Struct, frozen=True):
    """One start. `daemons` in the order they were started."""

    server: str
    started: str
    daemons: tuple[Daemon, ...]
    version: int = VERSION


def read(path: Path) -> State | None:
    """The state; None if there is none. Terminal if the file is not one of ours."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        state = msgspec.json.decode(content, type=State)
    except msgspec.MsgspecError as error:
        raise Terminal(
            f"{path} cannot be read ({error}); end the processes by hand, then remove it"
        ) from error
    if state.version != VERSION:
        raise Terminal(f"{path} was written by another penstock (format {state.version}); use that one")
    return state


def write(path: Path, state: State) -> None:
    """Replaces the file at once."""
    write_private(path, msgspec.json.encode(state))
