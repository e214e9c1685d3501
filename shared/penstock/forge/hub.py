"""What GitHub's API and Gitea's, which is made after it, have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from penstock.forge.described import HubBranch, HubHook, HubKey, HubRepository, User
from penstock.forge.errors import NotAllowed, NotFound, OwnerMissing, Refused
from penstock.forge.plan import Hook, Key, key_of, key_plan
from penstock.forge.port import Account, Branch, Outcome, Repository, Visibility
from penstock.forge.site import checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.forge.answers import Answer
    from penstock.forge.api import Api
    from penstock.forge.port import DeployKey, Team, WantedRepository, Webhook


class Hub(ABC):
    """Implements penstock.forge.port.Forge but for what the two do differently."""

    receiver_path = "/github"
    edits_secrets = True
    """Whether a webhook's secret can be changed; else a new webhook is made before the old one goes."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.site = api.site

    def whoami(self) -> Account:
        """See the port."""
        doing = "see whose token it is"
        answer = self.api.ask("GET", "/user", doing)
        scopes = (scope.strip() for scope in answer.headers.get("x-oauth-scopes", "").split(","))
        login = self.api.read(answer, doing, User).login
        return Account(login, tuple(scope for scope in scopes if scope))

    def find_repository(self, owner: str, name: str) -> Repository | None:
        """See the port."""
        found = self._find(owner, name)
        return None if found is None else self._repository(found)

    def ensure_repository(self, wanted: WantedRepository) -> tuple[Repository, Outcome]:
        """See the port."""
        if wanted.personal:
            self.site.check_personal(self.whoami().login, wanted.owner, "an organisation")
        found = self._find(wanted.owner, wanted.name)
        if found is None:
            return self._repository(self._made(wanted)), Outcome.CREATED
        self._check_usable(found)
        there = self._repository(found)
        same = there.visibility is wanted.visibility and (found.description or "") == wanted.description
        if not wanted.reconcile or same:
            return there, Outcome.UNCHANGED
        changed = {"description": wanted.description, **self._visible(wanted)}
        return self._repository(self._edited(there, changed)), Outcome.UPDATED

    def set_default_branch(self, repository: Repository, branch: str) -> Outcome:
        """See the port."""
        found = self.find_repository(repository.owner, repository.name)
        if found is not None and found.default_branch == branch:
            return Outcome.UNCHANGED
        self._edited(repository, {"default_branch": branch})
        return Outcome.UPDATED

    def branch(self, repository: Repository, name: str) -> Branch | None:
        """See the port."""
        path = f"{_path(repository)}/branches/{quote(name, safe='')}"
        found = self.api.find(path, f"look at the branch {name} of {repository.full_name}", HubBranch)
        if found is None:
            return None
        return Branch(name, found.commit.sha or found.commit.id, found.protected, found.user_can_push)

    @abstractmethod
    def ensure_team(self, repository: Repository, team: Team) -> Outcome:
        """See the port."""

    def deploy_key(self, repository: Repository, title: str) -> DeployKey | None:
        """See the port."""
        keys = self._keys(repository, f"look at the deploy keys of {repository.full_name}")
        return key_of(keys, title)

    def ensure_deploy_key(self, repository: Repository, key: DeployKey) -> Outcome:
        """See the port."""
        doing = f"add the deploy key {key.title!r} to {repository.full_name}"
        there = self._keys(repository, doing)
        plan = key_plan(there, key)
        for one in plan.remove:
            self.api.gone(f"{_path(repository)}/keys/{one}", doing)
        if plan.add:
            body = {"title": key.title, "key": key.public_key.strip(), "read_only": key.read_only}
            self._asked("POST", f"{_path(repository)}/keys", doing, body)
        return plan.outcome

    def remove_deploy_key(self, repository: Repository, title: str) -> bool:
        """See the port."""
        doing = f"remove the deploy key {title!r} from {repository.full_name}"
        found = [key for key in self._keys(repository, doing) if key.title == title]
        for key in found:
            self.api.gone(f"{_path(repository)}/keys/{key.id}", doing)
        return bool(found)

    def ensure_webhook(self, repository: Repository, webhook: Webhook) -> Outcome:
        """See the port."""
        self.api.masker.learn(webhook.secret)
        doing = f"add the webhook to {repository.full_name}"
        there = [hook for hook in self._hooks(repository, doing) if hook.url == webhook.url]
        path, body = f"{_path(repository)}/hooks", self._hook_body(webhook)
        if there and self.edits_secrets:
            self._asked("PATCH", f"{path}/{there[0].id}", doing, body)
        else:
            self._asked("POST", path, doing, body)
            for hook in there:
                self.api.gone(f"{path}/{hook.id}", doing)
        if not there:
            return Outcome.CREATED
        return Outcome.UNCHANGED if there[0].settled else Outcome.UPDATED

    def remove_webhook(self, repository: Repository, url: str) -> bool:
        """See the port."""
        doing = f"remove the webhook from {repository.full_name}"
        found = [hook for hook in self._hooks(repository, doing) if hook.url == url]
        for hook in found:
            self.api.gone(f"{_path(repository)}/hooks/{hook.id}", doing)
        return bool(found)

    def no_team(self, team: Team, doing: str, status: int) -> OwnerMissing:
        """The error for a team that is not there."""
        where = f"{self.site.host}: cannot {doing}"
        return OwnerMissing(
            f"{where}: there is no team {team.name} that the token may see: check --team", status=status
        )

    @abstractmethod
    def _visible(self, wanted: WantedRepository) -> dict[str, Any]:
        """The fields that give a repository its visibility."""

    @abstractmethod
    def _new(self, wanted: WantedRepository) -> dict[str, Any]:
        """Further fields of a repository that is made."""

    @abstractmethod
    def _hook_body(self, webhook: Webhook) -> Mapping[str, Any]:
        """A webhook as it is made or changed."""

    def _find(self, owner: str, name: str) -> HubRepository | None:
        path = f"/repos/{checked(owner, '--owner')}/{checked(name, '--repository')}"
        return self.api.find(path, f"look for the repository {owner}/{name}", HubRepository)

    def _made(self, wanted: WantedRepository) -> HubRepository:
        doing = f"create the repository {wanted.owner}/{wanted.name}"
        body = {
            "name": wanted.name,
            "description": wanted.description,
            "auto_init": False,
            **self._visible(wanted),
            **self._new(wanted),
        }
        path = "/user/repos" if wanted.personal else f"/orgs/{quote(wanted.owner, safe='')}/repos"
        try:
            answer = self.api.ask("POST", path, doing, body)
        except NotFound:
            raise OwnerMissing(
                f"{self.site.host}: cannot {doing}: there is no organisation {wanted.owner} that the token"
                " may see: check --owner, or use --personal for a repository of your own",
                status=404,
            ) from None
        return self.api.read(answer, doing, HubRepository)

    def _edited(self, repository: Repository, fields: Mapping[str, Any]) -> HubRepository:
        doing = f"change the repository {repository.full_name}"
        return self.api.read(self._asked("PATCH", _path(repository), doing, fields), doing, HubRepository)

    def _check_usable(self, found: HubRepository) -> None:
        name = f"{found.owner.login}/{found.name}"
        if found.archived:
            raise Refused(f"{self.site.host}: the repository {name} is archived: nothing can be pushed to it")
        if found.permissions is not None and not found.permissions.push:
            raise NotAllowed(
                f"{self.site.host}: the token may read {name} but not push to it: {self.site.rights}"
            )

    def _repository(self, found: HubRepository) -> Repository:
        full_name = f"{found.owner.login}/{found.name}"
        visibility = Visibility.PRIVATE if found.private else Visibility.PUBLIC
        if found.internal or found.visibility == Visibility.INTERNAL:
            visibility = Visibility.INTERNAL
        return Repository(
            owner=found.owner.login,
            name=found.name,
            id=full_name,
            https_url=self.site.https_url(full_name),
            ssh_url=self.site.ssh_url(full_name, found.ssh_url),
            visibility=visibility,
            default_branch=found.default_branch or "",
            administered=found.permissions is None or found.permissions.admin,
        )

    def _keys(self, repository: Repository, doing: str) -> tuple[Key, ...]:
        try:
            found = self.api.pages(f"{_path(repository)}/keys", doing, HubKey)
        except NotFound:
            raise self._no_administrator(doing) from None
        return tuple(Key(key.id, key.title, key.key, key.read_only) for key in found)

    def _hooks(self, repository: Repository, doing: str) -> tuple[Hook, ...]:
        try:
            found = self.api.pages(f"{_path(repository)}/hooks", doing, HubHook)
        except NotFound:
            raise self._no_administrator(doing) from None
        return tuple(Hook(hook.id, hook.config.url, _settled(hook)) for hook in found)

    def _asked(self, method: str, path: str, doing: str, body: Mapping[str, Any]) -> Answer:
        try:
            return self.api.ask(method, path, doing, body)
        except NotFound:
            raise self._no_administrator(doing) from None

    def _no_administrator(self, doing: str) -> NotAllowed:
        """Whoever may not administer a repository is told that its keys and webhooks are not there."""
        where = f"{self.site.host}: cannot {doing}"
        return NotAllowed(f"{where}: the token may not administer it: {self.site.rights}", status=404)


def _path(repository: Repository) -> str:
    return f"/repos/{quote(repository.owner, safe='')}/{quote(repository.name, safe='')}"


def _settled(hook: HubHook) -> bool:
    plain = str(hook.config.insecure_ssl) == "0"
    return hook.active and hook.events == ["push"] and hook.config.content_type == "json" and plain
