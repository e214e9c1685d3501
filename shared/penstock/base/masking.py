"""The one place where secrets are taken out of text.

Everything that leaves the process as text (log, event, status, HTTP answer) passes through a Masker:
it knows the values that were read from Secrets, and the shapes in which credentials travel anyway.
"""

from __future__ import annotations

import json
import re
import threading
from base64 import b64encode
from urllib.parse import quote

_MASK = "*****"
_SHORTEST = 4
_MOST = 4096
_MOST_CHARACTERS = 32 * 1024 * 1024
_MOST_LINES = 100
"""Of one secret, each known by itself: keys and certificates have fewer."""
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


def _without_query(url: re.Match[str]) -> str:
    """Signed URLs carry their credential in the query."""
    address, mark, query = url[0].partition("?")
    return f"{address}?{_MASK}" if mark and query else url[0]


def _longest_first(forms: set[str]) -> tuple[str, ...]:
    """A secret that contains another must go before it, or its rest would stay."""
    return tuple(sorted(forms, key=len, reverse=True))


def _forms(secret: str) -> set[str]:
    """Every spelling worth hiding; short values are left alone, they would blot out ordinary words."""
    lines = {secret, secret.strip(), *secret.strip().splitlines()[:_MOST_LINES]}
    kept = {line for line in lines if len(line) >= _SHORTEST}
    encoded = {b64encode(line.encode(errors="replace")).decode() for line in kept}
    quoted = {quote(line, safe="", errors="replace") for line in kept}
    return kept | encoded | quoted | {json.dumps(line)[1:-1] for line in kept}
