"""Reads declared settings from an environment and from flags, and collects what is wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.base import parsers
from penstock.base.files import read_text
from penstock.base.limits import Limits
from penstock.base.options import PREFIX, Option, options_of, variable

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIMIT = "LIMIT_"
_FILE = "_FILE"
_SECRET_BYTES = 64 * 1024
"""Ours: no token and no webhook's secret comes near it."""
_SERVICE_LINKS = re.compile(r"PENSTOCK_(SERVICE_.*|PORT(_.*)?)")
"""Kubernetes sets these for a Service that is called penstock; they are none of ours."""


@dataclass(frozen=True)
class Reading:
    """The values of the settings that were given, by field name, and a line for everything wrong."""

    values: dict[str, Any] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
    problems: tuple[str, ...] = ()


def read(declaring: type, env: Mapping[str, str], flags: Mapping[str, object]) -> Reading:
    """Reads what `declaring` declares; a flag that is not None wins over the environment."""
    problems = _unknown(declaring, env)
    texts = _texts(declaring, env, flags, problems)
    values: dict[str, Any] = {}
    for one, declared in options_of(declaring):
        if one.name in texts:
            _parse(one.name, declared, texts[one.name], values, problems)
    limits = _limits(env, problems)
    return Reading(values, frozenset(texts), limits, tuple(problems))


def known_variables(declaring: type) -> frozenset[str]:
    """The names of all environment variables that mean something."""
    names = {variable(one.name) for one, _ in options_of(declaring)}
    files = {variable(one.name) + _FILE for one, declared in options_of(declaring) if declared.secret}
    return frozenset(names | files | {limit_variable(one.name) for one in fields(Limits)})


def limit_variable(name: str) -> str:
    """The environment variable of a limit."""
    return variable(_LIMIT + name)


def _texts(
    declaring: type, env: Mapping[str, str], flags: Mapping[str, object], problems: list[str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for one, declared in options_of(declaring):
        name, flag = variable(one.name), flags.get(one.name)
        if flag is not None:
            found[one.name] = str(flag)
        elif declared.secret and name + _FILE in env:
            found[one.name] = _from_file(name, env, problems)
        elif name in env:
            found[one.name] = env[name]
    return found


def _from_file(name: str, env: Mapping[str, str], problems: list[str]) -> str:
    if name in env:
        problems.append(f"{name} and {name}{_FILE} are both set: leave one out")
        return env[name]
    file = env[name + _FILE]
    try:
        return read_text(Path(file), _SECRET_BYTES)
    except (OSError, ValueError):
        problems.append(
            f"{name}{_FILE}: {file!r} cannot be read as text of up to {_SECRET_BYTES} bytes: "
            "name a readable file"
        )
        return "unreadable"


def _parse(name: str, declared: Option, text: str, values: dict[str, Any], problems: list[str]) -> None:
    try:
        values[name] = declared.parse(text)
    except ValueError as error:
        shown = "" if declared.secret else f" ({text[:64]!r})"
        flag = f" or {declared.flag}" if declared.flag else ""
        problems.append(f"{variable(name)}{flag}{shown} {error}")


def _limits(env: Mapping[str, str], problems: list[str]) -> Limits:
    values: dict[str, int] = {}
    for one in fields(Limits):
        name = limit_variable(one.name)
        if name not in env:
            continue
        try:
            values[one.name] = parsers.whole(1, 2**50)(env[name])
        except ValueError as error:
            problems.append(f"{name} ({env[name][:64]!r}) {error}")
    return Limits(**values)


def _unknown(declaring: type, env: Mapping[str, str]) -> list[str]:
    """A misspelt setting must not be taken for an absent one: it may be what keeps us out of a namespace."""
    strange = {name for name in env if name.startswith(PREFIX)} - known_variables(declaring)
    return [
        f"{name} is no setting: correct its name (docs/reference.md lists them), or unset it"
        for name in sorted(strange)
        if not _SERVICE_LINKS.fullmatch(name)
    ]
