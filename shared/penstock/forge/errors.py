"""What a forge may say no to. Messages name the forge's host, what was asked and the remedy."""

from __future__ import annotations

from penstock.base.errors import Terminal, Transient


class Refused(Terminal):
    """The forge says no, and will again; `status` is the HTTP status, 0 if the decision was ours."""

    reason = "ForgeRefused"

    def __init__(self, message: str, *, status: int = 0, reason: str | None = None) -> None:
        super().__init__(message, reason=reason)
        self.status = status


class TokenRefused(Refused):
    """The token is wrong, has expired or was taken back."""

    reason = "AuthenticationFailed"


class NotAllowed(Refused):
    """The token is good but may not do this."""

    reason = "Forbidden"


class NotFound(Refused):
    """There is no such thing, or none that the token may see."""

    reason = "NotFound"


class OwnerMissing(NotFound):
    """There is no such organisation, group or team, or none that the token may see."""


class Untrusted(Refused):
    """The forge's certificate is not accepted; nothing was sent."""

    reason = "CertificateNotTrusted"


class NotAForge(Refused):
    """What answers is not the API that was expected."""

    reason = "ForgeAnswerInvalid"


class Unavailable(Transient):
    """No answer, or 5xx, for longer than the retries go on; what was done stays, and a second run goes on.

    `unsent`: there was no connection, so nothing was done.
    """

    reason = "ForgeUnavailable"

    def __init__(self, message: str, *, retry_after: float | None = None, unsent: bool = False) -> None:
        super().__init__(message, retry_after=retry_after)
        self.unsent = unsent


class Throttled(Unavailable):
    """The forge limits requests; `retry_after` says for how many seconds, if it says so."""

    reason = "TooManyRequests"
