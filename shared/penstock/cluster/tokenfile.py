"""A bearer token in a file that somebody else renews (a projected service account token, a tokenFile)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from penstock.base.clock import Clock, SystemClock
from penstock.base.files import read_text
from penstock.cluster.errors import Unauthorized
from penstock.cluster.kubeconfig import MOST_BYTES

if TYPE_CHECKING:
    from pathlib import Path

REREAD_SECONDS = 60.0
"""Kubernetes renews projected tokens long before they expire; client-go reads them about as often."""


class TokenFile:
    """Implements Credentials; a file that cannot be read leaves the last token in use."""

    def __init__(self, path: Path, *, clock: Clock | None = None) -> None:
        self._path = path
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._token = ""
        self._read_at = 0.0

    def header(self) -> str:
        """The current token as a header."""
        with self._lock:
            if not self._token or self._clock.monotonic() - self._read_at >= REREAD_SECONDS:
                self._read()
            return f"Bearer {self._token}"

    def refresh(self, refused: str) -> bool:
        """Read the file now; whether it holds another token."""
        with self._lock:
            self._read()
            return f"Bearer {self._token}" != refused

    def _read(self) -> None:
        self._read_at = self._clock.monotonic()
        try:
            token = read_text(self._path, MOST_BYTES).strip()
        except (OSError, ValueError):
            token = ""
        self._token = token or self._token
        if not self._token:
            raise Unauthorized(f"the token file {self._path} is empty, too large or cannot be read")
