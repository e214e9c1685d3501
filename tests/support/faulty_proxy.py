"""A proxy between penstock and a real API server that has bad days on demand.

It speaks HTTP or, with a certificate of an authority of its own, HTTPS to us, and goes on as the control
plane's administrator. What is asked passes through, watches included, until a test names a fault.
"""

from __future__ import annotations

import http.client
import json
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml
from penstock.base.masking import Masker
from penstock.cluster.connect import open_cluster
from penstock.tools.controlplane.certs import Authority, Subject
from penstock.tools.controlplane.layout import ADMIN, Layout

from tests.support.http_proxy import HttpProxy, Seen, drop, reset, reset_after, slow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from penstock.cluster.client import ApiCluster
    from penstock.tools.controlplane.plane import ControlPlane

    from tests.support.http_proxy import Fault, Handler

__all__ = ["FaultyProxy", "Seen", "drop", "reset", "reset_after", "rewritten", "slow", "status"]


def status(code: int, reason: str = "", *, retry_after: int | None = None, message: str = "") -> Fault:
    """A Status of the API, such as 503 or 429, in place of an answer; nothing reaches the API server."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason}
    data = json.dumps({**body, "message": message or f"injected {code}"}).encode()
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}

    def fault(handler: Handler, seen: Seen) -> None:
        del seen
        handler.answer(code, {"Content-Type": "application/json", **headers}, data)

    return fault


def rewritten(change: Callable[[Any], Any]) -> Fault:
    """The JSON answer of the API server, changed."""

    def fault(handler: Handler, seen: Seen) -> None:
        code, headers, body = handler.forward(seen)
        handler.answer(code, headers, json.dumps(change(json.loads(body))).encode())

    return fault


class FaultyProxy(HttpProxy):
    """A proxy before an API server.

    `kubeconfig` is a file whose one context leads through the proxy, with the bearer token in `token_file`
    (which the proxy takes for granted: say `fail(status(401), when=...)` to refuse it).
    """

    def __init__(self, plane: ControlPlane, folder: Path, *, tls: bool = False) -> None:
        super().__init__()
        layout = Layout(plane.kubeconfig.parent)
        self._address = urlsplit(plane.server)
        self._upstream = ssl.create_default_context(cafile=str(layout.certificate("ca")))
        self._upstream.load_cert_chain(layout.certificate(ADMIN), layout.key(ADMIN))
        self._folder = folder
        self._authority = b""
        if tls:
            self._serve_tls()
        self.token_file = folder / "proxy-token"
        self.token_file.write_text("first")
        self.kubeconfig = folder / "proxy-kubeconfig"
        self.kubeconfig.write_text(self._kubeconfig())

    def cluster(self) -> ApiCluster:
        """A new client that goes through the proxy."""
        return open_cluster(self.kubeconfig, "", {}, Masker())

    def connect(self) -> http.client.HTTPSConnection:
        """A connection to the API server as its administrator."""
        return http.client.HTTPSConnection(
            str(self._address.hostname), self._address.port, timeout=120, context=self._upstream
        )

    def _serve_tls(self) -> None:
        authority = Authority("faulty-proxy", datetime.now(UTC))
        pair = authority.issue(Subject("faulty-proxy"), ["127.0.0.1"])
        pem = self._folder / "proxy.pem"
        pem.write_bytes(pair.certificate + pair.key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._authority = authority.certificate
        self.url = self.url.replace("http:", "https:")

    def _kubeconfig(self) -> str:
        cluster: dict[str, Any] = {"server": self.url}
        if self._authority:
            ca = self._folder / "proxy-ca.pem"
            ca.write_bytes(self._authority)
            cluster["certificate-authority"] = str(ca)
        document = {
            "current-context": "proxy",
            "clusters": [{"name": "proxy", "cluster": cluster}],
            "users": [{"name": "proxy", "user": {"tokenFile": str(self.token_file)}}],
            "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "proxy"}}],
        }
        return yaml.safe_dump(document)
