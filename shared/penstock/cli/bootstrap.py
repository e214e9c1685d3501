"""`penstock bootstrap`: the group of flux's commands of that name."""

from __future__ import annotations

from penstock.cli.lazy import Entry, LazyGroup, module

_HOSTED = "penstock.cli.bootstrap_hosted"

command = LazyGroup(
    "bootstrap",
    help="""Deploy penstock on a cluster the GitOps way.

    Pushes the manifests to a Git repository, and has the cluster follow it. Run it again to finish what was
    cut off, or to bring it up to date: what is as it should be is left as it is.
    """,
    short_help="Put a cluster under a Git repository",
    entries={
        "github": Entry(module(_HOSTED, "github"), "On a cluster connected to a GitHub repository"),
        "gitlab": Entry(module(_HOSTED, "gitlab"), "On a cluster connected to a GitLab repository"),
        "gitea": Entry(module(_HOSTED, "gitea"), "On a cluster connected to a Gitea repository"),
        "git": Entry(module("penstock.cli.bootstrap_git"), "On a cluster connected to a Git repository"),
        "bitbucket-server": Entry(module("penstock.cli.bootstrap_git", "bitbucket_server"), hidden=True),
    },
)
