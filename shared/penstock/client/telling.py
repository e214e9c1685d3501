"""What a flow tells the person who waits for it, in flux's six kinds of lines: the port."""

from __future__ import annotations

from typing import Protocol


class Tell(Protocol):
    """Takes one line each; penstock.cli.printing is the real one, and makes the text fit for a terminal."""

    def action(self, text: str, /) -> None:
        """► what is being done."""

    def generating(self, text: str, /) -> None:
        """✚ what is being made on this machine."""

    def waiting(self, text: str, /) -> None:
        """◎ what is waited for."""

    def success(self, text: str, /) -> None:
        """✔ what is done."""

    def warning(self, text: str, /) -> None:
        """⚠️ what should be known."""

    def failure(self, text: str, /) -> None:
        """✗ what failed, where the command goes on."""
