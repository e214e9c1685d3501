"""`penstock bootstrap github`, `gitlab` and `gitea`."""
# ruff: noqa: PLC0415 - `--help` needs none of it

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from penstock.base.errors import Terminal
from penstock.cli.bootstrap_flags import Listed, shared_flags, switch
from penstock.cli.flags import flagged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from penstock.base.deadline import Deadline
    from penstock.bootstrap.steps.ports import Origin, Ports
    from penstock.cli.kube import Kube
    from penstock.forge.connect import Login
    from penstock.forge.port import Team, WantedRepository
    from penstock.runtime.wiring import Wiring

_TOKEN_USER = "git"  # noqa: S105 - the user name that goes with a token


@dataclass(frozen=True)
class _Hub:
    """What a forge is called, and by which names it is asked for."""

    kind: str
    name: str
    host: str
    group: str
    more: tuple[Callable[[Any], Any], ...] = ()

    @property
    def variable(self) -> str:
        return f"{self.kind.upper()}_TOKEN"


def _command(hub: _Hub) -> click.Command:
    """The command of a forge."""

    def run(kube: Kube, flags: dict[str, Any], **own: Any) -> None:
        _bootstrap(hub, kube, flags, own)

    text = f"""Deploy penstock on a cluster connected to a {hub.name} repository.

    Creates the repository if it is missing, pushes the manifests below --path, gives the cluster a deploy key
    of its own, registers the webhook that tells the functions of a push, and waits until the commit is
    applied. The token is taken from {hub.variable}; the cluster gets it with --token-auth only.

    \b
      export {hub.variable}=<token>
      penstock bootstrap {hub.kind} --owner=<{hub.group}> --repository=fleet \\
        --path=clusters/prod --receiver-url=https://penstock.example.com
    """
    owner = (
        f"The {hub.group} that has the repository, or with --personal a user; else {hub.kind.upper()}_USER."
    )
    options = (
        click.option("--owner", envvar=f"{hub.kind.upper()}_USER", metavar="NAME", help=owner),
        click.option("--repository", metavar="NAME", help="The repository."),
        switch("--personal", "The owner is a user, the one whose token it is."),
        switch("--private", "The repository is made private.", default=True),
        click.option(
            "--hostname", default=hub.host, show_default=True, metavar="HOST", help=f"{hub.name}'s host."
        ),
        click.option(
            "--team", "teams", multiple=True, type=Listed(), metavar="TEAM[:ACCESS]", help="A team to let in."
        ),
        switch("--read-write-key", "The deploy key may push, too."),
        switch("--reconcile", "Bring a repository that is there to these options, too."),
        *hub.more,
    )
    return click.command(hub.kind, help=text)(flagged(shared_flags(run), options))


def _bootstrap(hub: _Hub, kube: Kube, flags: dict[str, Any], own: dict[str, Any]) -> None:
    from penstock.bootstrap.secret import Given, token_data
    from penstock.cli.bootstrap_reading import Plan, check, execute, file_of, pair_of_flags
    from penstock.forge import connect as forges

    for name in ("owner", "repository"):
        if not own[name]:
            raise click.UsageError(f"--{name} is required")
    if own.get("deploy_token_auth"):
        raise Terminal("--deploy-token-auth is not built here yet: use --token-auth, or a deploy key")
    check(kube, flags)
    asked = _Asked(_repository(own, flags["branch"]), tuple(_teams(own)), own["hostname"])
    authority = file_of(flags["ca_file"], "--ca-file")
    token = "" if flags["export"] else _token(hub)
    if flags["token_auth"]:
        given = Given(ssh=False, data=token_data(_TOKEN_USER, token, authority=authority))
    else:
        given = Given(ssh=True, pair=pair_of_flags(flags, ""))
    login = forges.Login(token, own["hostname"], flags["ssh_hostname"], authority)
    connecting = _connecting(hub, asked, login, by_token=flags["token_auth"])
    more = {"read_write_key": own["read_write_key"]}
    execute(kube, flags, Plan(given, _address(hub, flags, own), connecting, (token,), more=more))


def _token(hub: _Hub) -> str:
    from penstock.cli.bootstrap_reading import read_secret

    token = read_secret(hub.variable, f"Please enter your {hub.name} personal access token (PAT)")
    if not token:
        raise Terminal(f"there is no token: put one into {hub.variable}", reason="AuthenticationFailed")
    return token


@dataclass(frozen=True)
class _Asked:
    """What is asked of a forge."""

    repository: WantedRepository
    teams: tuple[Team, ...]
    host: str


def _connecting(
    hub: _Hub, asked: _Asked, login: Login, *, by_token: bool
) -> Callable[[Wiring, Deadline], Callable[[Ports], Origin]]:
    """What makes the step that finds the repository, once there are parts and a deadline."""
    from penstock.bootstrap.steps.connecting import Hosted, connect
    from penstock.forge import connect as forges

    def step(wiring: Wiring, deadline: Deadline) -> Callable[[Ports], Origin]:
        forge = forges.connect(
            forges.Kind(hub.kind),
            login,
            deadline=deadline,
            environ=os.environ,
            masker=wiring.masker,
            limits=wiring.settings.limits,
        )
        hosted = Hosted(forge, asked.host, asked.repository, login.token, asked.teams, by_token, login.ca)
        return lambda ports: connect(ports, hosted)

    return step


def _repository(own: dict[str, Any], branch: str) -> WantedRepository:
    from penstock.forge.port import Visibility, WantedRepository

    visibility = Visibility(own.get("visibility") or Visibility.PRIVATE)
    return WantedRepository(
        owner=own["owner"],
        name=own["repository"],
        visibility=visibility if own["private"] else Visibility.PUBLIC,
        personal=own["personal"],
        default_branch=branch,
        reconcile=own["reconcile"],
    )


def _teams(own: dict[str, Any]) -> Iterator[Team]:
    """`team` or `team:access`, as often as one likes, by commas too."""
    from penstock.forge.port import Team, TeamAccess

    for name, _, access in (one.partition(":") for some in own["teams"] for one in some):
        try:
            yield Team(name, TeamAccess(access or TeamAccess.MAINTAIN))
        except ValueError:
            listed = ", ".join(TeamAccess)
            raise click.UsageError(
                f"invalid permission {access!r} for team {name!r}: take one of {listed}"
            ) from None


def _address(hub: _Hub, flags: dict[str, Any], own: dict[str, Any]) -> str:
    """The address that the cluster will follow, as the forge tells it later."""
    from penstock.forge import site

    place = getattr(site, hub.kind)(own["hostname"], flags["ssh_hostname"])
    full_name = f"{own['owner']}/{own['repository']}"
    if flags["token_auth"]:
        return str(place.https_url(full_name))
    return str(place.ssh_url(full_name, f"ssh://git@{place.host}/{full_name}"))


github = _command(_Hub("github", "GitHub", "github.com", "organization"))
gitea = _command(_Hub("gitea", "Gitea", "gitea.com", "organization"))
gitlab = _command(
    _Hub(
        "gitlab",
        "GitLab",
        "gitlab.com",
        "group",
        (
            click.option(
                "--visibility",
                type=click.Choice(["public", "internal", "private"]),
                default="private",
                show_default=True,
                help="Who sees the repository that is made.",
            ),
            switch("--deploy-token-auth", "Not built here yet.", hidden=True),
        ),
    )
)
