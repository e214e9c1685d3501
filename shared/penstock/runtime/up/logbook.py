"""Where the functions' log goes while `up` tells its story: into a file, and to the person afterwards."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Logbook(io.TextIOBase):
    """A stream into a file; once `shown_on` was called, what comes is written to that stream as well."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("w", encoding="utf-8")
        self._shown: TextIO | None = None

    def shown_on(self, stream: TextIO) -> None:
        """From now on the person sees it, too."""
        self._shown = stream

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Write the text to where it is wanted."""
        if self._shown is not None:
            self._shown.write(text)
        return self._file.write(text)

    def flush(self) -> None:
        """Let it be seen at once."""
        if not self._file.closed:
            self._file.flush()
        if self._shown is not None:
            self._shown.flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
