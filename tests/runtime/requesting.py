"""Requests as the server would hand them over, and the world that handlers run in."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from flask import Request
from penstock.api.work import Function
from penstock.base.limits import Limits
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.base.metrics import UNMEASURED
from penstock.runtime.gate import Gate
from penstock.runtime.intake import Intake
from penstock.runtime.routes import Route, Routes
from werkzeug.test import EnvironBuilder

from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.base.metrics import Metrics
    from penstock.runtime.routes import Handler

    from tests.fakes.queue import FakeDeadLetters

SECRET = "hook-secret-canary"
TOKEN = "invoke-token-canary"
LIMITS = Limits(webhook_body_bytes=2000, invoke_body_bytes=1000)
PUSH = {
    "ref": "refs/heads/main",
    "after": "a" * 40,
    "repository": {"clone_url": "https://github.com/fluxcd/flux2.git"},
}


def request(
    path: str = "/", body: bytes = b"", *, method: str = "POST", headers: Mapping[str, str] | None = None
) -> Request:
    """A request with a Content-Length."""
    path, _, query = path.partition("?")
    builder = EnvironBuilder(
        path=path, query_string=query, method=method, data=body, headers=list((headers or {}).items())
    )
    return Request(builder.get_environ())


def streamed(path: str, stream: io.RawIOBase | io.BytesIO, headers: Mapping[str, str]) -> Request:
    """A chunked request: no Content-Length, the body ends when the stream does."""
    environ = EnvironBuilder(path=path, method="POST", headers=list(headers.items())).get_environ()
    environ.pop("CONTENT_LENGTH", None)
    environ |= {"wsgi.input": stream, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    return Request(environ)


def signed(body: bytes, event: str = "push", secret: str = SECRET) -> dict[str, str]:
    """The headers of a genuine delivery."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-Hub-Signature-256": f"sha256={digest}",
    }


def bearer(token: str = TOKEN) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def intake(
    function: Function = Function.TICK,
    gate: Gate | None = None,
    dead: FakeDeadLetters | None = None,
    stream: io.StringIO | None = None,
    metrics: Metrics = UNMEASURED,
) -> Intake:
    """What takes work items, by the token unless there is another gate."""
    masker = Masker(SECRET, TOKEN)
    log = Log(masker, stream=stream or io.StringIO())
    place = None if dead is None else lambda: dead
    return Intake(function, gate or Gate((TOKEN,)), LIMITS, FakeClock(), log, masker, place, metrics)


def pushed(data: bytes, attempt: int | None = None, **changes: Any) -> bytes:
    """The body of a push by Pub/Sub."""
    at = "2030-01-01T11:59:30.123456789Z"
    message = {
        "data": b64encode(data).decode(),
        "messageId": "8103",
        "message_id": "8103",
        "publishTime": at,
        "publish_time": at,
        "orderingKey": "apply/Kustomization/apps/podinfo",
        "attributes": {"origin": "test"},
    }
    envelope: dict[str, object] = {"message": message, "subscription": "projects/p/subscriptions/s"}
    if attempt is not None:
        envelope["deliveryAttempt"] = attempt
    return json.dumps(envelope | changes).encode()


class Site:
    """One handler behind routes, with its log."""

    def __init__(
        self, path: str, handle: Handler, clock: FakeClock | None = None, *, method: str = "POST"
    ) -> None:
        self.stream = io.StringIO()
        masker = Masker(SECRET, TOKEN)
        self.routes = Routes(
            {path: Route(method, handle)},
            clock or FakeClock(),
            Log(masker, stream=self.stream),
            masker,
        )

    def ask(self, asked: Request) -> tuple[int, Any, dict[str, str]]:
        """Status, body, headers."""
        body, status, headers = self.routes(asked)
        return status, json.loads(body), headers

    @property
    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]


class Endless(io.RawIOBase):
    """A body without end; `given` counts what was read of it."""

    given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.given += len(buffer)
        return len(buffer)
