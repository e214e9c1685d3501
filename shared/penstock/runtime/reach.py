"""Asks the functions from outside, as a forge does: whether they answer, and whether they know a secret."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import uuid4

from penstock.base.errors import Transient
from penstock.cluster.proxy import proxy_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import Response

_SECONDS = 10
"""GitHub gives a receiver ten seconds."""
_ANSWER_BYTES = 4096
_HEALTHY = b'"status":"ok"'


def unwell(url: str, environ: Mapping[str, str]) -> str:
    """Why the functions at `url` do not answer that they are well; empty if they do."""
    try:
        with _asked("GET", f"{url.rstrip('/')}/healthz", environ) as answer:
            said = answer.raw.read(_ANSWER_BYTES)
    except Transient as error:
        return error.message
    if answer.status_code == 200 and _HEALTHY in said.replace(b" ", b""):
        return ""
    return f"something else does, with status {answer.status_code}"


def ping(url: str, secret: str, environ: Mapping[str, str]) -> int:
    """The status that the webhook answers to GitHub's ping, signed if a secret is given."""
    body = b'{"zen":"penstock check"}'
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "ping",
        "X-GitHub-Delivery": str(uuid4()),
    }
    if secret:
        headers["X-Hub-Signature-256"] = f"sha256={hmac.new(secret.encode(), body, sha256).hexdigest()}"
    with _asked("POST", f"{url.rstrip('/')}/github", environ, body, headers) as answer:
        return answer.status_code


def _asked(
    method: str,
    url: str,
    environ: Mapping[str, str],
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer, its body unread; no redirect is followed, and no credentials are taken from anywhere."""
    import requests  # noqa: PLC0415 - a cold start of the functions must not pay for it

    proxy = proxy_for(url, environ)
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.request(
                method,
                url,
                data=body,
                headers=dict(headers or {}),
                timeout=_SECONDS,
                allow_redirects=False,
                stream=True,
                proxies={"http": proxy, "https": proxy} if proxy else None,
            )
        except requests.RequestException as error:
            raise Transient(f"{url} cannot be reached: {type(error).__name__}") from None
