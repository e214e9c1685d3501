"""The port: what bootstrap and uninstall may ask of a forge.

Every `ensure_...` looks before it writes, so that a second run finds what the first one did, and says what it
had to do. Every method raises penstock.forge.errors, retries done; no message holds the token or a secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What an `ensure_...` had to do."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Visibility(StrEnum):
    """Who may see a repository; `internal` is everybody with an account, where a forge has that."""

    PRIVATE = "private"
    INTERNAL = "internal"
    PUBLIC = "public"


class TeamAccess(StrEnum):
    """What a team may do in a repository, in GitHub's and flux's words."""

    PULL = "pull"
    TRIAGE = "triage"
    PUSH = "push"
    MAINTAIN = "maintain"
    ADMIN = "admin"


@dataclass(frozen=True)
class Account:
    """Whose token it is; `scopes` is what the forge says that it may do, empty if it does not say."""

    login: str
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class WantedRepository:
    """A repository as it is to be made if it is missing: empty, without a first commit.

    `personal`: the owner is the person whose token it is, not an organisation or group. `reconcile`: one that
    is there already gets the description and the visibility too (flux's `--reconcile`).
    """

    owner: str
    name: str
    visibility: Visibility = Visibility.PRIVATE
    personal: bool = False
    description: str = ""
    default_branch: str = "main"
    reconcile: bool = False


@dataclass(frozen=True)
class Repository:
    """A repository of the forge. `id` is what its API calls it by.

    `https_url` (`https://host/owner/name.git`) and `ssh_url` (`ssh://git@host[:port]/owner/name`) are its
    addresses to clone from and push to, as flux writes them; that of https is at the forge's own host, so the
    token may go there. `default_branch` is empty where the forge does not say. `administered`: the token may
    add keys and webhooks.
    """

    owner: str
    name: str
    id: str
    https_url: str
    ssh_url: str
    visibility: Visibility
    default_branch: str = ""
    administered: bool = True

    @property
    def full_name(self) -> str:
        """`owner/name`, as messages show it."""
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True)
class Branch:
    """A branch of a repository. `pushable`: whether the token may push to it; None if nobody says."""

    name: str
    commit: str
    protected: bool
    pushable: bool | None = None


@dataclass(frozen=True)
class Team:
    """A team of the organisation (GitHub, Gitea), or a group (GitLab), and what it may do."""

    name: str
    access: TeamAccess = TeamAccess.MAINTAIN


@dataclass(frozen=True)
class DeployKey:
    """The public half of a key pair, as a line of OpenSSH; its comment does not count."""

    title: str
    public_key: str
    read_only: bool = True


@dataclass(frozen=True)
class Webhook:
    """Where the forge tells of pushes, and the secret that it signs with. Content type json, event push."""

    url: str
    secret: str = field(repr=False)


class Forge(Protocol):
    """One forge, asked with one token."""

    @property
    def receiver_path(self) -> str:
        """The path of penstock's webhook that takes what this forge sends, such as `/github`."""
        ...

    def whoami(self) -> Account:
        """Whose token it is; TokenRefused if the forge does not take it."""
        ...

    def find_repository(self, owner: str, name: str) -> Repository | None:
        """The repository, None if there is none that the token may see."""
        ...

    def ensure_repository(self, wanted: WantedRepository) -> tuple[Repository, Outcome]:
        """The repository, made if it is missing.

        OwnerMissing if there is no such owner, Refused if it is archived, or `personal` and somebody else's,
        NotAllowed if the token may not make it, or not push to the one that is there.
        """
        ...

    def set_default_branch(self, repository: Repository, branch: str) -> Outcome:
        """Make a branch that is there the default one; to be called for a repository that was just made."""
        ...

    def branch(self, repository: Repository, name: str) -> Branch | None:
        """A branch, None if there is none; its protection is only told, never changed."""
        ...

    def ensure_team(self, repository: Repository, team: Team) -> Outcome:
        """Give a team its access, or change it; OwnerMissing if there is no such team."""
        ...

    def deploy_key(self, repository: Repository, title: str) -> DeployKey | None:
        """The key of that title, the first if there are several, None if there is none."""
        ...

    def ensure_deploy_key(self, repository: Repository, key: DeployKey) -> Outcome:
        """Add the key; one of the same title that differs is replaced (UPDATED), as flux does."""
        ...

    def remove_deploy_key(self, repository: Repository, title: str) -> bool:
        """Remove the keys of that title; whether there was one."""
        ...

    def ensure_webhook(self, repository: Repository, webhook: Webhook) -> Outcome:
        """Add the webhook, or bring the one with the same URL up to date.

        No forge shows a secret, so it is set each time; UPDATED says that something else differed.
        """
        ...

    def remove_webhook(self, repository: Repository, url: str) -> bool:
        """Remove the webhooks with that URL; whether there was one."""
        ...
