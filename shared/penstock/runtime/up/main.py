"""`up` and `down`: everything is started, one push is followed through, and all of it is taken away again."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO, cast

from penstock.api.crds import manifests
from penstock.api.refs import kustomization
from penstock.base.clock import SystemClock, rfc3339, rfc3339_micro
from penstock.base.deadline import Deadline
from penstock.base.errors import Terminal
from penstock.cluster.definitions import wait_established, wait_served
from penstock.runtime.up import brought, fleet, functions, home, hook, story
from penstock.runtime.up.announce import invoke
from penstock.runtime.up.logbook import Logbook
from penstock.runtime.up.place import Place, end, runs
from penstock.runtime.up.sample import NAME, flux_objects
from penstock.runtime.up.tell import next_steps, tell_inventory
from penstock.tools.worktree import require_git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from penstock.api.objects import Json
    from penstock.runtime.up.fleet import Fleet
    from penstock.runtime.up.functions import Functions
    from penstock.runtime.up.home import Ask, Home
    from penstock.runtime.wiring import Wiring

_ROUND_S = 120
_READY_S = 30
_HOOK_S = 10
_HEARD_WITHIN_S = 0.5


@dataclass(frozen=True)
class Options:
    """What the person asked for."""

    folder: Path
    kubeconfig: str = ""
    context: str = ""
    once: bool = False
    yes: bool = False
    workloads: bool = False


def up(options: Options, environ: Mapping[str, str], say: Callable[[str], None], ask: Ask) -> None:
    """The main job. Returns after one round with `once`, else when it is interrupted; any error is raised."""
    place = Place(options.folder.absolute())
    _check_alone(place, options.kubeconfig)
    require_git()
    with _signals_interrupt(), ExitStack() as stack:
        place.take()
        where = _home(options, place, stack, environ, say)
        log = stack.enter_context(Logbook(place.log_file))
        wiring = functions.wire(place, where, environ, stream=cast(TextIO, log))
        _prepare(wiring, where, options, say, ask)
        place.write_note("" if where.embedded else str(where.kubeconfig), options.context)
        kept = brought.bring(wiring.cluster, manifests())
        ready = Deadline.after(wiring.clock, _READY_S)
        wait_established(wiring.cluster, _names(manifests()), ready)
        wait_served(wiring.cluster, brought.FLUX_KINDS, ready)
        for name in kept:
            say(f"  {name} was there before and stays as it is")
        repository = stack.enter_context(fleet.serving(place, wiring.log))
        running = stack.enter_context(functions.running(wiring))
        if not where.embedded:
            stack.callback(hook.take_away, wiring)
        brought.bring(wiring.cluster, flux_objects(where.namespace, repository.url)[:1])
        hooked = hook.prove(wiring.cluster, wiring.scope, Deadline.after(wiring.clock, _HOOK_S))
        say(f"{'✔' if hooked.reached else '►'} {hooked.message}")
        commit = _round(running, repository, where, say, hooked=hooked.reached)
        if not options.once:
            next_steps(say, place, where, running.url, repository.url, commit, hooked=hooked.reached)
            log.shown_on(sys.stderr)
            _wait_for_interrupt()
            say("stopping")


def down(
    folder: Path, kubeconfig: str, context: str, environ: Mapping[str, str], say: Callable[[str], None]
) -> None:
    """Ends a running `up` and takes away what it brought. Without a kubeconfig, what the note says."""
    place = Place(folder.absolute())
    place.check_ours()
    note = place.read_note()
    if note is not None and runs(note):
        say(f"► ending `penstock up`, process {note.pid}")
        end(note, SystemClock())
    if not kubeconfig and note is not None:
        kubeconfig, context = note.kubeconfig, note.context
    if kubeconfig:
        _clean(place, home.own(kubeconfig, context), environ, say)
    else:
        home.end_embedded(place)
    place.clear()
    say("✔ nothing of penstock is left")


def _check_alone(place: Place, kubeconfig: str) -> None:
    """Terminal if an `up` runs here, or if what one brought to another cluster would be forgotten."""
    note = place.read_note()
    if note is None:
        return
    if runs(note):
        raise Terminal(f"`penstock up` already runs in {place.folder}, as process {note.pid}")
    if note.kubeconfig and (not kubeconfig or str(home.own(kubeconfig, "").kubeconfig) != note.kubeconfig):
        raise Terminal(f"`penstock up` brought things to the cluster of {note.kubeconfig}: `make down` first")


def _home(
    options: Options, place: Place, stack: ExitStack, environ: Mapping[str, str], say: Callable[[str], None]
) -> Home:
    """The cluster to work on; what has to be built for it is built first."""

    def progress(line: str) -> None:
        say(f"► {line}")

    home.build(progress, environ, embedded=not options.kubeconfig, workloads=options.workloads)
    if options.kubeconfig:
        return home.own(options.kubeconfig, options.context)
    return stack.enter_context(home.embedded(place, workloads=options.workloads, progress=progress))


def _prepare(wiring: Wiring, where: Home, options: Options, say: Callable[[str], None], ask: Ask) -> None:
    """Look at the cluster before anything is written to it; on a person's own, ask."""
    _ = wiring.upstream
    version = wiring.cluster.version()
    home.check_free(wiring.cluster)
    if where.embedded:
        say(f"✔ Kubernetes {version} on this machine, kubeconfig {where.kubeconfig}")
        return
    say(f"► Kubernetes {version} at {home.address(where)}")
    say(f"  brings: CRDs of GitRepository and Kustomization, namespaces {where.namespace} and hello,")
    say(f"  and an admission hook for {where.namespace} while it runs, if the cluster reaches this machine")
    if not (options.yes or ask("Go on with this cluster?")):
        raise Terminal("nothing was changed: answer y, or give YES=1 where there is no terminal")


def _round(
    running: Functions, repository: Fleet, where: Home, say: Callable[[str], None], *, hooked: bool
) -> str:
    """Reconcile the fleet as it is, then change one value and follow that push; gives its commit."""
    cluster, clock = running.wiring.cluster, running.wiring.clock
    deadline = Deadline.after(clock, _ROUND_S)
    namespace = where.namespace
    first = repository.seed()
    say(f"► the fleet {repository.url} at {first[:8]} is reconciled for the first time")
    steps = story.Steps(clock, say)
    brought.bring(cluster, flux_objects(namespace, repository.url))
    if not hooked:
        invoke(running.url, running.token, "GitRepository", namespace, NAME)
    done = story.wait_for(cluster, story.applied(namespace, NAME), first, deadline)
    steps.done(f"applied {story.applied_revision(done)}")
    tell_inventory(say, done)
    repository.announcer.announce(repository.url, f"{running.url}/github", running.webhook_secret)
    say("► one value is changed, committed and pushed")
    steps = story.Steps(clock, say)
    commit = repository.change(f"hello from git, {rfc3339(datetime.now(UTC))}")
    steps.done(f"push: {commit[:8]}, webhook answered {repository.announcer.answered}")
    stored = story.wait_for(cluster, story.stored(namespace, NAME), commit, deadline)
    steps.done(f"artifact: {story.artifact(stored)}")
    done = story.wait_for(cluster, story.applied(namespace, NAME), commit, deadline)
    total = steps.done(f"applied: {story.applied_revision(done)}")
    for line in story.change_lines(cluster, namespace, commit):
        say(f"    {line}")
    say(f"✔ from push to applied: {total * 1000:.0f} ms")
    if hooked:
        say("► the Kustomization is annotated, as `flux reconcile` and `kubectl annotate` do")
        steps = story.Steps(clock, say)
        hook.ask(cluster, kustomization(namespace, NAME), rfc3339_micro(clock.now()), deadline)
        steps.done("looked at, without a push and without a tick")
    return commit


def _clean(place: Place, where: Home, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    wiring = functions.wire(place, where, environ)
    home.check_free(wiring.cluster)
    try:
        hook.take_away(wiring)
        for line in brought.take_away(wiring.cluster, functions.settler(wiring)):
            say(f"  {line}")
    finally:
        wiring.close()


def _names(crds: tuple[Json, ...]) -> list[str]:
    return [crd["metadata"]["name"] for crd in crds]


def _wait_for_interrupt() -> None:
    """Wakes now and then: a signal that came to another thread is handled by this one, once awake."""
    never = threading.Event()
    with suppress(KeyboardInterrupt):
        while not never.wait(_HEARD_WITHIN_S):
            pass


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    """Within the block SIGTERM and SIGINT interrupt, also where a shell had SIGINT ignored (`&`)."""

    def heard(number: int, frame: object) -> None:
        del number, frame
        raise KeyboardInterrupt

    before = {number: signal.signal(number, heard) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
