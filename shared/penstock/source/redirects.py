"""Which redirects of a Git server are followed (threats A-75). Pure.

Hosts redirect renamed repositories, and GitLab every URL without `.git`; Flux follows that for the first
request. Here the new address must be on the same server, or the same one over TLS: credentials never go
anywhere else, and neither does the fetch.
"""

from __future__ import annotations

from urllib.parse import urljoin

from penstock.base.errors import Terminal, Transient
from penstock.base.text import printable
from penstock.source.url import InvalidURL, RepositoryURL, parse_url

DISCOVERY = "/info/refs"
QUERY = "?service=git-upload-pack"
MOST = 5


class RedirectRefused(Transient):
    """The server points to where we do not follow."""

    reason = "GitOperationFailed"


def discovery_url(address: str) -> str:
    """What a Git client asks a repository's address first."""
    return f"{address.rstrip('/')}{DISCOVERY}{QUERY}"


def redirected(url: RepositoryURL, location: str) -> RepositoryURL:
    """A repository's address after one redirect of its first request; RedirectRefused if it is elsewhere."""
    target = urljoin(discovery_url(url.address), location).partition("?")[0]
    shown = printable(target.removesuffix(DISCOVERY), 200)
    if not location or not target.endswith(DISCOVERY):
        raise RedirectRefused("the server redirects to something that is no Git repository: check spec.url")
    try:
        found = parse_url(target.removesuffix(DISCOVERY))
    except (InvalidURL, Terminal):
        raise RedirectRefused("the server redirects to an address that cannot be used") from None
    upgraded = (url.scheme, found.scheme) == ("http", "https") and found.host == url.host
    if not upgraded and (found.scheme, *found.origin) != (url.scheme, *url.origin):
        raise RedirectRefused(
            f"the server redirects to another one: if {shown} is right, put it into spec.url"
        )
    return found
