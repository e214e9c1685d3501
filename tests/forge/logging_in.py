"""Forges to ask in tests: with the real client, a little time, and no proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.forge.connect import Kind, Login, connect

if TYPE_CHECKING:
    from penstock.base.limits import Limits
    from penstock.base.masking import Masker
    from penstock.forge.port import Forge

    from tests.support.gitea_server import GiteaServer


def gitea_of(server: GiteaServer, token: str) -> Forge:
    """The Gitea of the run, asked with a token."""
    return asked(Kind.GITEA, Login(token, server.hostname, ca=server.ca))


def asked(
    kind: Kind,
    login: Login,
    *,
    seconds: float = 60,
    limits: Limits | None = None,
    masker: Masker | None = None,
) -> Forge:
    """A forge with `seconds` for everything."""
    deadline = Deadline.after(SystemClock(), seconds)
    return connect(kind, login, deadline=deadline, environ={}, limits=limits, masker=masker)
