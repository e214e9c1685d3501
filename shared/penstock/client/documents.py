"""Objects as text for programs: JSON and YAML that every reader takes for the same. Pure.

Both are ASCII only, so nothing in them is obeyed by a terminal. Readers of Go's YAML take more plain words
for numbers and truth values than PyYAML does; such texts are quoted.
"""

from __future__ import annotations

import json
import re
from typing import Any

_NUMBER = re.compile(
    r"[-+]?(0[xXoObB][0-9a-fA-F_]+|\.?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))|\.(nan|NaN|NAN)"
)
_TRUTH = frozenset({"y", "n"})
_WIDTH = 4096
"""Long lines are not folded."""


def json_text(value: object) -> str:
    """Indented JSON, without a newline at its end."""
    return json.dumps(value, indent=2)


def yaml_text(value: object) -> str:
    """One YAML document, keys sorted as Kubernetes' own tools do, with a newline at its end."""
    import yaml  # noqa: PLC0415 - `penstock --help` needs no YAML

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            del data
            return True

    def text(dumper: Dumper, data: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", data, style=_style(data))

    Dumper.add_representer(str, text)
    dumped: Any = yaml.dump(value, Dumper=Dumper, default_flow_style=False, width=_WIDTH)
    return str(dumped)


def yaml_stream(values: list[Any]) -> str:
    """Several documents, `---` in front of each, as flux exports them."""
    return "".join(f"---\n{yaml_text(value)}" for value in values)


def _style(text: str) -> str | None:
    if "\n" in text:
        return "|"
    return "'" if _NUMBER.fullmatch(text) or text.lower() in _TRUTH else None
