"""JSON from outside, read so that two readers can never understand it differently (threats A-06).

Refused: repeated keys, NaN and infinities, lone surrogates, bytes that are not UTF-8, numbers that no
64-bit integer holds, and nesting beyond a limit.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

from penstock.base.errors import setting_of

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_DIGITS = 19
"""What 64 bits hold."""


def loads(data: bytes, *, depth: int, limit: str = "") -> Any:
    """The value in `data`; ValueError says in a few words what is wrong, without repeating the data.

    `limit` is the field of Limits that `depth` comes from, if it comes from one: the error names its setting.
    """
    if _nesting(data) > depth:
        raise ValueError(f"is nested more than {depth} levels deep{setting_of(limit)}")
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"is no valid JSON (at byte {error.pos})") from None
    return json.loads(data, object_pairs_hook=_object, parse_int=_whole)


def _nesting(data: bytes) -> int:
    deepest = level = 0
    for bracket in _BRACKET.findall(_STRING.sub(b"", data)):
        level += 1 if bracket in b"[{" else -1
        deepest = max(deepest, level)
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("repeats a key within one object")
    return found


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > _DIGITS:
        raise ValueError(f"holds a whole number of more than {_DIGITS} digits")
    return int(digits)
