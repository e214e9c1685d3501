"""What went wrong between bootstrap and the Git server, as one sentence with the remedy for the person. Pure.

The words of penstock.tools.giterrors are those for the status of a source, which names spec.secretRef; here a
person gave a token, a password or a key just now.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from penstock.base.errors import Terminal
from penstock.tools.giterrors import GitFailed, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping


class Login(StrEnum):
    """What a person logs in to the Git server with, in words."""

    TOKEN = "the token"  # noqa: S105 - words about secrets, as those below
    PASSWORD = "the user name and password of --username and --password or GIT_PASSWORD"  # noqa: S105
    BEARER = "the bearer token (--password or GIT_PASSWORD)"
    KEY = "the key of --private-key-file"
    AGENT = "the keys of your SSH agent: load the right one with ssh-add, or use --private-key-file"
    SECRET = "the login in the Secret"  # noqa: S105
    NONE = "a request without a login: give --password, or GIT_PASSWORD in the environment"


class GitProblem(Terminal):
    """A step of bootstrap that Git could not do."""

    reason = "GitOperationFailed"


@dataclass(frozen=True)
class Place:
    """Which repository and branch, and what was used to log in."""

    url: str
    branch: str
    login: Login


def explained(error: GitFailed, place: Place, doing: str) -> GitProblem:
    """The error for a person; `doing` is what failed, such as "failed to clone repository"."""
    sentence = _SENTENCES.get(error.problem)
    text = sentence.format(**_words(place)) if sentence else f"{error.message} ({place.url})"
    return GitProblem(f"{doing}: {text}")


def branch_missing(place: Place, others: tuple[str, ...]) -> GitProblem:
    """The error for a repository that has commits, but not the branch."""
    shown = ", ".join(others[:5]) + (", ..." if len(others) > 5 else "")
    return GitProblem(
        f"failed to clone repository: {place.url} has no branch {place.branch!r}, it has {shown}: "
        "name one of them with --branch, or push the branch first"
    )


def _words(place: Place) -> Mapping[str, str]:
    host = place.url.partition("://")[2].partition("/")[0].rpartition("@")[2]
    return {"url": place.url, "branch": place.branch, "login": str(place.login), "host": host}


_SENTENCES: Mapping[Problem, str] = {
    Problem.AUTHENTICATION: "{host} does not accept {login}: check that it is right, has not expired, and "
    "may write to {url}",
    Problem.NOT_FOUND: "{url} does not exist, or {login} may not see it",
    Problem.REDIRECT: "{url} has moved to another address: give the new one",
    Problem.TLS: "the certificate of {host} is not trusted: give the authority that issued it with --ca-file",
    Problem.HOST_KEY: "the host key of {host} is not the one in known_hosts of the Secret: either this is "
    "another server, or its operator has changed the key and says so; then delete known_hosts from the "
    "Secret and try again",
    Problem.UNREACHABLE: "{host} cannot be reached: check the network, a proxy, and the address {url}",
    Problem.STALE: "others push to {branch} all the time: try again",
    Problem.DECLINED: "the server does not let {login} push to {branch}: the branch may be protected, or a "
    "hook refuses the commit; allow the push, or name another branch with --branch",
}
