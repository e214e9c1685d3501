"""GitLab, by its REST API v4 (https://docs.gitlab.com/api/rest/)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from penstock.forge.described import (
    Namespace,
    Project,
    ProjectBranch,
    ProjectHook,
    ProjectKey,
    ProjectUser,
)
from penstock.forge.errors import NotAllowed, OwnerMissing, Refused
from penstock.forge.plan import Hook, Key, key_of, key_plan
from penstock.forge.port import Account, Branch, Outcome, Repository, TeamAccess, Visibility
from penstock.forge.site import checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.forge.api import Api
    from penstock.forge.port import DeployKey, Team, WantedRepository, Webhook

_DEVELOPER, _MAINTAINER = 30, 40
_LEVELS = {
    TeamAccess.PULL: 20,
    TeamAccess.TRIAGE: 20,
    TeamAccess.PUSH: _DEVELOPER,
    TeamAccess.MAINTAIN: _MAINTAINER,
    TeamAccess.ADMIN: 50,
}
"""Roles (https://docs.gitlab.com/user/permissions/): a Guest (10) may not read a private project's code."""


def headers(token: str) -> dict[str, str]:
    """What each request carries: access tokens of all kinds go this way, OAuth's too."""
    return {"Authorization": f"Bearer {token}"}


class GitLab:
    """Implements penstock.forge.port.Forge. An owner is a person, or a group by its full path (`acme/infra`).

    The first branch that is pushed becomes the default one, and is protected as the group's settings say.
    """

    receiver_path = "/gitlab"

    def __init__(self, api: Api) -> None:
        self.api = api
        self.site = api.site

    def whoami(self) -> Account:
        """See the port."""
        return Account(self.api.get("/user", "see whose token it is", ProjectUser).username)

    def find_repository(self, owner: str, name: str) -> Repository | None:
        """See the port."""
        found = self._find(owner, name)
        return None if found is None else self._repository(found)

    def ensure_repository(self, wanted: WantedRepository) -> tuple[Repository, Outcome]:
        """See the port."""
        if wanted.personal:
            self.site.check_personal(self.whoami().login, wanted.owner, "a group")
        found = self._find(wanted.owner, wanted.name)
        if found is None:
            return self._repository(self._made(wanted)), Outcome.CREATED
        self._check_usable(found)
        same = found.visibility == wanted.visibility and (found.description or "") == wanted.description
        if not wanted.reconcile or same:
            return self._repository(found), Outcome.UNCHANGED
        doing = f"change the project {found.path_with_namespace}"
        body = {"description": wanted.description, "visibility": str(wanted.visibility)}
        answer = self.api.ask("PUT", f"/projects/{found.id}", doing, body)
        return self._repository(self.api.read(answer, doing, Project)), Outcome.UPDATED

    def set_default_branch(self, repository: Repository, branch: str) -> Outcome:
        """See the port."""
        doing = f"make {branch} the default branch of {repository.full_name}"
        path = f"/projects/{repository.id}"
        if self.api.get(path, doing, Project).default_branch == branch:
            return Outcome.UNCHANGED
        self.api.ask("PUT", path, doing, {"default_branch": branch})
        return Outcome.UPDATED

    def branch(self, repository: Repository, name: str) -> Branch | None:
        """See the port."""
        path = f"/projects/{repository.id}/repository/branches/{quote(name, safe='')}"
        found = self.api.find(path, f"look at the branch {name} of {repository.full_name}", ProjectBranch)
        if found is None:
            return None
        return Branch(name, found.commit.id, found.protected, found.can_push)

    def ensure_team(self, repository: Repository, team: Team) -> Outcome:
        """See the port: the project is shared with the group."""
        doing = f"share {repository.full_name} with the group {team.name}"
        group, path = self._group(team.name, doing, "--team"), f"/projects/{repository.id}"
        shared = self.api.get(path, doing, Project).shared_with_groups
        before = {one.group_id: one.group_access_level for one in shared}.get(group.id)
        level = _LEVELS[team.access]
        if before == level:
            return Outcome.UNCHANGED
        if before is not None:
            self.api.ask("DELETE", f"{path}/share/{group.id}", doing)
        self.api.ask("POST", f"{path}/share", doing, {"group_id": group.id, "group_access": level})
        return Outcome.CREATED if before is None else Outcome.UPDATED

    def deploy_key(self, repository: Repository, title: str) -> DeployKey | None:
        """See the port."""
        path = f"/projects/{repository.id}/deploy_keys"
        return key_of(self._keys(path, f"look at the deploy keys of {repository.full_name}"), title)

    def ensure_deploy_key(self, repository: Repository, key: DeployKey) -> Outcome:
        """See the port."""
        doing = f"add the deploy key {key.title!r} to {repository.full_name}"
        path = f"/projects/{repository.id}/deploy_keys"
        plan = key_plan(self._keys(path, doing), key)
        for one in plan.remove:
            self.api.gone(f"{path}/{one}", doing)
        if plan.add:
            body = {"title": key.title, "key": key.public_key.strip(), "can_push": not key.read_only}
            self.api.ask("POST", path, doing, body)
        return plan.outcome

    def remove_deploy_key(self, repository: Repository, title: str) -> bool:
        """See the port."""
        doing = f"remove the deploy key {title!r} from {repository.full_name}"
        path = f"/projects/{repository.id}/deploy_keys"
        found = [key for key in self._keys(path, doing) if key.title == title]
        for key in found:
            self.api.gone(f"{path}/{key.id}", doing)
        return bool(found)

    def ensure_webhook(self, repository: Repository, webhook: Webhook) -> Outcome:
        """See the port. Tags are an event of their own in GitLab."""
        self.api.masker.learn(webhook.secret)
        doing = f"add the webhook to {repository.full_name}"
        path = f"/projects/{repository.id}/hooks"
        there = [hook for hook in self._hooks(path, doing) if hook.url == webhook.url]
        body: Mapping[str, Any] = {
            "url": webhook.url,
            "token": webhook.secret,
            "push_events": True,
            "tag_push_events": True,
            "push_events_branch_filter": "",
            "enable_ssl_verification": True,
        }
        if not there:
            self.api.ask("POST", path, doing, body)
            return Outcome.CREATED
        self.api.ask("PUT", f"{path}/{there[0].id}", doing, body)
        return Outcome.UNCHANGED if there[0].settled else Outcome.UPDATED

    def remove_webhook(self, repository: Repository, url: str) -> bool:
        """See the port."""
        doing = f"remove the webhook from {repository.full_name}"
        path = f"/projects/{repository.id}/hooks"
        found = [hook for hook in self._hooks(path, doing) if hook.url == url]
        for hook in found:
            self.api.gone(f"{path}/{hook.id}", doing)
        return bool(found)

    def _find(self, owner: str, name: str) -> Project | None:
        groups = [checked(part, "--owner") for part in owner.split("/")]
        path = "/projects/" + "%2F".join([*groups, checked(name, "--repository")])
        return self.api.find(path, f"look for the project {owner}/{name}", Project)

    def _made(self, wanted: WantedRepository) -> Project:
        doing = f"create the project {wanted.owner}/{wanted.name}"
        body: dict[str, Any] = {
            "name": wanted.name,
            "path": wanted.name,
            "description": wanted.description,
            "visibility": str(wanted.visibility),
            "initialize_with_readme": False,
        }
        if not wanted.personal:
            body["namespace_id"] = self._group(wanted.owner, doing, "--owner").id
        return self.api.read(self.api.ask("POST", "/projects", doing, body), doing, Project)

    def _group(self, name: str, doing: str, flag: str) -> Namespace:
        path = f"/groups/{quote(name, safe='')}?with_projects=false"
        found = self.api.find(path, doing, Namespace)
        if found is not None:
            return found
        own = ", or use --personal for a repository of your own" if flag == "--owner" else ""
        raise OwnerMissing(
            f"{self.site.host}: cannot {doing}: there is no group {name} that the token may see:"
            f" check {flag}{own}",
            status=404,
        )

    def _check_usable(self, found: Project) -> None:
        name = found.path_with_namespace
        if found.archived:
            raise Refused(f"{self.site.host}: the project {name} is archived: nothing can be pushed to it")
        level = _level(found)
        if level is not None and level < _DEVELOPER:
            where = f"{self.site.host}: the token may read {name}"
            raise NotAllowed(f"{where} but not push to it: {self.site.rights}")

    def _repository(self, found: Project) -> Repository:
        full_name, level = found.path_with_namespace, _level(found)
        return Repository(
            owner=full_name.rpartition("/")[0],
            name=found.path,
            id=str(found.id),
            https_url=self.site.https_url(full_name),
            ssh_url=self.site.ssh_url(full_name, found.ssh_url_to_repo),
            visibility=Visibility(found.visibility),
            default_branch=found.default_branch or "",
            administered=level is None or level >= _MAINTAINER,
        )

    def _keys(self, path: str, doing: str) -> tuple[Key, ...]:
        found = self.api.pages(path, doing, ProjectKey)
        return tuple(Key(key.id, key.title, key.key, not key.can_push) for key in found)

    def _hooks(self, path: str, doing: str) -> tuple[Hook, ...]:
        found = self.api.pages(path, doing, ProjectHook)
        return tuple(Hook(hook.id, hook.url, _settled(hook)) for hook in found)


def _level(found: Project) -> int | None:
    """The role of the token's owner; None if GitLab does not say, as for administrators."""
    if found.permissions is None:
        return None
    roles = (found.permissions.project_access, found.permissions.group_access)
    return max((role.access_level for role in roles if role is not None), default=None)


def _settled(hook: ProjectHook) -> bool:
    told = hook.push_events and hook.tag_push_events and not hook.push_events_branch_filter
    return told and hook.enable_ssl_verification
