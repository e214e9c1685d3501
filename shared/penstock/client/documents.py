"""Objects as text for programs: JSON and YAML that every reader takes for the same. Pure.

What a terminal obeys, or does not show, is escaped. Go's readers of YAML take more plain words for numbers
and truth values than PyYAML does; such texts are quoted.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import yaml

_NUMBER = re.compile(
    r"[-+]?(0[xXoObB][0-9a-fA-F_]+|\.?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))|\.(nan|NaN|NAN)"
)
_TRUTH = frozenset({"y", "n"})
_WIDTH = 4096
"""Long lines are not folded."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_TEXT = "tag:yaml.org,2002:str"


def json_text(value: object) -> str:
    """Indented JSON, without a newline at its end."""
    return _escaped(json.dumps(value, indent=2, ensure_ascii=False), _json_escape)


def yaml_text(value: object) -> str:
    """One YAML document, keys sorted as Kubernetes' own tools do, with a newline at its end."""
    import yaml  # noqa: PLC0415 - `penstock --help` needs no YAML

    dumped: str = yaml.dump(
        value, Dumper=_dumper(), default_flow_style=False, width=_WIDTH, allow_unicode=True
    )
    return _escaped(dumped, _yaml_escape)


def yaml_stream(values: list[Any]) -> str:
    """Several documents, `---` in front of each, as flux exports them."""
    return "".join(f"---\n{yaml_text(value)}" for value in values)


@cache
def _dumper() -> type[yaml.SafeDumper]:
    import yaml  # noqa: PLC0415 - likewise

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            del data
            return True

    def text(dumper: Dumper, data: str) -> yaml.ScalarNode:
        tag = dumper.resolve(yaml.ScalarNode, data, (True, False))  # type: ignore[no-untyped-call] # no stub
        return dumper.represent_scalar(_TEXT, data, style=_style(data, plain_is_text=tag == _TEXT))

    Dumper.add_representer(str, text)
    return Dumper


def _style(text: str, *, plain_is_text: bool) -> str | None:
    """The quotes of a text: as go-yaml sets them, and always some where something has to be escaped."""
    if any(_unseen(char) for char in text):
        return '"'
    if "\n" in text:
        return "|"
    told_apart = plain_is_text and not _NUMBER.fullmatch(text) and text.lower() not in _TRUTH
    return None if told_apart else '"'


def _unseen(char: str) -> bool:
    return char != "\n" and unicodedata.category(char) in _UNSEEN


def _escaped(text: str, escape: Callable[[str], str]) -> str:
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(escape(char) if _unseen(char) else char for char in text)


def _json_escape(char: str) -> str:
    return "\\u007f" if char == "\x7f" else json.dumps(char)[1:-1]


def _yaml_escape(char: str) -> str:
    return f"\\u{ord(char):04X}" if char <= "\uffff" else f"\\U{ord(char):08X}"
