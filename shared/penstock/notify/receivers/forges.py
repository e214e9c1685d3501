"""Whose webhook is it? GitLab says so by its headers; GitHub's and Gitea's are of one form. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.notify.receivers import github, gitlab

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.work import Hint
    from penstock.notify.receivers.delivery import Headers, Ignored

_GITLABS = frozenset({"x-gitlab-token", "x-gitlab-event"})


def receive(secrets: Sequence[str], headers: Headers, body: bytes, *, depth: int) -> Hint | Ignored:
    """What a delivery of any of them means; Refused as its receiver refuses it."""
    pairs = tuple(headers)
    if any(name.lower() in _GITLABS for name, _ in pairs):
        return gitlab.receive(secrets, pairs, body, depth=depth)
    return github.receive(secrets, pairs, body, depth=depth)
