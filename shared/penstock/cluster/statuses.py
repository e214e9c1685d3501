"""The one place where an answer that is no success becomes an error. Pure.

Source: metav1.Status (k8s.io/apimachinery/pkg/apis/meta/v1) and its reasons. Texts are the server's, cut
and printable, as Flux shows them. For Secrets they are made from the reason and the field paths alone,
and `map[...]` is dropped from all: the server quotes what it was sent (threats A-63).
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from penstock.base.text import printable
from penstock.cluster import errors
from penstock.cluster.errors import Cause, Failed, Refused

if TYPE_CHECKING:
    from penstock.cluster.request import Answer, Request

MESSAGE_CHARACTERS = 2048
_MOST_CAUSES = 50
"""Ours, as the one above: what is told of a server's Status."""
_BY_CODE: dict[int, type[Refused | Failed]] = {
    400: errors.Invalid,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.Expired,
    413: errors.TooLarge,
    422: errors.Invalid,
    429: errors.Throttled,
    504: errors.Timeout,
}
# Server-side apply answers 500 without a reason for what is the object's own fault.
_MALFORMED = re.compile(r"^failed to (create typed patch object|convert new object|create typed live object)")
_OVERSIZED = re.compile(r"request is too large|message larger than max")
_SECRET_PATH = re.compile(
    r"Kind=Secret\): (\.(?:data|stringData|metadata|type|immutable)(?:\.[\w-]+)*): expected"
)
_UNDECLARED = re.compile(r"(?:^\s+|\): )(\.\S.*?): field not declared in schema$", re.MULTILINE)
_IMMUTABLE = re.compile(
    r"\bis immutable\b|\bimmutable field\b|\bmay not (?:change|be (?:changed|updated))\b"
    r"|\bupdates to .*\bare forbidden\b|\bcannot (?:be (?:changed|updated|modified)|change roleRef)\b"
)
"""How Kubernetes' own kinds, rules of CRDs and admission webhooks say that a field keeps its value."""
_DUMP = re.compile(r"\bmap\[.*", re.DOTALL)


def error_from(answer: Answer, request: Request) -> Refused | Failed:
    """The error in an answer whose status is not 2xx."""
    status = _parse_status(answer.body)
    found = _classify(answer.status, status)
    reason = _reason(status)
    causes = _causes(status, secret=request.secret)
    message = _message(answer, request, status, causes)
    if issubclass(found, Failed):
        return found(
            message,
            reason=reason,
            status=answer.status,
            causes=causes,
            retry_after=_retry_after(answer, status),
        )
    return found(
        message,
        reason=reason,
        status=answer.status,
        causes=causes,
        undeclared=_undeclared(status),
        immutable=_immutable(status),
    )


def _parse_status(body: bytes) -> dict[str, Any]:
    with suppress(orjson.JSONDecodeError):
        parsed = orjson.loads(body)
        if isinstance(parsed, dict) and parsed.get("kind") == "Status":
            return parsed
    return {}


def _details(status: dict[str, Any]) -> dict[str, Any]:
    return status.get("details") or {}


def _classify(code: int, status: dict[str, Any]) -> type[Refused | Failed]:
    message = str(status.get("message") or "")
    if _OVERSIZED.search(message):
        return errors.TooLarge
    if code == 404 and not _details(status).get("name"):
        return errors.UnknownKind
    if code == 409 and status.get("reason") == "AlreadyExists":
        return errors.AlreadyExists
    if code == 500 and not status.get("reason") and _MALFORMED.match(message):
        return errors.Invalid
    return _BY_CODE.get(code, errors.Unavailable if code >= 500 else Refused)


def _reason(status: dict[str, Any]) -> str | None:
    """The API's reason, empty where it gives none; None (the class's own) where no API spoke."""
    if not status:
        return None
    causes = _details(status).get("causes") or ()
    if any(cause.get("reason") == "FieldManagerConflict" for cause in causes):
        return "FieldManagerConflict"
    return printable(str(status.get("reason") or ""), 64)


def _causes(status: dict[str, Any], *, secret: bool) -> tuple[Cause, ...]:
    return tuple(
        Cause(
            printable(str(cause.get("field") or ""), 256),
            printable(str(cause.get("reason") or ""), 64),
            "" if secret else _clean(str(cause.get("message") or "")),
        )
        for cause in (_details(status).get("causes") or ())[:_MOST_CAUSES]
    )


def _undeclared(status: dict[str, Any]) -> tuple[str, ...]:
    return tuple(_UNDECLARED.findall(str(status.get("message") or "")))


def _immutable(status: dict[str, Any]) -> bool:
    """By the causes where there are some, without what they quote: before the last colon, or below."""
    causes = _details(status).get("causes") or ()
    said = [str(cause.get("message") or "") for cause in causes] or [str(status.get("message") or "")]
    lines = (text.partition("\n")[0] for text in said)
    return any(
        _IMMUTABLE.search(line.rpartition(": ")[2] if line.startswith("Invalid value: ") else line)
        for line in lines
    )


def _message(answer: Answer, request: Request, status: dict[str, Any], causes: tuple[Cause, ...]) -> str:
    said = str(status.get("message") or "")
    if not said:
        hint = " (redirects are not followed)" if 300 <= answer.status < 400 else ""
        return f"{request.method} {request.subject}: HTTP {answer.status} without a Kubernetes status{hint}"
    if answer.status == 401:
        # The server says no more than "Unauthorized", whatever is wrong.
        return (
            f"{request.method} {request.subject}: the API server does not accept the credentials: "
            "renew those in the kubeconfig (or the service account's token) and start again"
        )
    if not request.secret:
        return _clean(said)
    return _about_secret(said, request, _reason(status) or f"HTTP {answer.status}", causes)


def _about_secret(said: str, request: Request, reason: str, causes: tuple[Cause, ...]) -> str:
    """What is known of the fault without a word that may be a value."""
    fields = dict.fromkeys(cause.field for cause in causes if cause.field) or _SECRET_PATH.findall(said)
    where = f" at {', '.join(fields)}" if fields else ""
    why = ", data must be base64" if "illegal base64 data" in said else ""
    return (
        f"{request.subject}: the API server refuses it ({reason}{why}){where}; details may quote the Secret"
    )


def _clean(text: str) -> str:
    return printable(_DUMP.sub("map[...]", text), MESSAGE_CHARACTERS)


def _retry_after(answer: Answer, status: dict[str, Any]) -> float | None:
    """Seconds that the server asks for; only the number form, which is what Kubernetes sends."""
    for value in (answer.headers.get("retry-after"), _details(status).get("retryAfterSeconds")):
        text = str(value)
        if text.isascii() and text.isdigit() and 0 < len(text) < 10:
            return float(text)
    return None
