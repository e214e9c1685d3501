"""What the API server refused or failed at, one class each.

    Terminal
    `- Refused          NotFound (UnknownKind, NamespaceMissing), AlreadyExists, Invalid, Forbidden, TooLarge
    Transient
    `- Failed           Conflict, Expired, Throttled, Unavailable, Timeout, Unauthorized,
                        Unreachable (Untrusted)

`reason` is the API's own word (Invalid, Forbidden, FieldManagerConflict ...), as Flux prints it.
"""

from __future__ import annotations

from dataclasses import dataclass

from penstock.base.errors import Terminal, Transient


@dataclass(frozen=True)
class Cause:
    """One entry of Status.details.causes: a field path (`spec.replicas`), the API's reason and text.

    The text is empty for Secrets: it would quote values.
    """

    field: str
    reason: str
    message: str


class Refused(Terminal):
    """The API server understood the request and will not do it; `status` is the HTTP code.

    `undeclared` lists the fields that it found and the schema does not have (not always all of them), each as
    `.spec.containers[name="a"].foo`. `immutable`: it says of a field that it cannot be changed.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        status: int = 0,
        causes: tuple[Cause, ...] = (),
        undeclared: tuple[str, ...] = (),
        immutable: bool = False,
    ) -> None:
        super().__init__(message, reason=reason)
        self.status = status
        self.causes = causes
        self.undeclared = undeclared
        self.immutable = immutable


class NotFound(Refused):
    """The object is not there, or a Namespace that it needs."""

    reason = "NotFound"


class UnknownKind(NotFound):
    """The cluster serves no such kind, at least not yet."""


class NamespaceMissing(NotFound):
    """A namespaced object without a namespace; whoever shows it names the object."""


class AlreadyExists(Refused):
    """An object of that name is there already."""

    reason = "AlreadyExists"


class Invalid(Refused):
    """The object does not validate; `causes` lists the fields where the API server gave them."""

    reason = "Invalid"


class Forbidden(Refused):
    """RBAC or an admission policy says no."""

    reason = "Forbidden"


class TooLarge(Refused):
    """The object is larger than the API server takes."""

    reason = "RequestEntityTooLarge"


class Failed(Transient):
    """The API server could not do it now; `status` is the HTTP code, 0 if there was no answer."""

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        status: int = 0,
        causes: tuple[Cause, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, reason=reason, retry_after=retry_after)
        self.status = status
        self.causes = causes


class Conflict(Failed):
    """Somebody else changed the object, owns the field, or replaced it (uid precondition)."""

    reason = "Conflict"


class Expired(Failed):
    """The resourceVersion or continue token is too old: read again from the start."""

    reason = "Expired"


class Throttled(Failed):
    """429 more often, or for longer, than the retries allow."""

    reason = "TooManyRequests"


class Unavailable(Failed):
    """5xx more often than the retries allow."""

    reason = "ServiceUnavailable"


class Timeout(Failed):
    """No whole answer in time; a write may have happened."""

    reason = "Timeout"


class Unauthorized(Failed):
    """The credentials are not accepted, fresh ones neither; once they are renewed the request is good."""

    reason = "Unauthorized"


class Unreachable(Failed):
    """No connection, or it broke; `sent` says whether the request may have arrived."""

    reason = "Unreachable"

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class Untrusted(Unreachable):
    """The server's certificate, or ours, is not accepted."""

    reason = "CertificateNotTrusted"
