"""The flows with their ports, by function; each is loaded when its first item comes."""
# ruff: noqa: PLC0415 - fetch needs no Kustomizations, tick needs no archives

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.work import Function, Outcome, WorkItem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from penstock.base.deadline import Stop
    from penstock.runtime.dispatch import Dispatcher, Flow
    from penstock.runtime.wiring import Wiring


def dispatcher_of(wiring: Wiring) -> Dispatcher:
    """What does the work of a process, unless it has to stand down."""
    from penstock.cluster.flux import running_controllers
    from penstock.runtime.dispatch import Dispatcher
    from penstock.runtime.standdown import StandDown
    from penstock.runtime.storing import Storing

    standdown = StandDown(lambda: running_controllers(wiring.cluster), wiring.clock)
    storing = Storing(lambda: wiring.cluster, wiring.clock, wiring.stop)
    by_function = {function: storing.first(flow) for function, flow in flows(wiring, wiring.stop).items()}
    return Dispatcher(by_function, standdown, wiring.clock, wiring.log)


def flows(wiring: Wiring, stop: Stop) -> Mapping[Function, Flow]:
    """What each function does with a work item, until it is told to stop."""
    return {
        Function.FETCH: lambda item: _fetch(wiring, stop, item),
        Function.APPLY: lambda item: _apply(wiring, stop, item),
        Function.TICK: lambda item: _tick(wiring, stop, item),
    }


def _fetch(wiring: Wiring, stop: Stop, item: WorkItem) -> tuple[Outcome, ...]:
    from penstock.source.flow import FetchPorts, fetch

    settings = wiring.settings
    ports = FetchPorts(
        cluster=wiring.cluster,
        fetcher=wiring.fetcher,
        artifacts=wiring.artifacts,
        records=wiring.records,
        runs=wiring.runs,
        queue=wiring.queue,
        claims=wiring.claims,
        events=wiring.events,
        clock=wiring.clock,
        log=wiring.log,
        masker=wiring.masker,
        limits=settings.limits,
        metrics=wiring.metrics,
        namespaces=settings.namespaces,
        selector=settings.watch_label_selector,
        budget_seconds=settings.fetch_budget_seconds,
        stop=stop,
        keep_count=settings.artifact_keep_count,
        keep_seconds=settings.artifact_keep_seconds,
    )
    return fetch(ports, item)


def _apply(wiring: Wiring, stop: Stop, item: WorkItem) -> tuple[Outcome, ...]:
    from penstock.base.choices import FluxControllers, SharedObjects, Substitutions
    from penstock.kustomize.brake import Brake
    from penstock.kustomize.flow import ApplyPorts, apply

    settings = wiring.settings
    ports = ApplyPorts(
        cluster=wiring.cluster,
        artifacts=wiring.artifacts,
        records=wiring.records,
        runs=wiring.runs,
        queue=wiring.queue,
        claims=wiring.claims,
        builder=wiring.upstream,
        expressions=wiring.upstream,
        judge=wiring.upstream,
        events=wiring.events,
        clock=wiring.clock,
        log=wiring.log,
        masker=wiring.masker,
        metrics=wiring.metrics,
        limits=settings.limits,
        brake=Brake(settings.brake_objects, settings.brake_fraction, settings.brake_kinds),
        refused_kinds=settings.refused_kinds,
        refuse_shared=settings.shared_objects is SharedObjects.REFUSE,
        hold_flux=settings.flux_controllers is FluxControllers.HOLD,
        strict_substitutions=settings.substitutions is Substitutions.STRICT,
        namespaces=settings.namespaces,
        selector=settings.watch_label_selector,
        watched_configs=settings.watch_configs_label_selector,
        budget_seconds=settings.apply_budget_seconds,
        stop=stop,
        baselines=wiring.baselines,
        full_pass_seconds=settings.full_pass_seconds,
    )
    return apply(ports, item)


def _tick(wiring: Wiring, stop: Stop, item: WorkItem) -> tuple[Outcome, ...]:
    from penstock.schedule.flow import TickPorts, tick

    ports = TickPorts(
        cluster=wiring.cluster,
        records=wiring.records,
        queue=wiring.queue,
        claims=wiring.claims,
        clock=wiring.clock,
        log=wiring.log,
        namespaces=wiring.settings.namespaces,
        selector=wiring.settings.watch_label_selector,
        watched_configs=wiring.settings.watch_configs_label_selector,
        budget_seconds=wiring.settings.tick_budget_seconds,
        stop=stop,
        ticks=wiring.ticks,
    )
    queued = tick(ports, item)
    return (
        Outcome(
            ok=True, message=f"queued {len(queued)} work items", changes=tuple(one.key for one in queued)
        ),
    )
