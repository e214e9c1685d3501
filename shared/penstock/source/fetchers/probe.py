"""Asks a Git server where a repository has gone, after git was told so and did not follow."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from penstock.source.redirects import MOST, RedirectRefused, discovery_url, redirected
from penstock.tools.gitconfig import system_authorities

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.base.deadline import Deadline
    from penstock.source.credentials import Credentials
    from penstock.source.url import RepositoryURL

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PATIENCE_S = 10.0


def follow(url: RepositoryURL, credentials: Credentials, deadline: Deadline) -> RepositoryURL:
    """The address that answers, on the same server; RedirectRefused if that is somewhere else or nowhere."""
    import requests  # noqa: PLC0415 - slow to import, and redirects are rare
    from requests.utils import get_environ_proxies  # noqa: PLC0415

    with requests.Session() as session, _authorities(credentials) as verify:
        # The environment may name proxies, but no credentials (.netrc) and no other authorities.
        session.trust_env = False
        for _ in range(MOST):
            address = discovery_url(url.address)
            headers = {"Authorization": credentials.authorization} if credentials.authorization else {}
            try:
                answer = session.get(
                    address,
                    headers={**headers, "User-Agent": "git/penstock", "Accept": "*/*"},
                    allow_redirects=False,
                    stream=True,
                    timeout=max(0.1, min(_PATIENCE_S, deadline.remaining())),
                    verify=verify,
                    proxies=get_environ_proxies(address),
                )
            except requests.RequestException:
                raise RedirectRefused("the server could not be asked where the repository has gone") from None
            session.cookies.clear()
            with answer:
                if answer.status_code not in _REDIRECTS:
                    return url
                url = redirected(url, answer.headers.get("Location", ""))
    raise RedirectRefused(f"the server redirects more than {MOST} times")


@contextmanager
def _authorities(credentials: Credentials) -> Iterator[str | bool]:
    """The machine's authorities and those of the Secret as a file; True (the library's own) without any."""
    data = b"\n".join(part for part in (system_authorities(), credentials.authorities) if part)
    if not data:
        yield True
        return
    with tempfile.NamedTemporaryFile(prefix="penstock-ca-") as file:
        file.write(data)
        file.flush()
        yield file.name
