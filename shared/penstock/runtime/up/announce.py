"""Talks to the functions as the outside world does: GitHub's signed push event, and the manual invoke."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

from penstock.base.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.api.objects import Json

_SECONDS = 10
"""GitHub gives a receiver ten seconds."""


def deliver(url: str, secret: str, payload: Json) -> int:
    """The status code that the webhook at `url` answers to a push; Transient if it cannot be reached."""
    body = json.dumps(payload).encode()
    signature = hmac.new(secret.encode(), body, sha256).hexdigest()
    headers = {
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": str(uuid4()),
        "X-Hub-Signature-256": f"sha256={signature}",
    }
    return _post(url, body, headers)


def invoke(url: str, token: str, kind: str, namespace: str, name: str) -> None:
    """Ask the functions at `url` to look at one object; Transient unless they take it."""
    body = json.dumps({"kind": kind, "namespace": namespace, "name": name}).encode()
    status = _post(f"{url}/invoke", body, {"Authorization": f"Bearer {token}"})
    if status != HTTPStatus.ACCEPTED:
        raise Transient(f"the functions at {url} answered {status} to an invoke")


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    import requests  # noqa: PLC0415 - a cold start of the functions must not pay for it

    sent = {"Content-Type": "application/json", **headers}
    try:
        with requests.Session() as session:
            session.trust_env = False  # the functions are on this machine: no proxy, no .netrc
            return session.post(
                url, data=body, headers=sent, timeout=_SECONDS, allow_redirects=False
            ).status_code
    except requests.RequestException as error:
        raise Transient(f"{url} cannot be reached: {type(error).__name__}") from None
