"""GitHub's webhook: is it signed with our secret, and which repository and ref does it name?

Source: https://docs.github.com/webhooks (securing your webhooks; the push and ping events). The payload
never chooses content: all that is taken from it is where to look (threats A-02, A-04 to A-07).
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from penstock.api.work import Hint
from penstock.base import strictjson
from penstock.base.errors import Terminal
from penstock.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Headers: TypeAlias = "Iterable[tuple[str, str]]"

_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)
_DELIVERY = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)
_URL = re.compile(r"[!-~]{1,2048}", re.ASCII)
_REF = re.compile(r"refs/(?:heads|tags)/[^\x00-\x20\x7f~^:?*\[\\]{1,1024}")
_URL_FIELDS = ("clone_url", "ssh_url", "git_url", "html_url", "svn_url", "url")
_ZEROS = re.compile(r"0{40}(0{24})?")


class Refused(Terminal):
    """The delivery is not taken; `status` is the HTTP status that says so."""

    reason = "WebhookRefused"

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Ignored:
    """A genuine delivery that gives us nothing to do."""

    reason: str


def receive(secrets: Sequence[str], headers: Headers, body: bytes, *, depth: int) -> Hint | Ignored:
    """What a delivery means; Refused if it is not signed, not JSON, or not what GitHub sends.

    `body` is the raw body, `depth` the deepest nesting of JSON that is read.
    """
    pairs = tuple(headers)
    if not verify(secrets, body, pairs):
        raise Refused(401, "X-Hub-Signature-256 does not fit: the webhook's secret must be the one set here")
    _check_content_type(_header(pairs, "content-type"))
    event = _header(pairs, "x-github-event")
    if event == "ping":
        return Ignored("ping")
    if not event:
        raise Refused(400, "X-GitHub-Event is missing: only GitHub's webhooks are taken here")
    if event != "push":
        return Ignored(f"event {printable(event, 64)} is not used; push is")
    return _push(json_object(body, depth, "payload"), _header(pairs, "x-github-delivery"))


def verify(secrets: Sequence[str], body: bytes, headers: Headers) -> bool:
    """Whether exactly one X-Hub-Signature-256 is there and fits the body and one of the secrets."""
    given = [value for name, value in headers if name.lower() == "x-hub-signature-256"]
    signature = _SIGNATURE.fullmatch(given[0]) if len(given) == 1 else None
    if signature is None:
        return False
    claimed = signature[1].encode()
    fits = [
        hmac.compare_digest(hmac.digest(secret.encode(), body, "sha256").hex().encode(), claimed)
        for secret in secrets
        if secret.strip()
    ]
    return any(fits)


def _header(headers: Sequence[tuple[str, str]], name: str) -> str:
    """A header's only value; empty if it is not there, or there twice."""
    values = [value for key, value in headers if key.lower() == name]
    return values[0].strip() if len(values) == 1 else ""


def _check_content_type(value: str) -> None:
    kind, _, parameters = value.lower().partition(";")
    charset = parameters.strip().removeprefix("charset=").strip('"')
    if kind.strip() != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise Refused(415, "the webhook's content type must be application/json in UTF-8: set it in GitHub")


def json_object(body: bytes, depth: int, what: str) -> dict[str, Any]:
    """The JSON object in a body; Refused with 400, naming `what` it should be, if there is none."""
    try:
        found = strictjson.loads(body, depth=depth, limit="json_depth")
    except ValueError as error:
        raise Refused(400, f"the {what} {error}") from None
    if not isinstance(found, dict):
        raise Refused(400, f"the {what} is no JSON object")
    return found


def _push(payload: dict[str, Any], delivery: str) -> Hint | Ignored:
    ref, repository = payload.get("ref"), payload.get("repository")
    if not isinstance(ref, str) or not ref:
        raise Refused(400, "the payload's ref is no text")
    if not isinstance(repository, dict):
        raise Refused(400, "the payload's repository is no object")
    urls = _urls(repository)
    if not urls:
        raise Refused(400, "the payload's repository has no URL")
    if not _REF.fullmatch(ref):
        return Ignored("the ref is neither a branch nor a tag")
    if payload.get("deleted") is True or _is_zeros(payload.get("after")):
        return Ignored("the ref was deleted")
    return Hint(urls, ref, delivery if _DELIVERY.fullmatch(delivery) else "")


def _urls(repository: dict[str, Any]) -> tuple[str, ...]:
    """Every spelling of the repository's address in the payload, each once."""
    found = (repository.get(field) for field in _URL_FIELDS)
    kept = (url for url in found if isinstance(url, str) and _URL.fullmatch(url))
    return tuple(dict.fromkeys(kept))


def _is_zeros(commit: object) -> bool:
    return isinstance(commit, str) and _ZEROS.fullmatch(commit) is not None
