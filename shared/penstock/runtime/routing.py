"""Which paths a process answers, by what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.admission.configuration import PREFIX
from penstock.api.work import Function
from penstock.base.location import CloudBucket
from penstock.base.options import Role
from penstock.runtime.admission import AdmissionHook
from penstock.runtime.answers import Answer
from penstock.runtime.events import Events
from penstock.runtime.flows import dispatcher_of
from penstock.runtime.intake import Intake
from penstock.runtime.invoke import Invoke
from penstock.runtime.measured import MeasuredHints, MeasuredReviews, MeasuredWork, Scrape
from penstock.runtime.rate import Rate
from penstock.runtime.routes import Route, Routes
from penstock.runtime.webhook import Webhook
from penstock.runtime.work import KeepHandler, WorkHandler, done

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Request

    from penstock.api.work import WorkItem
    from penstock.runtime.wiring import Wiring

_FUNCTIONS = {Role.FETCH: Function.FETCH, Role.APPLY: Function.APPLY, Role.TICK: Function.TICK}


def routes_of(wiring: Wiring) -> Routes:
    """The routes of the process; a function alone also answers at its root."""
    role = wiring.settings.role
    by_path: dict[str, Route] = {"/healthz": Route("GET", _healthy, quiet=True)}
    if role in (Role.WEBHOOK, Role.SERVE):
        by_path |= _doors(wiring)
    if role is Role.WEBHOOK:
        by_path["/"] = by_path["/github"]
    if role is Role.SERVE:
        by_path |= {f"/{function}": _kept(wiring, function) for function in Function}
    if role in (Role.APPLY, Role.SERVE) and isinstance(wiring.settings.bucket, CloudBucket):
        by_path["/events"] = _events(wiring, wiring.settings.bucket)
    if role in _FUNCTIONS:
        by_path["/"] = by_path[f"/{role}"] = _work(wiring, _FUNCTIONS[role])
    by_path["/metrics"] = _metrics(wiring)
    below = {PREFIX: _hook(wiring)} if role in (Role.WEBHOOK, Role.SERVE) else {}
    return Routes(by_path, wiring.clock, wiring.log, wiring.masker, below)


def hook_routes(wiring: Wiring) -> Routes:
    """What the API server's own listener answers: its calls, and nothing else."""
    below = {PREFIX: _hook(wiring)}
    return Routes(
        {"/healthz": Route("GET", _healthy, quiet=True)}, wiring.clock, wiring.log, wiring.masker, below
    )


def _hook(wiring: Wiring) -> Route:
    settings = wiring.settings
    rate = Rate(settings.limits.admission_reviews, wiring.clock)
    hook = AdmissionHook(wiring.hook_parts, wiring.scope, settings.limits, rate, lambda: wiring.prompt_queue)
    return Route("POST", MeasuredReviews(hook, wiring.metrics))


def _doors(wiring: Wiring) -> Mapping[str, Route]:
    """Where the outside world comes in."""
    settings = wiring.settings
    webhook = MeasuredHints(
        Webhook(wiring.webhook_secrets, settings.limits, lambda: wiring.queue), wiring.metrics
    )
    invoke = Invoke(
        wiring.gate,
        settings.namespaces,
        settings.limits,
        wiring.clock,
        queue=lambda: wiring.queue,
        cluster=lambda: wiring.cluster,
        records=lambda: wiring.records,
        selector=settings.watch_label_selector,
        can_wait=settings.bucket is not None,
    )
    door = Route("POST", webhook)
    return {"/github": door, "/gitlab": door, "/invoke": Route("POST", invoke)}


def _work(wiring: Wiring, function: Function) -> Route:
    run, attempts = MeasuredWork(dispatcher_of(wiring).run, wiring.metrics), wiring.settings.attempts
    return Route("POST", WorkHandler(_intake(wiring, function), run, lambda: wiring.queue, attempts))


def _kept(wiring: Wiring, function: Function) -> Route:
    return Route("POST", KeepHandler(_intake(wiring, function), lambda: wiring.queue))


def _intake(wiring: Wiring, function: Function) -> Intake:
    dead = (lambda: wiring.dead_letters) if wiring.settings.queue is not None else None
    limits = wiring.settings.limits
    return Intake(
        function, wiring.gate, limits, wiring.clock, wiring.log, wiring.masker, dead, wiring.metrics
    )


def _metrics(wiring: Wiring) -> Route:
    role = wiring.settings.role
    queue = (lambda: wiring.folder_queue) if role is Role.SERVE else None
    ticks = role in (Role.SERVE, Role.TICK)
    scrape = Scrape(wiring.gate, wiring.metrics, wiring.clock, wiring.log, ticks, queue)
    return Route("GET", scrape, quiet=True)


def _events(wiring: Wiring, place: CloudBucket) -> Route:
    """What the bucket tells: apply looks at once, all in one process keep it for a worker."""
    settings = wiring.settings
    run = MeasuredWork(dispatcher_of(wiring).run, wiring.metrics)

    def look(item: WorkItem) -> Answer:
        return done(run(item))

    def keep(item: WorkItem) -> Answer:
        wiring.queue.put(item)
        return Answer(202, {"status": "accepted"})

    take = keep if settings.role is Role.SERVE else look
    return Route("POST", Events(wiring.gate, place, settings.namespaces, settings.limits, take))


def _healthy(request: Request) -> Answer:
    del request
    return Answer(200, {"status": "ok"})
