"""Which files of a source stay out of its artifact: .sourceignore, spec.ignore, and what is left out anyway.

Source: fluxcd/pkg sourceignore, whose matching this follows to the letter, because the same repository must
give the same files. It looks like .gitignore (gitignore(5)) and differs from git in these points:

- a pattern that matches a folder matches all in it, but a later `!` pattern takes single files back in;
- `**/a/b` looks for the first `a` only, and does not try the next one when no `b` follows;
- a pattern with `**` inside a longer part matches nothing; `a/**` matches `a` itself as well;
- `#` starts a comment only at the very start of a line, and a backslash only escapes within a part;
- the patterns of sub-folders come after those of their parents and before spec.ignore, the last match wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from penstock.base.errors import LimitExceeded, Terminal
from penstock.source.paths import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from penstock.base.limits import Limits

IGNORE_FILE = ".sourceignore"
VCS = (".git/", ".gitignore", ".gitmodules", ".gitattributes")
"""Never in an artifact, unless a `!` pattern takes it back in."""
DEFAULTS = (
    *("*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv", "*.tar.gz", "*.zip"),
    *(".github/", ".circleci/", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml"),
    *("cloudbuild.yaml", "codeship-services.yml", "codeship-steps.yml"),
    *("**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml"),
)
"""Left out as long as neither .sourceignore files nor spec.ignore have any pattern."""
_LONGEST_LINE = 4096
"""Ours: a pattern that is longer than any path of Linux fits none."""
_ANY_DEPTH = "**"
_TOKEN = re.compile(
    r"(?P<star>\*+)|(?P<any>\?)|\\(?P<escaped>.)"
    r"|\[(?P<negated>\^?)(?P<ranges>(?:(?:\\.|[^\\\]-])(?:-(?:\\.|[^\\\]-]))?)+)\]"
    r"|(?P<plain>[^\\\[*?])",
    re.DOTALL,
)
_RANGE = re.compile(r"(\\.|[^\\])(?:-(\\.|[^\\]))?", re.DOTALL)


class IgnoreRefused(Terminal):
    """The ignore rules cannot be read, or are too many."""

    reason = "SourceIgnoreError"


class IgnoreTooLarge(IgnoreRefused, LimitExceeded):
    """The ignore rules are above a limit; the message names the setting."""


@dataclass(frozen=True)
class Pattern:
    """One line: the folder it holds for, its parts (None where a part is no valid glob), and its flags."""

    domain: tuple[str, ...]
    parts: tuple[str, ...]
    globs: tuple[re.Pattern[str] | None, ...]
    include: bool
    folders_only: bool

    def matches(self, path: tuple[str, ...], *, is_folder: bool) -> bool:
        """Whether the path, or a folder above it, is what the line says."""
        depth = len(self.domain)
        if len(path) <= depth or path[:depth] != self.domain:
            return False
        if len(self.parts) == 1:
            return self._somewhere(path[depth:], is_folder=is_folder)
        return self._from_domain(path[depth:], is_folder=is_folder)

    def _somewhere(self, path: tuple[str, ...], *, is_folder: bool) -> bool:
        """A line without a slash holds for every part of the path."""
        glob = self.globs[0]
        if glob is None:
            return False
        at = next((i for i, name in enumerate(path) if glob.fullmatch(name)), None)
        return at is not None and (is_folder or not self.folders_only or at < len(path) - 1)

    def _from_domain(self, path: tuple[str, ...], *, is_folder: bool) -> bool:
        """A line with a slash holds from its folder on, part by part; `**` skips ahead to the first match."""
        at, matched, skips = 0, False, False
        last = len(self.parts) - 1
        for number, (part, glob) in enumerate(zip(self.parts, self.globs, strict=True)):
            if part == "":
                skips = False
                continue
            if part == _ANY_DEPTH:
                if number == last:
                    break
                skips = True
                continue
            if glob is None or at == len(path):
                return False
            if skips:
                at, matched = _skip_to(glob, path, at)
                skips = False
            elif glob.fullmatch(path[at]):
                at, matched = at + 1, True
            else:
                return False
        return matched and (is_folder or not self.folders_only or at < len(path))


@dataclass(frozen=True)
class Ignore:
    """All patterns of a source, in order; the last one that matches decides."""

    patterns: tuple[Pattern, ...]

    def excludes(self, path: str, *, is_folder: bool) -> bool:
        """Whether the path stays out."""
        parts = tuple(path.split("/"))
        patterns = self._last_first if any(map(self._named, parts)) else self._placed
        for pattern in patterns:
            if pattern.matches(parts, is_folder=is_folder):
                return not pattern.include
        return False

    @cached_property
    def _last_first(self) -> tuple[Pattern, ...]:
        return self.patterns[::-1]

    @cached_property
    def _placed(self) -> tuple[Pattern, ...]:
        """Those with a slash, the last in front: all that can match where no name fits any other."""
        return tuple(pattern for pattern in self._last_first if len(pattern.parts) > 1)

    @cached_property
    def _fitting(self) -> dict[str, bool]:
        return {}

    def _named(self, name: str) -> bool:
        """Whether a pattern without a slash fits the name; asked once, as folders have many files."""
        found = self._fitting.get(name)
        if found is None:
            lines = (pattern.globs[0] for pattern in self.patterns if len(pattern.parts) == 1)
            found = any(glob is not None and glob.fullmatch(name) for glob in lines)
            self._fitting[name] = found
        return found


def check_ignore_size(path: str, size: int, limits: Limits) -> None:
    """Raise IgnoreTooLarge for a .sourceignore file that is above the limit of all of them together."""
    if size > limits.ignore_bytes:
        too_large = f"{shown(path)} is larger than {limits.ignore_bytes} bytes"
        raise IgnoreTooLarge(too_large, limit="ignore_bytes")


def ignore_rules(files: Mapping[str, bytes], spec_ignore: str | None, limits: Limits) -> Ignore:
    """The rules of a source: its .sourceignore files by path, and spec.ignore.

    Any pattern at all replaces the defaults for extensions and CI files. IgnoreRefused beyond the limits.
    """
    patterns: list[Pattern] = []
    for path in sorted(files, key=lambda path: path.split("/")[:-1]):
        domain = tuple(path.split("/")[:-1])
        patterns += _parse(files[path].decode("utf-8", "surrogateescape"), domain, path, limits)
        _check_count(patterns, limits)
    if spec_ignore is not None:
        patterns += _parse(spec_ignore, (), "spec.ignore", limits)
    defaults = VCS if patterns else (*VCS, *DEFAULTS)
    everything = (*(parse_pattern(line) for line in defaults), *patterns)
    _check_count(everything, limits)
    return Ignore(everything)


def parse_pattern(line: str, domain: tuple[str, ...] = ()) -> Pattern:
    """One line, which is no comment, as a pattern for the folder `domain`."""
    include = line.startswith("!")
    text = line[1:] if include else line
    if not text.endswith("\\ "):
        text = text.rstrip(" ")
    folders_only = text.endswith("/")
    parts = tuple((text[:-1] if folders_only else text).split("/"))
    only_part = len(parts) == 1
    globs = tuple(None if _ANY_DEPTH in part and not only_part else _glob(part) for part in parts)
    return Pattern(domain, parts, globs, include, folders_only)


def _parse(text: str, domain: tuple[str, ...], where: str, limits: Limits) -> Iterable[Pattern]:
    lines = text.split("\n")
    if len(lines) > limits.ignore_lines + 1:
        raise _too_many(where, limits)
    if any(len(line) > _LONGEST_LINE for line in lines):
        raise IgnoreRefused(f"{where} has a line of more than {_LONGEST_LINE} characters: shorten it")
    kept = (line.removesuffix("\r") for line in lines)
    return [parse_pattern(line, domain) for line in kept if line.strip() and not line.startswith("#")]


def _check_count(patterns: Sequence[Pattern], limits: Limits) -> None:
    if len(patterns) > limits.ignore_lines:
        raise _too_many("the .sourceignore files", limits)


def _too_many(where: str, limits: Limits) -> IgnoreTooLarge:
    why = f"{where} have more than {limits.ignore_lines} lines: use fewer patterns"
    return IgnoreTooLarge(why, limit="ignore_lines")


def _skip_to(glob: re.Pattern[str], path: tuple[str, ...], start: int) -> tuple[int, bool]:
    """Behind the first part from `start` on that matches, and whether there is one."""
    for at in range(start, len(path)):
        if glob.fullmatch(path[at]):
            return at + 1, True
    return len(path), False


def _glob(part: str) -> re.Pattern[str] | None:
    """One part as a regular expression, by the rules of Go's filepath.Match; None if it is malformed.

    What stands between two stars is taken where it first fits and never tried again, so that matching stays
    linear whatever the pattern (threats A-29).
    """
    pieces = [""]
    at = 0
    while at < len(part):
        token = _TOKEN.match(part, at)
        if token is None:
            return None
        if token["star"]:
            pieces.append("")
        else:
            pieces[-1] += _translate(token)
        at = token.end()
    if len(pieces) == 1:
        return re.compile(pieces[0], re.DOTALL)
    between = "".join(f"(?>.*?{piece})" for piece in pieces[1:-1])
    return re.compile(f"{pieces[0]}{between}.*{pieces[-1]}", re.DOTALL)


def _translate(token: re.Match[str]) -> str:
    """What stands for one character."""
    if token["any"]:
        return "."
    if token["ranges"] is None:
        return re.escape(token["escaped"] or token["plain"])
    ranges = [(low[-1], (high or low)[-1]) for low, high in _RANGE.findall(token["ranges"])]
    # Nothing is in a range such as z-a, says Go; Python calls it an error.
    inside = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in ranges if low <= high)
    if not inside:
        return "." if token["negated"] else "(?!)"
    return f"[{token['negated']}{inside}]"
