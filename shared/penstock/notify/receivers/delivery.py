"""What all forges' webhooks have in common: headers and JSON read strictly, and a push as a hint. Pure.

The payload never chooses content: all that is taken from it is where to look (threats A-04 to A-07).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from penstock.api.work import Hint
from penstock.base import strictjson
from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Headers: TypeAlias = "Iterable[tuple[str, str]]"

_DELIVERY = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)
_URL = re.compile(r"[!-~]{1,2048}", re.ASCII)
_REF = re.compile(r"refs/(?:heads|tags)/[^\x00-\x20\x7f~^:?*\[\\]{1,1024}")
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


def header(headers: Sequence[tuple[str, str]], name: str) -> str:
    """A header's only value, by its name in lower case; empty if it is not there, or there twice."""
    values = [value for key, value in headers if key.lower() == name]
    return values[0].strip() if len(values) == 1 else ""


def check_content_type(value: str) -> None:
    """Refused with 415 unless it is JSON in UTF-8."""
    kind, _, parameters = value.lower().partition(";")
    charset = parameters.strip().removeprefix("charset=").strip('"')
    if kind.strip() != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise Refused(
            415, "the webhook's content type must be application/json in UTF-8: set it in its settings"
        )


def json_object(body: bytes, depth: int, what: str) -> dict[str, Any]:
    """The JSON object in a body; Refused with 400, naming `what` it should be, if there is none."""
    try:
        found = strictjson.loads(body, depth=depth, limit="json_depth")
    except ValueError as error:
        raise Refused(400, f"the {what} {error}") from None
    if not isinstance(found, dict):
        raise Refused(400, f"the {what} is no JSON object")
    return found


def push(payload: dict[str, Any], key: str, fields: Iterable[str], delivery: str) -> Hint | Ignored:
    """The hint in a push's payload, whose object at `key` has the repository's addresses in these fields."""
    ref, repository = payload.get("ref"), payload.get(key)
    if not isinstance(ref, str) or not ref:
        raise Refused(400, "the payload's ref is no text")
    if not isinstance(repository, dict):
        raise Refused(400, f"the payload's {key} is no object")
    urls = _urls(repository, fields)
    if not urls:
        raise Refused(400, f"the payload's {key} has no URL")
    if not _REF.fullmatch(ref):
        return Ignored("the ref is neither a branch nor a tag")
    if payload.get("deleted") is True or _is_zeros(payload.get("after")):
        return Ignored("the ref was deleted")
    return Hint(urls, ref, delivery if _DELIVERY.fullmatch(delivery) else "")


def _urls(repository: dict[str, Any], fields: Iterable[str]) -> tuple[str, ...]:
    """Every spelling of the repository's address in the payload, each once."""
    found = (repository.get(field) for field in fields)
    kept = (url for url in found if isinstance(url, str) and _URL.fullmatch(url))
    return tuple(dict.fromkeys(kept))


def _is_zeros(commit: object) -> bool:
    return isinstance(commit, str) and _ZEROS.fullmatch(commit) is not None
