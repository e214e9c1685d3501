"""What a forge answers: its JSON read with care, and its refusals as errors of ours. Pure.

Nothing of an answer is believed to be of the kind that the API's description says (NotAForge tells which part
is not), and what it says in words is shown without control characters, masked, and short.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from penstock.base import strictjson
from penstock.base.text import printable
from penstock.forge.errors import (
    NotAForge,
    NotAllowed,
    NotFound,
    Refused,
    Throttled,
    TokenRefused,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from penstock.forge.site import Site

T = TypeVar("T")

_SHOWN = 300
_NEXT = re.compile(r"(?i)<[^<>]*>\s*;[^,]*\brel\s*=\s*\"?next\b")
_SECONDS = re.compile(r"[0-9]{1,10}")
_REFUSED = "it is refused ({status})"
_MOVED = (
    "it is redirected ({status}): give the forge's own address with --hostname, and the repository's name"
)
_SINGLE_SIGN_ON = "the organisation wants single sign-on: authorise the token for it in GitHub's settings"
_NO_API = "it is answered 404, and not as the API of a forge does: is --hostname the forge's own?"
_REFUSALS: dict[int, tuple[type[Refused], str]] = {
    **dict.fromkeys((301, 302, 303, 307, 308), (NotAForge, _MOVED)),
    401: (TokenRefused, "the token is not accepted: put one that is valid into {token}"),
    403: (NotAllowed, "the token may not do this: {rights}"),
    404: (NotFound, "there is no such thing, or none that the token may see"),
}
"""What a status means, and what to do about it."""


@dataclass(frozen=True)
class Answer:
    """Status, headers by their names in lower case, raw body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def good(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300

    @property
    def has_next(self) -> bool:
        """Whether the list goes on with another page (RFC 8288)."""
        return _NEXT.search(self.headers.get("link", "")) is not None


def read(answer: Answer, kind: type[T], where: str, *, depth: int, mask: Callable[[str], str]) -> T:
    """The JSON of an answer as a value of that kind; NotAForge if it is none. `where` begins the message."""
    try:
        return msgspec.convert(strictjson.loads(answer.body, depth=depth, limit="json_depth"), kind)
    except msgspec.ValidationError as error:
        problem = f"is not as described ({printable(mask(str(error)), 120)})"
    except ValueError as error:
        problem = str(error)
    raise NotAForge(f"{where}: the answer {problem}: is --hostname the forge's own?") from None


def refusal(
    answer: Answer, where: str, site: Site, *, now: float, mask: Callable[[str], str]
) -> Refused | Unavailable:
    """The error that an answer which is not good becomes; `now` in seconds since 1970."""
    status = answer.status
    said = printable(mask(_said(answer.body)), _SHOWN)
    tail = f": {said}" if said else ""
    if is_throttled(answer):
        return _throttled(answer, where, now)
    if status >= 500:
        return Unavailable(
            f"{where}: {site.host} answers {status}{tail}; try again: what is done is found then",
            retry_after=wish(answer, now),
        )
    kind, why = _REFUSALS.get(status, (Refused, _REFUSED))
    if status == 403 and answer.headers.get("x-github-sso", "").startswith("required"):
        why = _SINGLE_SIGN_ON
    if status == 404 and not said:
        kind, why = NotAForge, _NO_API
    told = why.format(status=status, token=site.token, rights=site.rights)
    return kind(f"{where}: {told}{tail}", status=status)


def is_throttled(answer: Answer) -> bool:
    """429, and GitHub's 403s that say the same (https://docs.github.com/rest, rate limits)."""
    if answer.status == 429:
        return True
    if answer.status != 403:
        return False
    spent = answer.headers.get("x-ratelimit-remaining", "").strip() == "0"
    return spent or "retry-after" in answer.headers


def wish(answer: Answer, now: float) -> float | None:
    """Seconds for which the forge wants to be left alone, None if it does not say."""
    if found := _SECONDS.fullmatch(answer.headers.get("retry-after", "").strip()):
        return float(found[0])
    # GitHub's, and GitLab's and Gitea's proxies': the second at which there is a new allowance.
    for name in ("x-ratelimit-reset", "ratelimit-reset"):
        if is_throttled(answer) and (found := _SECONDS.fullmatch(answer.headers.get(name, "").strip())):
            return max(0.0, float(found[0]) - now)
    return None


def _throttled(answer: Answer, where: str, now: float) -> Throttled:
    seconds = wish(answer, now)
    when = "later" if seconds is None else f"in {seconds:.0f} s"
    return Throttled(
        f"{where}: the forge limits requests: try again {when}; what is done is found then",
        retry_after=seconds,
    )


def _said(body: bytes) -> str:
    """The forge's own words, in any of the forms in which the three put them; empty if there are none."""
    try:
        found = strictjson.loads(body[:65_536], depth=16)
    except ValueError:
        return ""
    if not isinstance(found, dict):
        return ""
    parts = [_flat(found.get(key)) for key in ("message", "error", "error_description", "errors")]
    return "; ".join(dict.fromkeys(part for part in parts if part))


def _flat(value: Any) -> str:
    """`has already been taken`, `name: has already been taken`, `Repository name: exists`."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return ", ".join(part for part in map(_flat, value[:10]) if part)
    if isinstance(value, dict):
        if isinstance(value.get("message"), str):
            return str(value["message"])
        return ", ".join(f"{key}: {_flat(one)}" for key, one in list(value.items())[:10] if _flat(one))
    return ""
