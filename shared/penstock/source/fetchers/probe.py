"""Asks a Git server where a repository has gone, after git was told so and did not follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.source.redirects import MOST, RedirectRefused, redirected

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from penstock.source.url import RepositoryURL
    from penstock.tools.git import GitSession


def follow(
    url: RepositoryURL, session: Callable[[RepositoryURL], AbstractContextManager[GitSession]]
) -> RepositoryURL:
    """The address that answers, on the same server; RedirectRefused if that is somewhere else or nowhere."""
    for _ in range(MOST):
        with session(url) as git:
            location = git.redirect()
        if location is None:
            return url
        url = redirected(url, location)
    raise RedirectRefused(f"the server redirects more than {MOST} times")
