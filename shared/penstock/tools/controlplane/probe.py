"""The few requests that a start needs: is the API server ready, is the Node there."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from penstock.tools.controlplane.config import LOOPBACK
from penstock.tools.controlplane.layout import ADMIN

if TYPE_CHECKING:
    from penstock.tools.controlplane.layout import Layout

_REQUEST_S = 2.0
_NEEDED = ("/readyz", "/api/v1/namespaces/default", "/api/v1/namespaces/kube-system")


class Probe:
    """Asks the API server at one URL as its administrator."""

    def __init__(self, layout: Layout, url: str) -> None:
        self._address = urlsplit(url)
        self._context = ssl.create_default_context(cafile=str(layout.certificate("ca")))
        self._context.load_cert_chain(layout.certificate(ADMIN), layout.key(ADMIN))

    def ready(self) -> bool:
        """Whether the server is ready and has made its first namespaces."""
        return all(self._request("GET", path)[0] == http.HTTPStatus.OK for path in _NEEDED)

    def node_ready(self, name: str) -> bool:
        """Whether Pods can be scheduled onto the Node: ready, and no taint left."""
        status, body = self._request("GET", f"/api/v1/nodes/{name}")
        if status != http.HTTPStatus.OK:
            return False
        node: dict[str, Any] = json.loads(body)
        conditions = node["status"].get("conditions", ())
        ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
        return ready and not node["spec"].get("taints")

    def create_node(self, manifest: bytes) -> bool:
        """Makes the Node; True too if it is there already, as after a restart."""
        status, _ = self._request("POST", "/api/v1/nodes", manifest)
        return status in {http.HTTPStatus.CREATED, http.HTTPStatus.CONFLICT}

    def drop_node_lease(self, name: str) -> None:
        """Lets go of the Node for a kwok that is gone: the next one would wait until that has run out."""
        self._request("DELETE", f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{name}")

    def _request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Status and body; status 0 while nobody answers."""
        host, port = self._address.hostname or LOOPBACK, self._address.port
        connection = http.client.HTTPSConnection(host, port, timeout=_REQUEST_S, context=self._context)
        with contextlib.closing(connection):
            try:
                connection.request(method, path, body, {"Content-Type": "application/json"})
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                return 0, b""


def free_ports(count: int) -> tuple[int, ...]:
    """So many different loopback ports that were free a moment ago."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return tuple(one.getsockname()[1] for one in sockets)
