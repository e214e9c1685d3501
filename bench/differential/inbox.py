"""Where Flux's events go: what its controllers post to notification-controller is kept by namespace.

Its core/v1 Events would not do: Kubernetes' recorder drops and folds them when there are many.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.differential.story import Json


class Inbox:
    """Listens on loopback while it is entered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, list[Json]] = defaultdict(list)
        keep = self._keep

        class Handler(BaseHTTPRequestHandler):
            """Takes what is posted."""

            def do_POST(self) -> None:
                """Keep one event."""
                keep(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
                """Say nothing on stderr."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)

    @property
    def url(self) -> str:
        """What `--events-addr` is given."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def of(self, namespace: str) -> Sequence[Json]:
        """All events about objects of a namespace so far, the oldest first."""
        with self._lock:
            return tuple(self._kept[namespace])

    def _keep(self, event: Json) -> None:
        with self._lock:
            self._kept[event["involvedObject"]["namespace"]].append(event)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
