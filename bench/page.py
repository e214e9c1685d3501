"""The page of docs/ that tells of the run: what stands between its markers is made from the samples. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Mapping

_BEGIN = "<!-- bench: {} -->"
_END = "<!-- bench: end -->"


class NoMarker(Terminal):
    """The page has no place for a section."""

    reason = "NoMarker"


def filled(page: str, sections: Mapping[str, str]) -> str:
    """The page with each section between its markers, in place of what was there; NoMarker if one lacks."""
    for name, text in sections.items():
        begin = _BEGIN.format(name)
        place = re.compile(f"{re.escape(begin)}\n.*?{re.escape(_END)}", re.DOTALL)
        found = place.findall(page)
        if len(found) != 1:
            raise NoMarker(
                f"the page has {len(found)} places for {name!r}: there must be one, from {begin} to {_END}"
            )
        page = page.replace(found[0], f"{begin}\n\n{text}\n\n{_END}")
    return page
