"""What git says when it fails, as one short sentence for the status of a source. Pure.

Only git's own words are read, never the `remote:` lines, which are the server's; what a sentence says comes
from the tables here as far as possible, so that no path, URL or credential of ours can be in it.
"""

from __future__ import annotations

import re
from enum import StrEnum

from penstock.base.errors import Transient
from penstock.base.text import printable

_SHOWN = 200


class Problem(StrEnum):
    """What went wrong between us and the Git server."""

    AUTHENTICATION = "authentication"
    NOT_FOUND = "not found"
    NO_OBJECT = "no object"
    REDIRECT = "redirect"
    TLS = "tls"
    HOST_KEY = "host key"
    UNREACHABLE = "unreachable"
    SERVER = "server"
    STALE = "stale"
    DECLINED = "declined"
    TOO_LARGE = "too large"
    OTHER = "other"


class GitFailed(Transient):
    """A Git operation failed; `problem` says how."""

    reason = "GitOperationFailed"

    def __init__(
        self, message: str, problem: Problem = Problem.OTHER, *, retry_after: float | None = None
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.problem = problem


TOO_LARGE = r"^(?:fatal: )?fetch-pack: invalid index-pack output$|signal 25|file too large"
"""What git says when the file that it writes may not become larger."""

_PROBLEMS: tuple[tuple[re.Pattern[str], Problem], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), problem)
    for pattern, problem in (
        (r"returned error: 30[12378]", Problem.REDIRECT),
        (r"could not read (username|password)|authentication failed|error: 40[13]", Problem.AUTHENTICATION),
        (r"repository '.*' not found|error: 4(04|10)", Problem.NOT_FOUND),
        (r"not our ref|unadvertised object|couldn't find remote ref|no such remote ref", Problem.NO_OBJECT),
        (r"certificate|ssl|tls|gnutls", Problem.TLS),
        (
            r"could not resolve|failed to connect|couldn't connect|timed out|timeout|refused|too slow",
            Problem.UNREACHABLE,
        ),
        (TOO_LARGE, Problem.TOO_LARGE),
        (r"returned error: |hung up|early EOF|curl|RPC failed|protocol error", Problem.SERVER),
    )
)
# In front of the colon stands what go-git says, and so Flux.
_PUSH = re.compile(r"^!\t[^\t\n]*\t\[(?P<whose>rejected|remote rejected)\] ?(?P<why>[^\n]*)$", re.MULTILINE)
_RACED = re.compile(r"failed to update ref|cannot lock ref|incorrect old value|non-fast-forward|fetch first")
_STALE = "the branch has commits that are not here yet"
_DECLINED = "the server declines the push"
_REFUSED = "authentication required: the server does not accept the credentials of spec.secretRef"
_REQUIRED = "authentication required: name a Secret with credentials in spec.secretRef"
_FORBIDDEN = "authorization failed: the server refuses access: check what the credentials may read"
_NOT_FOUND = "repository not found: check spec.url, and whether the credentials may read it"
_UNTRUSTED = (
    "the server's TLS certificate is not trusted: put the authority that issued it into ca.crt of the "
    "Secret in spec.secretRef"
)
_WORDS = re.compile(r"^(?:fatal|error): (.*)$", re.MULTILINE)
_STATUS = re.compile(r"returned error: ([0-9]{3})")
_LIMITED = re.compile(r"returned error: (403|429|503)")
_LOCATION = re.compile(r"^[^\n]* <= Recv header: location: ?([^\n]*)$", re.IGNORECASE | re.MULTILINE)


def failure(
    stderr: str, *, with_credentials: bool, pack_bytes: int = 0, pause_s: float | None = None
) -> GitFailed:
    """The error for what git wrote to stderr. `pack_bytes` is the limit that a fetch had, `pause_s` how long
    the server asked to be left alone.
    """
    words = "; ".join(_WORDS.findall(stderr)) or "git failed without a word"
    limited = _LIMITED.search(words)
    if pause_s is not None and limited is not None:
        text = f"the server answered with HTTP status {limited[1]} and asks to be left alone for a while"
        return GitFailed(text, Problem.SERVER, retry_after=pause_s)
    problem = next((found for pattern, found in _PROBLEMS if pattern.search(words)), Problem.OTHER)
    return GitFailed(
        _sentence(problem, words, with_credentials=with_credentials, pack_bytes=pack_bytes), problem
    )


def push_failure(report: str) -> GitFailed | None:
    """The error for a reference that was not updated, from what `git push --porcelain` printed; None if the
    push did not come that far. The reason in brackets is the server's, and is not shown.
    """
    found = _PUSH.search(report)
    if found is None:
        return None
    stale = found["whose"] == "rejected" or _RACED.search(found["why"]) is not None
    return GitFailed(*(_STALE, Problem.STALE) if stale else (_DECLINED, Problem.DECLINED))


def redirect_in(trace: str) -> str:
    """The address in the first redirect of what git writes with GIT_TRACE_CURL; empty if there is none."""
    found = _LOCATION.search(trace)
    return found[1].strip() if found else ""


def _sentence(problem: Problem, words: str, *, with_credentials: bool, pack_bytes: int) -> str:
    if problem is Problem.AUTHENTICATION:
        return _denied(words, with_credentials=with_credentials)
    if problem is Problem.NOT_FOUND:
        return _NOT_FOUND
    if problem is Problem.TLS and "certificate" in words.lower():
        return _UNTRUSTED
    if problem is Problem.TOO_LARGE:
        return too_large(pack_bytes)
    if problem is Problem.SERVER and (status := _STATUS.search(words)):
        return f"the server answered with HTTP status {status[1]}"
    return _shown(words)


def too_large(pack_bytes: int) -> str:
    """The sentence for a repository beyond the limit of a fetch."""
    remedy = "raise PENSTOCK_LIMIT_GIT_PACK_BYTES"
    return f"the repository's files are larger than {pack_bytes} bytes packed: {remedy}"


def _denied(words: str, *, with_credentials: bool) -> str:
    if "error: 403" in words:
        return _FORBIDDEN
    return _REFUSED if with_credentials else _REQUIRED


def _shown(words: str) -> str:
    """Git's words without the addresses and paths that they quote."""
    return printable(re.sub(r"(unable to access )?'(https?://|/)[^']*':? ?", "", words), _SHOWN)
