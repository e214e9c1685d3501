"""From flags to a forge: which one, where, and with which token."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from penstock.base.limits import Limits
from penstock.base.masking import Masker
from penstock.forge import gitea, github, gitlab, site
from penstock.forge.api import Api
from penstock.forge.errors import TokenRefused
from penstock.forge.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from penstock.base.deadline import Deadline
    from penstock.forge.port import Forge


class Kind(StrEnum):
    """The forges, by the names of flux's commands."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"


@dataclass(frozen=True)
class Login:
    """Where a forge is and who asks.

    `hostname` empty: the public one; `ssh_hostname` empty: as the forge says. `ca`: authorities to
    trust beyond the machine's, as PEM.
    """

    token: str = field(repr=False)
    hostname: str = ""
    ssh_hostname: str = ""
    ca: bytes = field(default=b"", repr=False)


_SITES = {Kind.GITHUB: site.github, Kind.GITLAB: site.gitlab, Kind.GITEA: site.gitea}
_HEADERS = {Kind.GITHUB: github.headers, Kind.GITLAB: gitlab.headers, Kind.GITEA: gitea.headers}
_FORGES: Mapping[Kind, Callable[[Api], Forge]] = {
    Kind.GITHUB: github.GitHub,
    Kind.GITLAB: gitlab.GitLab,
    Kind.GITEA: gitea.Gitea,
}


def connect(
    kind: Kind,
    login: Login,
    *,
    deadline: Deadline,
    environ: Mapping[str, str],
    masker: Masker | None = None,
    limits: Limits | None = None,
) -> Forge:
    """The forge; nothing is sent yet. The masker learns the token. `environ` says which proxy there is.

    Refused if the hostname or the authorities cannot be used, TokenRefused without a token.
    """
    place = _SITES[kind](login.hostname, login.ssh_hostname)
    token = login.token.strip()
    if not token:
        raise TokenRefused(f"{place.host}: there is no token: put one into {place.token}")
    masker, limits = masker or Masker(), limits or Limits()
    masker.learn(token)
    transport = Transport(place.api, ca=login.ca, environ=environ, limits=limits, clock=deadline.clock)
    api = Api(place, transport, _HEADERS[kind](token), masker, limits, deadline)
    return _FORGES[kind](api)
