"""GitHub and GitHub Enterprise, by their REST API (https://docs.github.com/rest, version 2022-11-28)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from penstock.forge.described import HubTeam
from penstock.forge.errors import NotFound
from penstock.forge.hub import Hub
from penstock.forge.port import Outcome, Visibility

if TYPE_CHECKING:
    from penstock.forge.port import Repository, Team, WantedRepository, Webhook


def headers(token: str) -> dict[str, str]:
    """What each request carries."""
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }


class GitHub(Hub):
    """Implements penstock.forge.port.Forge. The first branch that is pushed becomes the default one."""

    def ensure_team(self, repository: Repository, team: Team) -> Outcome:
        """See the port."""
        owner, name = quote(repository.owner, safe=""), quote(repository.name, safe="")
        doing = f"give the team {team.name} access to {repository.full_name}"
        teams = self.api.pages(f"/repos/{owner}/{name}/teams", doing, HubTeam)
        before = {found.slug: found.permission for found in teams}.get(team.name.lower())
        if before == team.access:
            return Outcome.UNCHANGED
        path = f"/orgs/{owner}/teams/{quote(team.name.lower(), safe='')}/repos/{owner}/{name}"
        try:
            self.api.ask("PUT", path, doing, {"permission": team.access})
        except NotFound:
            raise self.no_team(team, doing, 404) from None
        return Outcome.CREATED if before is None else Outcome.UPDATED

    def _visible(self, wanted: WantedRepository) -> dict[str, Any]:
        if wanted.personal:
            return {"private": wanted.visibility is not Visibility.PUBLIC}
        return {"visibility": str(wanted.visibility)}

    def _new(self, wanted: WantedRepository) -> dict[str, Any]:
        del wanted
        return {}

    def _hook_body(self, webhook: Webhook) -> dict[str, Any]:
        config = {
            "url": webhook.url,
            "content_type": "json",
            "secret": webhook.secret,
            "insecure_ssl": "0",
        }
        return {"name": "web", "active": True, "events": ["push"], "config": config}
