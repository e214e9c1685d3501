"""What the upstream helper says when something fails, as penstock's errors."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from penstock.base.errors import LimitExceeded, PenstockError, Terminal
from penstock.kustomize.built import Reads
from penstock.kustomize.expressions import InvalidExpression, NotEvaluated
from penstock.source.reference import InvalidReference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.objects import Json


class Code(StrEnum):
    """The sorts of failure (shared/upstream/internal/fault)."""

    REQUEST = "request"
    UNKNOWN_TREE = "unknown-tree"
    PATH_MISSING = "path-missing"
    PATH_IS_FILE = "path-is-file"
    BUILD = "build"
    LIMIT = "limit"
    REMOTE = "remote"
    FEATURE = "feature"
    RANGE = "range"
    EXPRESSION = "expression"
    EVALUATION = "evaluation"
    SELECTOR = "selector"


class BuildError(Terminal):
    """No objects came out. `reads` is what was looked at: the same input would fail again."""

    reason = "BuildFailed"

    def __init__(self, message: str, *, code: Code = Code.BUILD, reads: Reads | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reads = reads


class BuildTooLarge(BuildError, LimitExceeded):
    """A build is above a limit; the message names the setting."""

    def __init__(self, message: str, *, reads: Reads | None = None) -> None:
        super().__init__(message, code=Code.LIMIT, reads=reads)


class PathNotFound(BuildError):
    """The artifact has no folder of that name; Flux gives this another reason than other builds."""

    reason = "ArtifactFailed"


class InvalidRange(InvalidReference):
    """A semver range that cannot be read."""


class InvalidSelector(Terminal):
    """A regular expression or a selector that cannot be read."""

    reason = "InvalidSelector"


class ToolMissing(Terminal):
    """The helper's program cannot be started."""

    reason = "ToolMissing"


_EXCEPTIONS: dict[Code, type[PenstockError]] = {
    Code.RANGE: InvalidRange,
    Code.EXPRESSION: InvalidExpression,
    Code.EVALUATION: NotEvaluated,
    Code.SELECTOR: InvalidSelector,
}


def reads_of(answer: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The fields of `Reads` in an answer."""
    names = ("files_read", "absent", "listed", "directories")
    return {name: tuple(answer[name]) for name in names}


def failure(error: Json) -> PenstockError:
    """The exception for an answer's error."""
    code, text = Code(error["code"]), str(error["text"])
    reads = Reads(**reads_of(error["reads"])) if error.get("reads") else None
    if code in _EXCEPTIONS:
        return _EXCEPTIONS[code](text)
    if code is Code.PATH_MISSING:
        return PathNotFound(text, code=code, reads=reads)
    if code is Code.LIMIT:
        return BuildTooLarge(text, reads=reads)
    return BuildError(text, code=code, reads=reads)
