"""Where in the source an API version stands that Flux has removed, and what to write instead. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.removed import replacement
from penstock.base.text import printable
from penstock.migrate.mentions import may_mention, mentions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from penstock.api.refs import ObjectRef

_NAME = re.compile(r"""(?<![\w.-])["']?name["']?[ \t]*:[ \t]*["']?([^\s"',}#]+)""")
_NEAR = 4096
"""How far from its apiVersion an object's name is looked for, in characters."""


@dataclass(frozen=True)
class Place:
    """A line (from 1) of a file with a removed version, and whose that is, as far as can be told."""

    path: str
    line: int
    version: str
    kind: str
    name: str


def places(files: Mapping[str, bytes], looked_at: Iterable[str]) -> tuple[Place, ...]:
    """The removed versions in the files that a build looked at."""
    return tuple(place for path in looked_at if path in files for place in _places(path, files[path]))


def advice(ref: ObjectRef, found: Sequence[Place]) -> str:
    """What to write in place of the object's version, and where it stands; empty if it was not removed."""
    instead = replacement(ref.api_version, ref.kind)
    if not instead:
        return ""
    same = [one for one in found if (one.version, one.kind) == (ref.api_version, ref.kind)]
    one = next((one for one in same if one.name == ref.name), same[0] if same else None)
    where = f"in {printable(one.path, 256)}, line {one.line}, " if one is not None else ""
    return f"Flux has removed that version: {where}write {instead} (`penstock migrate -f .` does)"


def _places(path: str, content: bytes) -> Iterator[Place]:
    text = content.decode(errors="replace")
    if not may_mention(text):
        return
    for found in mentions(text):
        name = _NAME.search(text, found.end, found.end + _NEAR)
        yield Place(path, found.line, found.version, found.kind, name[1] if name is not None else "")
