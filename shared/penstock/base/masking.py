"""The one place where secrets are taken out of text.

Everything that leaves the process as text (log, event, status, HTTP answer) passes through a Masker:
it knows the values that were read from Secrets, and the shapes in which credentials travel anyway.
"""

from __future__ import annotations

import json
import re
import threading
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from penstock.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_MASK = "*****"
_SHORTEST = 4
_MOST = 4096
_MOST_CHARACTERS = 32 * 1024 * 1024
"""Ours, of secrets learned and their characters together: beyond them the oldest are forgotten."""
_MOST_LINES = 100
"""Of one secret, each known by itself: keys and certificates have fewer."""
_WIDTHS = (64, 76)
_SHOWN = 20_000
_SHORTEST_LINE = 12
_URL = re.compile(r"://[^\s\"']++")
_SHAPES = (
    (re.compile(r"://[^/\s\"']*@"), f"://{_MASK}@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}"), rf"\1 {_MASK}"),
    (re.compile(r"(?i)\b(authorization|x-hub-signature-256)(['\"]?\s*[:=]\s*).+"), rf"\1\2{_MASK}"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.S), _MASK),
    (re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[\w-]{20,})"), _MASK),
)


class Masker:
    """Replaces secret values, and what has a credential's shape, by asterisks.

    `own` are the process's own secrets, known for good; of those learned later the latest are known.
    """

    def __init__(self, *own: str) -> None:
        self._own = {form for secret in own for form in _forms(secret)}
        self._learned: dict[str, None] = {}
        self._longest_first = _longest_first(self._own)
        self._lock = threading.Lock()

    def learn(self, *secrets: str) -> None:
        """Remember these values, each also in the forms in which it may appear (base64, URL, JSON)."""
        with self._lock:
            for form in (form for secret in secrets for form in _forms(secret)):
                self._learned.pop(form, None)
                self._learned[form] = None
            size = sum(map(len, self._learned))
            while len(self._learned) > _MOST or size > _MOST_CHARACTERS:
                oldest = next(iter(self._learned))
                size -= len(oldest)
                del self._learned[oldest]
            self._longest_first = _longest_first(self._own | self._learned.keys())

    def mask(self, text: str) -> str:
        """The text with every known secret and everything of a credential's shape replaced."""
        for secret in self._longest_first:
            text = text.replace(secret, _MASK)
        text = _URL.sub(_without_query, text)
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
        return text

    def shown(self, text: str, characters: int = _SHOWN) -> str:
        """The text masked, without what a terminal obeys, and cut: fit for a status, a record, an answer."""
        return printable(self.mask(text), characters, newlines=True)


def _without_query(url: re.Match[str]) -> str:
    """Signed URLs carry their credential in the query."""
    address, mark, query = url[0].partition("?")
    return f"{address}?{_MASK}" if mark and query else url[0]


def _longest_first(forms: set[str]) -> tuple[str, ...]:
    """A secret that contains another must go before it, or its rest would stay."""
    return tuple(sorted(forms, key=len, reverse=True))


def _forms(secret: str) -> set[str]:
    """Every spelling worth hiding; short values are left alone, they would blot out ordinary words."""
    text = secret.strip()
    lines = {secret, text, *text.splitlines()[:_MOST_LINES]}
    kept = {line for line in lines if len(line) >= _SHORTEST}
    return {form for line in kept for form in _spellings(line)} | set(_wrapped(text))


def _spellings(line: str) -> Iterator[str]:
    """As it is, and as base64 (found with its padding too), URLs, JSON and Python spell it."""
    yield line
    data = line.encode(errors="replace")
    for encode in (b64encode, urlsafe_b64encode):
        yield encode(data).decode().rstrip("=")
    for safe in ("", "/"):
        yield quote(line, safe=safe, errors="replace")
    yield quote_plus(line, errors="replace")
    yield json.dumps(line)[1:-1]
    yield json.dumps(line, ensure_ascii=False)[1:-1]
    yield repr(line)[1:-1]


def _wrapped(text: str) -> Iterator[str]:
    """The lines of base64 that is broken into lines, as tools print it."""
    whole = b64encode(text.encode(errors="replace")).decode()
    for width in _WIDTHS:
        lines = [whole[at : at + width] for at in range(0, min(len(whole), width * _MOST_LINES), width)]
        yield from (line for line in lines if len(lines) > 1 and len(line) >= _SHORTEST_LINE)
