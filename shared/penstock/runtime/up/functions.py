"""The functions as `up` runs them: `penstock serve` in a thread, with secrets made for this run."""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.work import HANDED_OVER, Function, WorkItem
from penstock.base.deadline import Stop
from penstock.base.errors import Transient
from penstock.base.options import Role
from penstock.base.settings import read_settings
from penstock.runtime.flows import flows
from penstock.runtime.serve import serve
from penstock.runtime.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

    from penstock.api.refs import ObjectRef
    from penstock.runtime.up.home import Home
    from penstock.runtime.up.place import Place

_PASSED_ON = ("PENSTOCK_LOG_FORMAT", "PENSTOCK_UPSTREAM_BINARY")
_START_S = 60


@dataclass(frozen=True)
class Functions:
    """The running functions: their parts and their address."""

    wiring: Wiring
    url: str

    @property
    def webhook_secret(self) -> str:
        """What pushes are signed with."""
        return self.wiring.webhook_secrets[0]

    @property
    def token(self) -> str:
        """The bearer token of manual invokes."""
        return self.wiring.tokens[0]


def wire(place: Place, home: Home, environ: Mapping[str, str], *, stream: TextIO | None = None) -> Wiring:
    """The parts of the functions; nothing is started. Settings of the environment do not reach a cluster."""
    told = {
        "PENSTOCK_BUCKET": str(place.bucket),
        "PENSTOCK_QUEUE": str(place.queue),
        "PENSTOCK_KUBECONFIG": str(home.kubeconfig),
        "PENSTOCK_CONTEXT": home.context,
        "PENSTOCK_NAMESPACES": home.served,
        "PENSTOCK_LISTEN_PORT": "0",
        "PENSTOCK_ADMISSION_PORT": "0",
        "PENSTOCK_LOG_FORMAT": "text",
        "PENSTOCK_WEBHOOK_SECRET": secrets.token_hex(20),
        "PENSTOCK_INVOKE_TOKEN": secrets.token_hex(20),
    }
    kept = {name: environ[name] for name in _PASSED_ON if name in environ}
    given = {name: value for name, value in told.items() if value}
    return Wiring(read_settings({**given, **kept}, Role.SERVE), environ, stream=stream)


def settler(wiring: Wiring) -> Callable[[ObjectRef], None]:
    """Looks at one Flux object here and now; Transient with the message if that fails."""
    by_function = flows(wiring, Stop())

    def settle(ref: ObjectRef) -> None:
        function = Function.APPLY if ref.kind == "Kustomization" else Function.FETCH
        item = WorkItem(function, ref.kind, ref.namespace, ref.name, reason="taken away")
        outcomes = by_function[function](item)
        while any(outcome.reason == HANDED_OVER for outcome in outcomes):
            outcomes = by_function[function](item)
        for outcome in outcomes:
            if not outcome.ok:
                raise Transient(f"{ref} cannot be taken away: {outcome.message}")

    return settle


@contextmanager
def running(wiring: Wiring) -> Iterator[Functions]:
    """The functions for as long as the block runs; they end as `penstock serve` does."""
    stop, ready, address = threading.Event(), threading.Event(), []

    def announce(url: str) -> None:
        address.append(url)
        ready.set()

    failures: list[BaseException] = []

    def body() -> None:
        try:
            serve(wiring, stop, ready=announce)
        except BaseException as error:  # noqa: BLE001 - it is raised again where it can be seen
            failures.append(error)
            ready.set()

    thread = threading.Thread(target=body, name="serve")
    thread.start()
    try:
        ready.wait(_START_S)
        if failures:
            raise failures[0]
        if not address:
            raise Transient(f"the functions did not start within {_START_S} seconds")
        yield Functions(wiring, address[0])
    finally:
        stop.set()
        thread.join()
