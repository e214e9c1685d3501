"""GitHub's webhook: is it signed with our secret, and which repository and ref does it name? Pure.

Source: https://docs.github.com/webhooks (securing your webhooks; the push and ping events). Gitea and Forgejo
send the same headers and fields beside their own. Threats A-02, A-04 to A-07.
"""

from __future__ import annotations

import hmac
import re
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

_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)
_URL_FIELDS = ("clone_url", "ssh_url", "git_url", "html_url", "svn_url", "url")


def receive(secrets: Sequence[str], headers: Headers, body: bytes, *, depth: int) -> Hint | Ignored:
    """What a delivery means; Refused if it is not signed, not JSON, or not what GitHub sends.

    `body` is the raw body, `depth` the deepest nesting of JSON that is read.
    """
    pairs = tuple(headers)
    if not verify(secrets, body, pairs):
        raise Refused(401, "X-Hub-Signature-256 does not fit: the webhook's secret must be the one set here")
    check_content_type(header(pairs, "content-type"))
    event = header(pairs, "x-github-event")
    if event == "ping":
        return Ignored("ping")
    if not event:
        raise Refused(400, "X-GitHub-Event is missing: webhooks of GitHub, Gitea and GitLab are taken here")
    if event != "push":
        return Ignored(f"event {printable(event, 64)} is not used; push is")
    payload = json_object(body, depth, "payload")
    return push(payload, "repository", _URL_FIELDS, header(pairs, "x-github-delivery"))


def verify(secrets: Sequence[str], body: bytes, headers: Headers) -> bool:
    """Whether exactly one X-Hub-Signature-256 is there and fits the body and one of the secrets."""
    given = [value for name, value in headers if name.lower() == "x-hub-signature-256"]
    signature = _SIGNATURE.fullmatch(given[0]) if len(given) == 1 else None
    if signature is None:
        return False
    claimed = signature[1].encode()
    fits = [
        hmac.compare_digest(hmac.digest(secret.encode(), body, "sha256").hex().encode(), claimed)
        for secret in secrets
        if secret.strip()
    ]
    return any(fits)
