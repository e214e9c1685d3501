"""What the forges' APIs answer, as far as it is used, as their descriptions say it. Pure.

Sources: GitHub's OpenAPI description of its REST API (version 2022-11-28), GitLab's documentation of its REST
API v4, Gitea's swagger of v1. Fields that are not named here are passed over.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

Name: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9._-]{1,255}\Z")]
"""Of a person, an organisation or a repository: they become addresses, and are shown."""
Path: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+$", max_length=1024)
]
"""Of a project with its groups."""
Commit: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{0,64}\Z")]


class User(msgspec.Struct):
    """GitHub, Gitea: the owner of something, or whose token it is."""

    login: Name


class Permissions(msgspec.Struct):
    """GitHub, Gitea: what the token may do in a repository."""

    admin: bool = False
    push: bool = False


class HubRepository(msgspec.Struct):
    """GitHub, Gitea: a repository. GitHub says `visibility`, Gitea `internal`."""

    name: Name
    owner: User
    ssh_url: str = ""
    default_branch: str | None = None
    description: str | None = None
    private: bool = False
    internal: bool = False
    visibility: str = ""
    archived: bool = False
    permissions: Permissions | None = None


class HubKey(msgspec.Struct):
    """GitHub, Gitea: a deploy key."""

    id: int
    title: str
    key: str
    read_only: bool = False


class HubHookConfig(msgspec.Struct):
    """GitHub, Gitea: where a webhook goes, and how. GitHub alone says `insecure_ssl`, as text or number."""

    url: str = ""
    content_type: str = ""
    insecure_ssl: str | int = "0"


class HubHook(msgspec.Struct):
    """GitHub, Gitea: a webhook."""

    id: int
    active: bool = False
    events: list[str] = []
    config: HubHookConfig = msgspec.field(default_factory=HubHookConfig)
    type: str = ""


class HubCommit(msgspec.Struct):
    """The head of a branch: GitHub calls it `sha`, Gitea `id`."""

    sha: Commit = ""
    id: Commit = ""


class HubBranch(msgspec.Struct):
    """GitHub, Gitea: a branch; Gitea alone says whether the token may push to it."""

    commit: HubCommit
    protected: bool = False
    user_can_push: bool | None = None


class HubTeam(msgspec.Struct):
    """GitHub: a team with access to a repository (`slug` is its name in addresses); Gitea: the same."""

    name: str
    slug: str = ""
    permission: str = ""


class Project(msgspec.Struct):
    """GitLab: a project."""

    id: int
    path: Name
    path_with_namespace: Path
    visibility: Literal["private", "internal", "public"]
    ssh_url_to_repo: str = ""
    default_branch: str | None = None
    description: str | None = None
    archived: bool = False
    permissions: ProjectPermissions | None = None
    shared_with_groups: list[SharedGroup] = []


class ProjectAccess(msgspec.Struct):
    """GitLab: a role, as a number: 30 Developer, 40 Maintainer, 50 Owner."""

    access_level: int = 0


class ProjectPermissions(msgspec.Struct):
    """GitLab: the roles of the token's owner, in the project and in its group."""

    project_access: ProjectAccess | None = None
    group_access: ProjectAccess | None = None


class SharedGroup(msgspec.Struct):
    """GitLab: a group that a project is shared with."""

    group_id: int
    group_access_level: int


class ProjectUser(msgspec.Struct):
    """GitLab: whose token it is."""

    username: Name


class Namespace(msgspec.Struct):
    """GitLab: a group."""

    id: int
    full_path: str


class ProjectKey(msgspec.Struct):
    """GitLab: a deploy key of a project."""

    id: int
    title: str
    key: str
    can_push: bool = False


class ProjectHook(msgspec.Struct):
    """GitLab: a webhook of a project."""

    id: int
    url: str
    push_events: bool = False
    tag_push_events: bool = False
    enable_ssl_verification: bool = False
    push_events_branch_filter: str | None = None


class ProjectCommit(msgspec.Struct):
    """GitLab: the head of a branch."""

    id: Commit


class ProjectBranch(msgspec.Struct):
    """GitLab: a branch."""

    commit: ProjectCommit
    protected: bool = False
    can_push: bool | None = None
