"""YAML as kustomize prints it, read with the few plain scalars that mean something to Kubernetes."""

from __future__ import annotations

import math
import re
from typing import Any

import yaml


class _Loader(yaml.CSafeLoader):
    """Knows null, true, false and decimal numbers; every other plain scalar is text."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern in (
    ("null", r"null"),
    ("bool", r"true|false"),
    ("int", r"-?(0|[1-9][0-9]*)"),
    ("float", r"-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]+)?"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^({_pattern})$"), None)


def _number(loader: Any, node: yaml.ScalarNode) -> int | float | str:
    """Kubernetes keeps integers in 63 bits, a larger one becomes a float; what no float holds stays text."""
    text = str(loader.construct_scalar(node))
    value = float(text)
    if math.isinf(value):
        return text
    return int(text) if text.lstrip("-").isdigit() and abs(int(text)) < 1 << 63 else value


for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _number)


def read_all(text: bytes) -> list[dict[str, Any]]:
    """The documents of a stream."""
    return list(yaml.load_all(text, Loader=_Loader))
