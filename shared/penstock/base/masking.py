"""The one place where secrets are taken out of text.

Everything that leaves the process as text (log, event, status, HTTP answer) passes through a Masker:
it knows the values that were read from Secrets, and the shapes in which credentials travel anyway.
"""

from __future__ import annotations

import re
import threading
from base64 import b64encode
from urllib.parse import quote

_MASK = "*****"
_SHORTEST = 4
_MOST = 4096
_SHAPES = (
    (re.compile(r"(?i)([a-z][a-z0-9+.-]*://)[^/\s@\"']*@"), rf"\1{_MASK}@"),
    (re.compile(r"(?i)(https?://[^\s?\"']+\?)[^\s\"'#]+"), rf"\1{_MASK}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}"), rf"\1 {_MASK}"),
    (re.compile(r"(?i)\b(authorization|x-hub-signature-256)(['\"]?\s*[:=]\s*).+"), rf"\1\2{_MASK}"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)", re.S), _MASK),
    (re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[\w-]{20,})"), _MASK),
)


class Masker:
    """Remembers secret values (bounded) and replaces them, and credential shapes, by asterisks."""

    def __init__(self) -> None:
        self._known: dict[str, None] = {}
        self._lock = threading.Lock()

    def learn(self, *secrets: str) -> None:
        """Remember these values, each also in the base64 and URL forms in which it may appear."""
        with self._lock:
            for secret in secrets:
                for form in _forms(secret):
                    self._known.pop(form, None)
                    self._known[form] = None
            while len(self._known) > _MOST:
                del self._known[next(iter(self._known))]

    def mask(self, text: str) -> str:
        """The text with every known secret and everything of a credential's shape replaced."""
        with self._lock:
            known = sorted(self._known, key=len, reverse=True)
        for secret in known:
            text = text.replace(secret, _MASK)
        for shape, replacement in _SHAPES:
            text = shape.sub(replacement, text)
        return text


def _forms(secret: str) -> set[str]:
    """Every spelling worth hiding; short values are left alone, they would blot out ordinary words."""
    lines = {secret, secret.strip(), *secret.strip().splitlines()}
    kept = {line for line in lines if len(line) >= _SHORTEST}
    encoded = {b64encode(line.encode()).decode() for line in kept}
    return kept | encoded | {quote(line, safe="") for line in kept}
