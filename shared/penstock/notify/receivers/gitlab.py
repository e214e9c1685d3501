"""GitLab's webhook: does it carry our secret, and which project and ref does it name? Pure.

Source: https://docs.gitlab.com/user/project/integrations/webhooks/ (secret token; push and tag events). It
does not sign: the secret itself is in X-Gitlab-Token, so the address has to be one of https. Threats A-02,
A-04 to A-07.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from penstock.base.text import printable
from penstock.notify.receivers.delivery import (
    Ignored,
    Refused,
    check_content_type,
    header,
    json_object,
    push,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.work import Hint
    from penstock.notify.receivers.delivery import Headers

_PUSHES = frozenset({"Push Hook", "Tag Push Hook"})
_URL_FIELDS = ("git_http_url", "git_ssh_url", "web_url", "http_url", "ssh_url", "url")


def receive(secrets: Sequence[str], headers: Headers, body: bytes, *, depth: int) -> Hint | Ignored:
    """What a delivery means; Refused if it has not our secret, is not JSON, or not what GitLab sends.

    `body` is the raw body, `depth` the deepest nesting of JSON that is read.
    """
    pairs = tuple(headers)
    if not verify(secrets, pairs):
        raise Refused(401, "X-Gitlab-Token does not fit: the webhook's secret token must be the one set here")
    check_content_type(header(pairs, "content-type"))
    event = header(pairs, "x-gitlab-event")
    if not event:
        raise Refused(400, "X-Gitlab-Event is missing: webhooks of GitHub, Gitea and GitLab are taken here")
    if event not in _PUSHES:
        return Ignored(f"event {printable(event, 64)} is not used; pushes and tags are")
    payload = json_object(body, depth, "payload")
    return push(payload, "project", _URL_FIELDS, header(pairs, "x-gitlab-event-uuid"))


def verify(secrets: Sequence[str], headers: Headers) -> bool:
    """Whether exactly one X-Gitlab-Token is there and is one of the secrets, compared in constant time."""
    given = [value for name, value in headers if name.lower() == "x-gitlab-token"]
    if len(given) != 1:
        return False
    # What a server read as Latin-1 may have been sent as UTF-8; only the bytes count.
    sent = given[0].encode("latin-1", "replace")
    fits = [hmac.compare_digest(secret.encode(), sent) for secret in secrets if secret.strip()]
    return any(fits)
