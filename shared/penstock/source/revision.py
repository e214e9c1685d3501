"""Revisions of Git sources: a name, if there is one, and the commit (contract C8).

`main@sha1:<40 hex>`, `v1.0.0@sha1:...`, `refs/pull/1/head@sha1:...` (for spec.ref.name), or bare
`sha1:...`; repositories with SHA-256 objects say `sha256:` and have 64 digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ALGORITHMS = {40: "sha1", 64: "sha256"}
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REVISION = re.compile(r"(?:(?P<name>.+)@)?(?P<algorithm>sha1|sha256):(?P<hash>[0-9a-f]+)")


@dataclass(frozen=True)
class Revision:
    """A commit, and the name under which it was found; the name may be empty."""

    name: str
    hash: str

    def __str__(self) -> str:
        digest = f"{_ALGORITHMS[len(self.hash)]}:{self.hash}"
        return f"{self.name}@{digest}" if self.name else digest


def is_hash(text: str) -> bool:
    """Whether it is a whole commit hash, in lower case."""
    return _HASH.fullmatch(text) is not None


def parse_revision(text: str) -> Revision | None:
    """The revision in a status; None if it is none of a Git source."""
    found = _REVISION.fullmatch(text)
    if found is None or _ALGORITHMS.get(len(found["hash"])) != found["algorithm"]:
        return None
    return Revision(found["name"] or "", found["hash"])
