"""Gitea and Forgejo, by their REST API v1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from penstock.forge.described import HubTeam
from penstock.forge.errors import Refused
from penstock.forge.hub import Hub
from penstock.forge.port import Outcome, Visibility

if TYPE_CHECKING:
    from penstock.forge.port import Repository, Team, WantedRepository, Webhook


def headers(token: str) -> dict[str, str]:
    """What each request carries."""
    return {"Authorization": f"token {token}"}


class Gitea(Hub):
    """Implements penstock.forge.port.Forge. Its webhooks carry GitHub's headers too."""

    edits_secrets = False

    def ensure_team(self, repository: Repository, team: Team) -> Outcome:
        """See the port. What a team may do is the team's own matter in Gitea: `access` plays no part."""
        owner, name = quote(repository.owner, safe=""), quote(repository.name, safe="")
        doing = f"give the team {team.name} access to {repository.full_name}"
        teams = self.api.pages(f"/repos/{owner}/{name}/teams", doing, HubTeam)
        if team.name.lower() in {found.name.lower() for found in teams}:
            return Outcome.UNCHANGED
        try:
            self.api.ask("PUT", f"/repos/{owner}/{name}/teams/{quote(team.name, safe='')}", doing)
        except Refused as error:
            if error.status not in {404, 422}:
                raise
            raise self.no_team(team, doing, error.status) from None
        return Outcome.CREATED

    def _visible(self, wanted: WantedRepository) -> dict[str, Any]:
        if wanted.visibility is Visibility.INTERNAL:
            raise Refused(f"{self.site.host}: a repository is private or public in Gitea, not internal")
        return {"private": wanted.visibility is Visibility.PRIVATE}

    def _new(self, wanted: WantedRepository) -> dict[str, Any]:
        return {"default_branch": wanted.default_branch}

    def _hook_body(self, webhook: Webhook) -> dict[str, Any]:
        config = {"url": webhook.url, "content_type": "json", "secret": webhook.secret}
        return {"type": "gitea", "active": True, "events": ["push"], "branch_filter": "*", "config": config}
