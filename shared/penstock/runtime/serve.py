"""All functions in one process: a server, a local queue with its workers, and a timer for the tick."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.api.work import Function, WorkItem
from penstock.base.deadline import Deadline
from penstock.base.errors import SettingsError, Transient
from penstock.base.options import variable
from penstock.runtime.app import create_app
from penstock.runtime.flows import dispatcher_of
from penstock.runtime.hooked import listening
from penstock.runtime.measured import MeasuredWork
from penstock.runtime.routes import described
from penstock.runtime.routing import routes_of
from penstock.runtime.server import Server
from penstock.runtime.signals import heard
from penstock.runtime.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from penstock.runtime.hooked import Hooked
    from penstock.runtime.signals import Signals
    from penstock.runtime.wiring import Wiring

_HEARD_WITHIN_S = 0.2
"""How soon `stop`, and the end of what runs, are noticed; signals are at once."""


@dataclass(frozen=True)
class Ended:
    """How many items were still running at the end; the signal that ended it all at once, or 0."""

    left: int
    by: int = 0


def serve(
    wiring: Wiring, stop: threading.Event | None = None, *, ready: Callable[[str], None] = lambda _: None
) -> Ended:
    """Serves until `stop` is set, or SIGTERM or SIGINT comes; then tells what is under way to hand over.

    A second signal waits for nothing any more. `ready` is called with the address once requests are taken.
    What cannot be finished stays in the queue's folder for the next start. Terminal if the kubeconfig, the
    helper or a folder cannot be had; a cluster that does not answer yet stops nothing.
    """
    stop = stop or threading.Event()
    settings, log = wiring.settings, wiring.log
    _ = wiring.cluster, wiring.upstream
    _check_folders(wiring)
    run, metrics = MeasuredWork(dispatcher_of(wiring).run, wiring.metrics), wiring.metrics
    queue = wiring.folder_queue
    worker = Worker(queue, run, log, wiring.clock, threads=settings.workers, metrics=metrics)
    app = create_app(routes_of(wiring))
    server = Server(settings.listen_host, settings.listen_port, app, settings.limits)
    hooked = listening(wiring)
    timer = threading.Thread(target=_tick_regularly, args=(wiring, stop), name="timer", daemon=True)
    with heard() as signals:
        for part in (worker, server, timer):
            part.start()
        if hooked is not None:
            hooked.start(wiring, stop)
        log.info(
            f"penstock serves on {server.url}",
            webhook=f"{server.url}/github",
            namespaces=",".join(settings.namespaces) or "all",
            tick_seconds=settings.tick_seconds,
        )
        ready(server.url)
        while not stop.is_set() and not signals.wait(_HEARD_WITHIN_S):
            pass
        stop.set()
        return _end(wiring, worker, (server, *((hooked,) if hooked else ())), signals)


def _check_folders(wiring: Wiring) -> None:
    """SettingsError naming the folder that cannot be used."""
    with _of("queue", wiring.settings.queue):
        wiring.folder_queue.counts()
    with _of("bucket", wiring.settings.bucket):
        wiring.bucket.check()


@contextmanager
def _of(setting: str, value: object) -> Iterator[None]:
    try:
        yield
    except Transient as error:
        raise SettingsError(f"{variable(setting)} ({value}) cannot be used: {error.message}") from None


def _end(wiring: Wiring, worker: Worker, listeners: Sequence[Server | Hooked], signals: Signals) -> Ended:
    deadline = Deadline.after(wiring.clock, wiring.settings.stop_seconds)
    wiring.tell_to_end()
    worker.stop()
    wiring.log.info("stopping: nothing new is begun, what is running hands over")
    for listener in listeners:
        listener.close()
    by = 0
    while (left := worker.running()) and not by and not deadline.expired:
        by = signals.wait(_HEARD_WITHIN_S)
    if left:
        wiring.log.warning("stopped before all was finished: the next start goes on with it", items=left)
    else:
        wiring.close()
        wiring.log.info("stopped")
    return Ended(left, by if left else 0)


def _tick_regularly(wiring: Wiring, stop: threading.Event) -> None:
    """A tick at the start and then every period; ticks that nobody got round to are one (threats B-29)."""
    while wiring.settings.tick_seconds and not stop.is_set():
        try:
            wiring.folder_queue.put(WorkItem(Function.TICK, reason="timer"))
        except Transient as error:
            wiring.log.warning("the tick could not be queued", error=error.message)
        except Exception as error:  # noqa: BLE001 - without this thread nothing would ever be looked at again
            wiring.log.error("the tick could not be queued: this is a bug", error=described(error))  # noqa: TRY400 - ours
        stop.wait(wiring.settings.tick_seconds)
