"""The settings as a Markdown table, for docs/reference.md."""

from __future__ import annotations

import ast
from dataclasses import MISSING, Field, fields
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

from penstock.base import limits
from penstock.base.environment import limit_variable
from penstock.base.options import Option, Secret, options_of, variable
from penstock.base.settings import Settings

_HEAD = "| setting | default | unit | required by | what it says |\n|---|---|---|---|---|"


def markdown() -> str:
    """All settings, then all limits, one row each."""
    described = _docstrings(Path(limits.__file__).read_text(encoding="utf-8"))
    return "\n".join(
        [
            _HEAD,
            *(_setting_row(one, declared) for one, declared in options_of(Settings)),
            *(_limit_row(one, described[one.name]) for one in fields(limits.Limits)),
        ]
    )


def _setting_row(one: Field[Any], declared: Option) -> str:
    name = f"`{variable(one.name)}`"
    if declared.secret:
        name += f" or `{variable(one.name)}_FILE`"
    if declared.flag:
        name += f", `{declared.flag}`"
    roles = ", ".join(sorted(declared.required_by))
    return f"| {name} | {_shown(one.default)} | {declared.unit} | {roles} | {declared.help} |"


def _limit_row(one: Field[Any], described: str) -> str:
    unit = {"bytes": "bytes", "seconds": "s"}.get(one.name.rpartition("_")[2], "")
    return f"| `{limit_variable(one.name)}` | {_shown(one.default)} | {unit} | | {described} |"


def _shown(default: object) -> str:
    if default is MISSING or default in (None, "", ()) or isinstance(default, Secret):
        return ""
    return f"`{default.value if isinstance(default, StrEnum) else default}`"


def _docstrings(source: str) -> dict[str, str]:
    """The text below each field of the classes in a module's source."""
    classes = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    pairs = (pair for node in classes for pair in pairwise(node.body))
    return {
        field.target.id: text.value.value
        for field, text in pairs
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
