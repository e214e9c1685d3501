"""`penstock serve` as a process, and what reaches it: a signed push, a scheduler's tick, an invoke."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bench.beside.process import Process
from tests.runtime.processes import ask, environment
from tests.runtime.requesting import SECRET, TOKEN, signed
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

_SERVES = "penstock serves on"
BEARER = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}


def settings(kubeconfig: Path, folder: Path, namespace: str) -> dict[str, str]:
    """The environment of penstock's functions: bucket and queue below the folder, one namespace or all."""
    return environment(
        kubeconfig=kubeconfig,
        bucket=folder / "bucket",
        queue=folder / "queue",
        namespaces=namespace,
        webhook_secret=SECRET,
        invoke_token=TOKEN,
    )


class Penstock:
    """All functions in one process, until the end. The tick is left to `tick`."""

    def __init__(
        self, kubeconfig: Path, folder: Path, namespace: str, *, more: Mapping[str, str] | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        argv = (
            str(Path(sys.executable).parent / "penstock"),
            *("serve", "--port", "0", "--log-format", "json", "--tick-seconds", "0"),
        )
        env = {**settings(kubeconfig, folder, namespace), **(more or {})}
        self.serve = Process(argv, env, folder / "penstock.log")
        eventually(self._serves, "penstock serves")
        self.url = str(self.logged(_SERVES)[0]["webhook"]).removesuffix("/github")

    @property
    def processes(self) -> tuple[Process, ...]:
        """The one process; what it starts are its children."""
        return (self.serve,)

    def push(self, delivery: bytes) -> int:
        """Sends GitHub's delivery of a push, signed; the status code of the answer."""
        return ask(self.url, "/github", delivery, signed(delivery))[0]

    def tick(self) -> int:
        """What the scheduler sends; answered once all that is due is queued."""
        return ask(self.url, "/tick", b"", BEARER)[0]

    def invoke(self, kind: str, namespace: str, name: str, wait: str = "") -> tuple[int, Any]:
        """A manual invoke; the answer comes after the work if it waits (`60s`)."""
        body = json.dumps({"kind": kind, "namespace": namespace, "name": name}).encode()
        return ask(self.url, "/invoke" + (f"?wait={wait}" if wait else ""), body, BEARER)[:2]

    def metrics(self) -> str:
        """Prometheus' text."""
        return str(ask(self.url, "/metrics", b"", BEARER, method="GET")[1].decode())

    def logged(self, message: str = "") -> list[dict[str, Any]]:
        """The log lines whose message contains the text."""
        lines = self.serve.log.read_text(errors="replace").splitlines()
        found = (json.loads(line) for line in lines if line.startswith("{") and line.endswith("}"))
        return [line for line in found if message in line["message"]]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.serve.end()

    def _serves(self) -> bool:
        self.serve.must_run()
        return bool(self.logged(_SERVES))


def delivery(url: str, old: str, new: str, branch: str = "main") -> bytes:
    """GitHub's delivery about a push to the repository with this URL; `branch` may be a whole reference."""
    ref = branch if branch.startswith("refs/") else f"refs/heads/{branch}"
    repository = {"id": 1, "full_name": "bench/fleet", "clone_url": url, "html_url": url.removesuffix(".git")}
    return json.dumps({"ref": ref, "before": old, "after": new, "repository": repository}).encode()
