"""Where a text names an API version that Flux has removed, whether or not it is YAML as a whole. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.removed import replacement

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION = re.compile(
    r"""(?<![\w.-])["']?apiVersion["']?[ \t]*:[ \t]*["']?(?P<version>[a-z]+\.toolkit\.fluxcd\.io/[\w]+)"""
)
_KIND = re.compile(r"""(?<![\w.-])["']?kind["']?[ \t]*:[ \t]*["']?(?P<kind>[A-Za-z]+)""")
_OLD = re.compile(r"""\.toolkit\.fluxcd\.io/v\dbeta\d|(?<![\w.-])["']?version["']?\s*:\s*\S*v\dbeta\d""")
_NEAR = 4096
"""How far the kind of an object may stand from its apiVersion, in characters."""


@dataclass(frozen=True)
class Mention:
    """A removed version at `start` to `end` of the text, in `line` (from 1), and what to write instead."""

    line: int
    start: int
    end: int
    version: str
    kind: str
    instead: str


def mentions(text: str) -> Iterator[Mention]:
    """Each apiVersion that was removed, with the kind that stands nearest to it."""
    line, last = 1, 0
    for found in _VERSION.finditer(text):
        line += text.count("\n", last, found.start())
        last = found.start()
        kind = _nearest_kind(text, found.start(), found.end())
        if instead := replacement(found["version"], kind):
            start, end = found.span("version")
            yield Mention(line, start, end, found["version"], kind, instead)


def may_mention(text: str) -> bool:
    """Whether it is worth a closer look; quick, as the CRDs of Flux are long and name old versions, too."""
    return ".toolkit.fluxcd.io" in text and _OLD.search(text) is not None


def _nearest_kind(text: str, start: int, end: int) -> str:
    """The kind that stands nearest to the span; empty if none does."""
    before = list(_KIND.finditer(text, max(0, start - _NEAR), start))[-1:]
    after = _KIND.search(text, end, end + _NEAR)
    near = [(start - one.end(), one["kind"]) for one in before]
    if after is not None:
        near.append((after.start() - end, after["kind"]))
    return min(near, default=(0, ""))[1]
