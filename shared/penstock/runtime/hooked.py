"""The listener that the API server calls, with a certificate of its own, and the hook that leads to it.

Where TLS ends in front of the functions neither is needed: the hook then leads there, and is put into the
cluster by whoever knows that address.
"""

from __future__ import annotations

import ssl
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.admission.configuration import address, shown
from penstock.admission.flow import ensure
from penstock.base.errors import Terminal, Transient
from penstock.runtime.app import create_app
from penstock.runtime.backoff import delay_s
from penstock.runtime.routing import hook_routes
from penstock.runtime.server import Server
from penstock.tools.controlplane.private import write_private

if TYPE_CHECKING:
    from datetime import datetime

    from penstock.runtime.wiring import Wiring

_NAME = "penstock-admission"
_NONE = "changes of Flux objects wait for the tick: there is no admission hook"


@dataclass(frozen=True)
class Hooked:
    """The listener, its address, and the certificate (PEM) of the authority that its own is from."""

    server: Server
    url: str
    ca: str

    def start(self, wiring: Wiring, stop: threading.Event) -> None:
        """Begins to listen, and puts the hook into the cluster as soon as that answers."""
        self.server.start()
        argued = (self, wiring, stop)
        threading.Thread(target=_install, args=argued, name="hook", daemon=True).start()

    def close(self) -> None:
        """Takes no more calls. The hook stays: the API server goes on without us, and we come back."""
        self.server.close()


def listening(wiring: Wiring) -> Hooked | None:
    """The listener, not started; None where none is asked for. SettingsError if its port cannot be had.

    Authority and certificate are made anew at each start, and their keys are nowhere but in this process.
    """
    settings = wiring.settings
    if settings.admission_port is None:
        return None
    host = settings.admission_host or settings.listen_host
    context, ca = make_context(host, wiring.clock.now())
    app = create_app(hook_routes(wiring))
    server = Server(settings.listen_host, settings.admission_port, app, settings.limits, tls=context)
    name = f"[{host}]" if ":" in host else host
    return Hooked(server, f"https://{name}:{server.port}", ca)


def make_context(host: str, now: datetime) -> tuple[ssl.SSLContext, str]:
    """The TLS side of a server that has this name or address, and the certificate (PEM) of its authority."""
    from penstock.tools.controlplane.certs import Authority, Subject  # noqa: PLC0415 - only who is asked to

    authority = Authority(_NAME, now)
    pair = authority.issue(Subject(_NAME), (host,))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="penstock-") as folder:  # ssl reads them from files only
        certificate, key = Path(folder) / "tls.crt", Path(folder) / "tls.key"
        write_private(certificate, pair.certificate)
        write_private(key, pair.key)
        context.load_cert_chain(certificate, key)
    return context, authority.certificate.decode()


def _install(hooked: Hooked, wiring: Wiring, stop: threading.Event) -> None:
    """Tries until it is there, or refused for good: without the hook everything waits for the tick."""
    url, attempt = address(hooked.url, wiring.tokens[0]), 0
    log = wiring.log.bind(address=shown(url))
    while not stop.is_set():
        attempt += 1
        try:
            changed = ensure(wiring.cluster, url, hooked.ca, wiring.scope)
        except Terminal as error:
            log.warning(_NONE, error=error.message)
            return
        except Transient as error:
            log.warning(f"{_NONE} yet", error=error.message)
            stop.wait(delay_s(attempt, error.retry_after, 0.0))
        else:
            log.info("the admission hook is in place", changed=changed)
            return
