"""The API server as a test sees it: JSON in, JSON out, over one connection, as administrator."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from penstock.tools.controlplane.layout import ADMIN, Layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.tools.controlplane.plane import ControlPlane

Json = dict[str, Any]

_IDLE_S = 20
"""Well before the API server closes a connection that nothing comes over."""


class Kube:
    """Paths are those of the API, such as `/api/v1/namespaces`."""

    def __init__(self, plane: ControlPlane, token: str = "") -> None:
        layout = Layout(plane.kubeconfig.parent)
        context = ssl.create_default_context(cafile=str(layout.certificate("ca")))
        if not token:
            context.load_cert_chain(layout.certificate(ADMIN), layout.key(ADMIN))
        address = urlsplit(plane.server)
        self._used = time.monotonic()
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._connection = http.client.HTTPSConnection(
            str(address.hostname), address.port, timeout=60, context=context
        )

    def request(
        self, method: str, path: str, body: Json | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Json]:
        """Status code and answer, whatever they are."""
        content = None if body is None else json.dumps(body)
        sent = {"Content-Type": "application/json", **self._headers, **(headers or {})}
        if time.monotonic() - self._used > _IDLE_S:
            self._connection.close()  # the next request opens it again
        self._used = time.monotonic()
        self._connection.request(method, path, content, sent)
        answer = self._connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text.startswith(b"{") else {"text": text.decode()}

    def get(self, path: str) -> Json | None:
        """The object; None if there is none."""
        status, answer = self.request("GET", path)
        assert status in {200, 404}, answer
        return answer if status == 200 else None

    def post(self, path: str, body: Json) -> Json:
        """The object that was made."""
        status, answer = self.request("POST", path, body)
        assert status in {200, 201}, answer
        return answer

    def merge(self, path: str, patch: Json) -> Json:
        """The object as it is after a merge patch (RFC 7386)."""
        headers = {"Content-Type": "application/merge-patch+json"}
        status, answer = self.request("PATCH", path, patch, headers)
        assert status == 200, answer
        return answer

    def delete(self, path: str) -> None:
        """Gone, being deleted, or never there."""
        status, answer = self.request("DELETE", path)
        assert status in {200, 202, 404, 409}, answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
