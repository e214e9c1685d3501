"""YAML as kustomize prints it, read with the few plain scalars that mean something to Kubernetes."""

from __future__ import annotations

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


def _whole(loader: Any, node: yaml.ScalarNode) -> int | float:
    """Kubernetes keeps integers in 63 bits; a larger one becomes a float."""
    number = int(loader.construct_scalar(node))
    return number if abs(number) < 1 << 63 else float(number)


_Loader.add_constructor("tag:yaml.org,2002:int", _whole)


def _fraction(loader: Any, node: yaml.ScalarNode) -> float:
    return float(loader.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:float", _fraction)


def read_all(text: bytes) -> list[dict[str, Any]]:
    """The documents of a stream."""
    return list(yaml.load_all(text, Loader=_Loader))
