"""What GitHub answers. Written from its OpenAPI description (REST API, version 2022-11-28), not recorded.

Of each object there is what the description requires of those fields that are used, and some that are not.
"""

from __future__ import annotations

from typing import Any

from tests.support.exchanges import Asked, Exchanges, Reply

PREFIX = "/api/v3"
"""Of GitHub Enterprise; github.com has a host of its own for its API."""
DOCS = {"documentation_url": "https://docs.github.com/rest"}
NOT_FOUND = Reply(404, {"message": "Not Found", **DOCS, "status": "404"})
BAD_TOKEN = Reply(401, {"message": "Bad credentials", **DOCS, "status": "401"})
FORBIDDEN = Reply(403, {"message": "Resource not accessible by personal access token", **DOCS})


def user(login: str = "ada", scopes: str = "repo, read:org") -> Reply:
    """GET /user."""
    body = {"login": login, "id": 1, "type": "User", "site_admin": False, "name": None}
    return Reply(200, body, {"X-OAuth-Scopes": scopes})


def repository(owner: str = "acme", name: str = "fleet", **changed: Any) -> dict[str, Any]:
    """A full-repository."""
    return {
        "id": 1296269,
        "name": name,
        "full_name": f"{owner}/{name}",
        "owner": {"login": owner, "id": 1, "type": "Organization"},
        "private": True,
        "visibility": "private",
        "description": None,
        "html_url": f"https://github.com/{owner}/{name}",
        "clone_url": f"https://github.com/{owner}/{name}.git",
        "ssh_url": f"git@github.com:{owner}/{name}.git",
        "default_branch": "main",
        "archived": False,
        "disabled": False,
        "size": 0,
        "permissions": {"admin": True, "maintain": True, "push": True, "triage": True, "pull": True},
        **changed,
    }


def key(title: str, line: str, number: int = 1, *, read_only: bool = True) -> dict[str, Any]:
    """A deploy-key: GitHub leaves the comment out."""
    return {
        "id": number,
        "key": " ".join(line.split()[:2]),
        "url": f"https://api.github.com/repos/acme/fleet/keys/{number}",
        "title": title,
        "verified": True,
        "created_at": "2026-11-01T00:00:00Z",
        "read_only": read_only,
    }


def hook(url: str, number: int = 12, **changed: Any) -> dict[str, Any]:
    """A hook: the secret is never shown."""
    config = {"url": url, "content_type": "json", "insecure_ssl": "0", "secret": "********"}
    return {
        "type": "Repository",
        "id": number,
        "name": "web",
        "active": True,
        "events": ["push"],
        "config": {**config, **changed.pop("config", {})},
        "updated_at": "2026-11-01T00:00:00Z",
        "last_response": {"code": None, "status": "unused", "message": None},
        **changed,
    }


def empty(exchanges: Exchanges, owner: str = "acme", name: str = "fleet", **changed: Any) -> None:
    """An organisation without that repository: it can be made, and takes keys and webhooks then."""
    path = f"/repos/{owner}/{name}"
    exchanges.write("GET", "/user", user())
    exchanges.write("GET", path, NOT_FOUND, Reply(200, repository(owner, name, **changed)))
    exchanges.write("POST", f"/orgs/{owner}/repos", Reply(201, repository(owner, name, **changed)))
    exchanges.write("GET", f"{path}/keys", Reply(200, []))
    exchanges.write("POST", f"{path}/keys", _added)
    exchanges.write("GET", f"{path}/hooks", Reply(200, []))
    exchanges.write("POST", f"{path}/hooks", lambda asked: Reply(201, hook(asked.body["config"]["url"])))


def _added(asked: Asked) -> Reply:
    return Reply(201, key(asked.body["title"], asked.body["key"], read_only=asked.body["read_only"]))
