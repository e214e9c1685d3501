"""Who may come in besides GitHub: who carries a token of ours, or one that Google signed (threats A-08)."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from penstock.runtime.answers import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Request

_BEARER = "Bearer "
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class Signed(Protocol):
    """Judges identity tokens; penstock.runtime.identity.Identity is one."""

    def check(self, token: str) -> None:
        """Problem 401 or 403 unless the token lets its owner in; Transient if that cannot be told now."""
        ...


@dataclass(frozen=True)
class Gate:
    """Takes the static `tokens`, compared in constant time, and what `signed` lets in, if there is one."""

    tokens: tuple[str, ...]
    signed: Signed | None = None

    def check(self, request: Request) -> None:
        """Problem 401 or 403 unless the request may come in; Transient if that cannot be told now."""
        header = request.headers.get("Authorization", "")
        given = header.removeprefix(_BEARER) if header.startswith(_BEARER) else ""
        if _is_one_of(given, self.tokens):
            return
        if self.signed is None or not _JWT.fullmatch(given):
            raise Problem(401, "a valid bearer token is needed", {"WWW-Authenticate": "Bearer"})
        self.signed.check(given)


def _is_one_of(given: str, tokens: Iterable[str]) -> bool:
    sent = given.encode("latin-1", "replace")
    fits = [hmac.compare_digest(token.encode(), sent) for token in tokens if token]
    return any(fits)
