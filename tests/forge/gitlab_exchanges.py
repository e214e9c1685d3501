"""What GitLab answers. Written from its documentation of the REST API v4, not recorded.

Of each object there is what the documentation shows of those fields that are used, and some that are not.
"""

from __future__ import annotations

from typing import Any

from tests.support.exchanges import Exchanges, Reply

PREFIX = "/api/v4"
NOT_FOUND = Reply(404, {"message": "404 Project Not Found"})
BAD_TOKEN = Reply(401, {"message": "401 Unauthorized"})
FORBIDDEN = Reply(403, {"message": "403 Forbidden"})
FEW_SCOPES = Reply(
    403,
    {
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token.",
        "scope": "api",
    },
)


def user(login: str = "ada") -> Reply:
    """GET /user."""
    return Reply(200, {"id": 1, "username": login, "name": "Ada", "state": "active"})


def group(path: str = "acme", number: int = 9) -> Reply:
    """GET /groups/:id."""
    return Reply(200, {"id": number, "name": path, "path": path, "full_path": path, "visibility": "private"})


def project(path: str = "acme/fleet", **changed: Any) -> dict[str, Any]:
    """A project of which the token's owner is the Maintainer."""
    return {
        "id": 42,
        "name": path.rpartition("/")[2],
        "path": path.rpartition("/")[2],
        "path_with_namespace": path,
        "description": None,
        "visibility": "private",
        "default_branch": None,
        "ssh_url_to_repo": f"git@gitlab.com:{path}.git",
        "http_url_to_repo": f"https://gitlab.com/{path}.git",
        "web_url": f"https://gitlab.com/{path}",
        "empty_repo": True,
        "archived": False,
        "shared_with_groups": [],
        "permissions": {
            "project_access": {"access_level": 40, "notification_level": 3},
            "group_access": None,
        },
        **changed,
    }


def key(title: str, line: str, number: int = 1, *, can_push: bool = False) -> dict[str, Any]:
    """A deploy key of a project."""
    return {
        "id": number,
        "title": title,
        "key": line,
        "created_at": "2026-11-01T00:00:00Z",
        "expires_at": None,
        "can_push": can_push,
    }


def hook(url: str, number: int = 12, **changed: Any) -> dict[str, Any]:
    """A webhook of a project: the token is never shown."""
    return {
        "id": number,
        "url": url,
        "project_id": 42,
        "push_events": True,
        "push_events_branch_filter": "",
        "branch_filter_strategy": "wildcard",
        "tag_push_events": True,
        "merge_requests_events": False,
        "enable_ssl_verification": True,
        "alert_status": "executable",
        **changed,
    }


def empty(exchanges: Exchanges, owner: str = "acme", name: str = "fleet", **changed: Any) -> None:
    """A group without that project: it can be made, and takes keys and webhooks then."""
    path = f"{owner}/{name}"
    made = project(path, **changed)
    exchanges.write("GET", "/user", user())
    exchanges.write("GET", f"/projects/{path.replace('/', '%2F')}", NOT_FOUND, Reply(200, made))
    exchanges.write("GET", f"/groups/{owner.replace('/', '%2F')}", group(owner))
    exchanges.write("POST", "/projects", Reply(201, made))
    exchanges.write("GET", "/projects/42", Reply(200, made))
    exchanges.write("GET", "/projects/42/deploy_keys", Reply(200, []))
    exchanges.write("POST", "/projects/42/deploy_keys", Reply(201, key("flux", "ssh-ed25519 AAAA")))
    exchanges.write("GET", "/projects/42/hooks", Reply(200, []))
    exchanges.write("POST", "/projects/42/hooks", lambda asked: Reply(201, hook(asked.body["url"])))
