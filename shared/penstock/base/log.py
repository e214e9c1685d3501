"""Logs: one line per step, as JSON for machines or as text for a terminal; masked at this one sink.

The JSON keys follow Cloud Logging (`severity`, `message`, `time`) so that no agent has to translate.
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
import threading
from typing import TYPE_CHECKING, Any, TextIO

from penstock.base.clock import Clock, SystemClock, rfc3339
from penstock.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.base.masking import Masker

_MARKS = {"INFO": "►", "WARNING": "!", "ERROR": "✗"}
_WRITE_LOCK = threading.Lock()


class Log:
    """A sink with fields bound to it; `bind` gives a new one, nothing is shared but the stream."""

    def __init__(
        self,
        masker: Masker,
        *,
        stream: TextIO | None = None,
        text: bool = False,
        clock: Clock | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        self._masker = masker
        self._stream = stream if stream is not None else sys.stderr
        self._text = text
        self._clock = clock or SystemClock()
        self._fields = dict(fields or {})

    def bind(self, **fields: object) -> Log:
        """The same sink with more fields on every line."""
        return Log(
            self._masker,
            stream=self._stream,
            text=self._text,
            clock=self._clock,
            fields={**self._fields, **fields},
        )

    def info(self, message: str, **fields: object) -> None:
        """A step that went well."""
        self._write("INFO", message, fields)

    def warning(self, message: str, **fields: object) -> None:
        """Something a person should look at; the work goes on."""
        self._write("WARNING", message, fields)

    def error(self, message: str, **fields: object) -> None:
        """A step that failed."""
        self._write("ERROR", message, fields)

    def shown(self, text: str, characters: int) -> str:
        """The text as it may be kept elsewhere too: masked, printable, cut."""
        return self._masker.shown(text, characters)

    def _write(self, severity: str, message: str, fields: Mapping[str, object]) -> None:
        line = {**self._fields, **fields}
        shown = (
            self._as_text(severity, message, line) if self._text else self._as_json(severity, message, line)
        )
        with _WRITE_LOCK, contextlib.suppress(OSError, ValueError):  # a closed terminal must not stop work
            self._stream.write(shown + "\n")
            self._stream.flush()

    def _clean(self, value: object) -> object:
        if isinstance(value, bool | int | None) or (isinstance(value, float) and math.isfinite(value)):
            return value
        return printable(self._masker.mask(str(value)), 4096)

    def _as_json(self, severity: str, message: str, fields: Mapping[str, object]) -> str:
        head = {"time": rfc3339(self._clock.now()), "severity": severity, "message": self._clean(message)}
        return json.dumps({**{key: self._clean(value) for key, value in fields.items()}, **head})

    def _as_text(self, severity: str, message: str, fields: Mapping[str, object]) -> str:
        tail = "".join(
            f"  {key}={self._clean(value)}" for key, value in fields.items() if value not in ("", None)
        )
        return f"{_MARKS[severity]} {self._clean(message)}{tail}"
