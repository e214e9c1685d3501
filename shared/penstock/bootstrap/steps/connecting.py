"""The repository: found or made on the forge, or as the person names it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from penstock.base.errors import PenstockError
from penstock.bootstrap.steps.ports import Origin
from penstock.bootstrap.steps.problems import Login
from penstock.forge.errors import NotAllowed
from penstock.forge.port import Outcome
from penstock.source.credentials import credentials
from penstock.source.url import parse_url

if TYPE_CHECKING:
    from penstock.bootstrap.steps.ports import Ports
    from penstock.bootstrap.wanted import Wanted
    from penstock.forge.port import Forge, Repository, Team, WantedRepository


@dataclass(frozen=True)
class Hosted:
    """A repository of a forge. `host` is how the forge is called in what is said; `authority` is the PEM of
    --ca-file; with `token_auth` the cluster reads over https, else over ssh.
    """

    forge: Forge
    host: str
    repository: WantedRepository
    token: str = field(repr=False)
    teams: tuple[Team, ...] = ()
    token_auth: bool = False
    authority: bytes = b""


def connect(ports: Ports, hosted: Hosted) -> Origin:
    """The repository on the forge, made if it is missing; raises penstock.forge.errors."""
    ports.tell.action(f"connecting to {hosted.host}")
    hosted.forge.whoami()
    repository, outcome = hosted.forge.ensure_repository(hosted.repository)
    shown = repository.https_url.removesuffix(".git")
    if outcome is not Outcome.UNCHANGED:
        ports.tell.success(
            f'repository "{shown}" {"created" if outcome is Outcome.CREATED else "reconciled"}'
        )
    _teams(ports, hosted, repository)
    url = parse_url(repository.https_url)
    data = {"username": hosted.repository.owner.encode(), "password": hosted.token.encode()}
    if hosted.authority:
        data["ca.crt"] = hosted.authority
    login = credentials(url, data, "--token")
    ports.masker.learn(*login.secrets)
    sync_url = repository.https_url if hosted.token_auth else repository.ssh_url
    return Origin(
        url, login, Login.TOKEN, sync_url, hosted.forge, repository, made=outcome is Outcome.CREATED
    )


def check_rights(origin: Origin, wanted: Wanted) -> None:
    """NotAllowed, before anything is pushed, if the token may not add what is to be added later."""
    repository = origin.repository
    if repository is None or repository.administered or not (wanted.given.ssh or wanted.receiver):
        return
    raise NotAllowed(
        f"{origin.url.host}: the token may push to {repository.full_name}, but not add a deploy key or a "
        "webhook: use one of an administrator of it, or --token-auth without --receiver-url"
    )


def lead_with(ports: Ports, origin: Origin, branch: str) -> None:
    """Make the branch the default one of a repository that was just made; a failure is only told."""
    if not origin.made or origin.forge is None or origin.repository is None:
        return
    try:
        origin.forge.set_default_branch(origin.repository, branch)
    except PenstockError as error:
        ports.tell.warning(error.message)


def _teams(ports: Ports, hosted: Hosted, repository: Repository) -> None:
    if not hosted.teams:
        return
    ports.tell.action("reconciling repository permissions")
    for team in hosted.teams:
        if hosted.forge.ensure_team(repository, team) is not Outcome.UNCHANGED:
            ports.tell.success(f'granted "{team.access}" permissions to "{team.name}"')
    ports.tell.success("reconciled repository permissions")
