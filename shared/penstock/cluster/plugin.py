"""Credentials that a program gives (`exec`, `auth-provider`), through the kubernetes package."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from penstock.cluster.errors import Unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


_PATIENCE_S = 60.0


class PluginCredentials:
    """Implements Credentials: asks at the first request and again after a 401."""

    def __init__(self, path: Path, context: str, *, patience_s: float = _PATIENCE_S) -> None:
        self._path = path
        self._context = context
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._header = ""

    def header(self) -> str:
        """The token as a header."""
        with self._lock:
            if not self._header:
                self._header = self._asked()
            return self._header

    def refresh(self, refused: str) -> bool:
        """Ask again, unless another thread did; whether the answer differs."""
        with self._lock:
            if self._header == refused:
                self._header = self._asked()
            return self._header != refused

    def _asked(self) -> str:
        """What the program answers in time; the package itself would wait for ever."""
        answer: Future[str] = Future()
        threading.Thread(target=_resolve, args=(answer, self._ask), name="plugin", daemon=True).start()
        try:
            return answer.result(self._patience_s)
        except TimeoutError:
            raise Unauthorized(
                f"the credential plugin of the kubeconfig {self._path} did not answer within"
                f" {self._patience_s:g} seconds"
            ) from None

    def _ask(self) -> str:
        # Importing it costs more than most runs; only this path pays.
        from kubernetes.client import Configuration  # noqa: PLC0415
        from kubernetes.config import ConfigException, kube_config  # noqa: PLC0415

        load: Callable[..., None] = kube_config.load_kube_config
        configuration = Configuration()
        try:
            load(
                config_file=str(self._path),
                context=self._context or None,
                client_configuration=configuration,
                persist_config=False,
            )
        except ConfigException:
            raise self._refused() from None
        header = (configuration.api_key or {}).get("BearerToken")
        if not header:
            raise self._refused()
        return str(header)

    def _refused(self) -> Unauthorized:
        return Unauthorized(
            f"the credential plugin of the kubeconfig {self._path} gave no token; kubectl may say why "
            "(plugins that give client certificates are not supported)"
        )


def _resolve(answer: Future[str], ask: Callable[[], str]) -> None:
    try:
        answer.set_result(ask())
    except Exception as error:  # noqa: BLE001 - it is raised again by whoever waits
        answer.set_exception(error)
