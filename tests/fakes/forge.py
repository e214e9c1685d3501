"""A forge in memory; the real ones are tested against Gitea and against written exchanges."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from penstock.forge.errors import OwnerMissing, Refused
from penstock.forge.port import Account, Branch, DeployKey, Outcome, Repository, Visibility, Webhook

if TYPE_CHECKING:
    from penstock.forge.port import Team, TeamAccess, WantedRepository


@dataclass
class Kept:
    """A repository with what was put on it, by title, URL and name."""

    repository: Repository
    description: str = ""
    keys: dict[str, DeployKey] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    teams: dict[str, TeamAccess] = field(default_factory=dict)
    branches: dict[str, Branch] = field(default_factory=dict)


class FakeForge:
    """Implements penstock.forge.port.Forge.

    `kept` has the repositories by full name, `organisations` those that exist with their teams. `https` and
    `ssh` are put before the full name for the addresses. `calls` is every method that was called, in order;
    `failures` has errors by the name of the method that raises them, until a test takes them out.
    """

    receiver_path = "/github"

    def __init__(
        self, login: str = "ada", *, https: str = "https://forge.test/", ssh: str = "ssh://git@forge.test/"
    ) -> None:
        self.login = login
        self.https = https
        self.ssh = ssh
        self.organisations: dict[str, tuple[str, ...]] = {"acme": ("platform",)}
        self.kept: dict[str, Kept] = {}
        self.calls: list[str] = []
        self.failures: dict[str, Exception] = {}

    def whoami(self) -> Account:
        """See the port."""
        self._called("whoami")
        return Account(self.login)

    def find_repository(self, owner: str, name: str) -> Repository | None:
        """See the port."""
        self._called("find_repository")
        found = self.kept.get(f"{owner}/{name}")
        return None if found is None else found.repository

    def ensure_repository(self, wanted: WantedRepository) -> tuple[Repository, Outcome]:
        """See the port."""
        self._called("ensure_repository")
        if wanted.personal and wanted.owner != self.login:
            raise Refused(f"the token is {self.login}'s, not {wanted.owner}'s")
        there = self.kept.get(f"{wanted.owner}/{wanted.name}")
        if there is None:
            if not wanted.personal and wanted.owner not in self.organisations:
                raise OwnerMissing(f"there is no organisation {wanted.owner}")
            return self._made(wanted), Outcome.CREATED
        was = (there.repository.visibility, there.description)
        if not wanted.reconcile or was == (wanted.visibility, wanted.description):
            return there.repository, Outcome.UNCHANGED
        there.repository = replace(there.repository, visibility=wanted.visibility)
        there.description = wanted.description
        return there.repository, Outcome.UPDATED

    def set_default_branch(self, repository: Repository, branch: str) -> Outcome:
        """See the port."""
        self._called("set_default_branch")
        kept = self._of(repository)
        if kept.repository.default_branch == branch:
            return Outcome.UNCHANGED
        kept.repository = replace(kept.repository, default_branch=branch)
        return Outcome.UPDATED

    def branch(self, repository: Repository, name: str) -> Branch | None:
        """See the port; a test puts branches there."""
        self._called("branch")
        return self._of(repository).branches.get(name)

    def ensure_team(self, repository: Repository, team: Team) -> Outcome:
        """See the port."""
        self._called("ensure_team")
        if team.name not in self.organisations.get(repository.owner, ()):
            raise OwnerMissing(f"there is no team {team.name} in {repository.owner}")
        teams = self._of(repository).teams
        before, teams[team.name] = teams.get(team.name), team.access
        return _outcome(before, team.access)

    def deploy_key(self, repository: Repository, title: str) -> DeployKey | None:
        """See the port."""
        self._called("deploy_key")
        return self._of(repository).keys.get(title)

    def ensure_deploy_key(self, repository: Repository, key: DeployKey) -> Outcome:
        """See the port."""
        self._called("ensure_deploy_key")
        kept = self._of(repository)
        line = " ".join(key.public_key.split()[:2])
        bare = replace(key, public_key=line)
        before, kept.keys[key.title] = kept.keys.get(key.title), bare
        return _outcome(before, bare)

    def remove_deploy_key(self, repository: Repository, title: str) -> bool:
        """See the port."""
        self._called("remove_deploy_key")
        return self._of(repository).keys.pop(title, None) is not None

    def ensure_webhook(self, repository: Repository, webhook: Webhook) -> Outcome:
        """See the port."""
        self._called("ensure_webhook")
        hooks = self._of(repository).webhooks
        outcome = Outcome.UNCHANGED if webhook.url in hooks else Outcome.CREATED
        hooks[webhook.url] = webhook
        return outcome

    def remove_webhook(self, repository: Repository, url: str) -> bool:
        """See the port."""
        self._called("remove_webhook")
        return self._of(repository).webhooks.pop(url, None) is not None

    def _made(self, wanted: WantedRepository) -> Repository:
        full_name = f"{wanted.owner}/{wanted.name}"
        made = Repository(
            owner=wanted.owner,
            name=wanted.name,
            id=full_name,
            https_url=f"{self.https}{full_name}.git",
            ssh_url=f"{self.ssh}{full_name}",
            visibility=Visibility(wanted.visibility),
            default_branch=wanted.default_branch,
        )
        self.kept[full_name] = Kept(made, wanted.description)
        return made

    def _of(self, repository: Repository) -> Kept:
        return self.kept[repository.full_name]

    def _called(self, method: str) -> None:
        self.calls.append(method)
        if method in self.failures:
            raise self.failures[method]


def _outcome(before: object, after: object) -> Outcome:
    if before is None:
        return Outcome.CREATED
    return Outcome.UNCHANGED if before == after else Outcome.UPDATED
