"""The one error tree.

    PenstockError
    |- Terminal     trying again is useless until the input changes
    `- Transient    trying again may help; `retry_after` is the server's wish, in seconds

`reason` is the CamelCase word that Flux would put into the Ready condition. Messages are for people:
one sentence that names the place and the remedy, never a secret and never the content of a file.
"""

from __future__ import annotations


class PenstockError(Exception):
    """What penstock raises on purpose; anything else that escapes is a bug."""

    reason = "Failed"

    def __init__(self, message: str, *, reason: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if reason is not None:
            self.reason = reason


class Terminal(PenstockError):
    """The input is at fault: it is refused now and will be refused again."""


class Transient(PenstockError):
    """The world is at fault: the same input may succeed later, `retry_after` seconds from now if known."""

    def __init__(self, message: str, *, reason: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, reason=reason)
        self.retry_after = retry_after


class SettingsError(Terminal):
    """A setting is missing or wrong; the process must not start."""

    reason = "InvalidSettings"


def setting_of(limit: str) -> str:
    """What a message about a limit, a field of Limits, ends with: its setting. Empty for none."""
    return f" (PENSTOCK_LIMIT_{limit.upper()})" if limit else ""


class LimitExceeded(Terminal):
    """An input is larger than a limit; the message ends with the setting of `limit`, a field of Limits."""

    reason = "LimitExceeded"

    def __init__(self, message: str, *, limit: str = "", reason: str | None = None) -> None:
        super().__init__(message + setting_of(limit), reason=reason)
