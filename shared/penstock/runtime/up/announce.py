"""Announces a push to the webhook as GitHub does: the push event, signed with the shared secret."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import uuid4

from penstock.base.errors import Transient

if TYPE_CHECKING:
    from penstock.api.objects import Json

_SECONDS = 10
"""GitHub gives a receiver ten seconds."""


def deliver(url: str, secret: str, payload: Json) -> int:
    """The status code that the webhook at `url` answers; Transient if it cannot be reached."""
    import requests  # noqa: PLC0415 - a cold start of the functions must not pay for it

    body = json.dumps(payload).encode()
    signature = hmac.new(secret.encode(), body, sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": str(uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    try:
        answer = requests.post(url, data=body, headers=headers, timeout=_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        raise Transient(f"the webhook at {url} cannot be reached: {type(error).__name__}") from None
    return answer.status_code
