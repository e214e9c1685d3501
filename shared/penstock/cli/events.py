"""`penstock events`: what Flux's objects have to tell."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from penstock.base.options import Role
from penstock.cli.kube import kube_flags
from penstock.cli.printing import failure, show_table, warning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from penstock.api.objects import Json
    from penstock.cli.kube import Kube
    from penstock.client.events import About
    from penstock.client.kinds import Kind
    from penstock.cluster.port import Cluster
    from penstock.runtime.wiring import Wiring


def _types(ctx: click.Context, param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """Several flags, or one with commas."""
    from penstock.client.events import TYPES  # noqa: PLC0415 - not needed for --help

    names = tuple(name.strip() for one in given for name in one.split(",") if name.strip())
    for name in names:
        if name.capitalize() not in TYPES:
            text = f"type '{name[:64]}' not supported. Supported types are {', '.join(TYPES)}"
            raise click.BadParameter(text, ctx, param)
    return names


def _about(ctx: click.Context, param: click.Parameter, given: str | None) -> tuple[Kind, str] | None:
    from penstock.client.events import parse_for  # noqa: PLC0415 - not needed for --help

    try:
        return None if given is None else parse_for(given)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


@click.command("events")
@click.option(
    "--for",
    "about",
    callback=_about,
    metavar="KIND[/NAME]",
    help="Only of these objects, and of their source.",
)
@click.option(
    "--types", multiple=True, callback=_types, metavar="TYPE", help="Only these types: Normal, Warning."
)
@click.option("-w", "--watch", is_flag=True, help="Go on with new ones, until Ctrl-C or a given --timeout.")
@kube_flags(everywhere=True)
def command(kube: Kube, about: tuple[Kind, str] | None, types: tuple[str, ...], *, watch: bool) -> None:
    """Show the events of Flux's objects, the newest last.

    \b
      penstock events --for Kustomization/apps
      penstock events -A --types Warning -w
    """
    with kube.wiring(Role.READ) as wiring:
        cluster = kube.timed(wiring)
        wanted = _wanted(cluster, kube, about)
        named = kube.everywhere or any(one.namespace != kube.namespace for one in wanted)
        seen = _listed(cluster, wanted)
        _show(kube, _shown(seen, wanted, types), named=named, watch=watch)
        if watch:
            _follow(wiring, kube, wanted, types, seen, named=named)


def _wanted(cluster: Cluster, kube: Kube, about: tuple[Kind, str] | None) -> list[About]:
    """Whose events: those of the objects that are asked for, and of the sources of those that have a name."""
    from penstock.client.events import About, source_events  # noqa: PLC0415 - not needed for --help
    from penstock.client.reading import objects  # noqa: PLC0415 - likewise

    if about is None:
        return [About(namespace=kube.where)]
    kind, name = about
    own = About(kind.kind, name, kube.where)
    found = objects(cluster, kind, kube.where, name) if name else ()
    return [own, *(one for one in map(source_events, found) if one is not None)]


def _listed(cluster: Cluster, wanted: Sequence[About]) -> tuple[Json, ...]:
    """The events of the namespaces that matter; those of other objects go as each page comes."""
    from penstock.client.events import is_flux  # noqa: PLC0415 - not needed for --help

    found: list[Json] = []
    for namespace in _namespaces(wanted):
        page = cluster.list_of(lambda event: event if is_flux(event) else None, "", "v1", "Event", namespace)
        found += [event for event in page if event is not None]
    return tuple(found)


def _namespaces(wanted: Sequence[About]) -> list[str | None]:
    names = list(dict.fromkeys(one.namespace for one in wanted))
    return [None] if None in names else names


def _shown(events: Sequence[Json], wanted: Sequence[About], types: Sequence[str]) -> list[Json]:
    from penstock.client.events import shown  # noqa: PLC0415 - not needed for --help

    return shown(events, wanted, types)


def _show(kube: Kube, events: list[Json], *, named: bool, watch: bool) -> None:
    from penstock.base.clock import SystemClock  # noqa: PLC0415 - not needed for --help
    from penstock.client.events import heads, row  # noqa: PLC0415 - likewise

    if not events and not watch:
        failure("No events found." if kube.everywhere else f"No events found in {kube.namespace} namespace.")
        return
    now = SystemClock().now()
    show_table(heads(namespace=named), [row(event, now, namespace=named) for event in events])


def _follow(
    wiring: Wiring,
    kube: Kube,
    wanted: Sequence[About],
    types: Sequence[str],
    seen: tuple[Json, ...],
    *,
    named: bool,
) -> None:
    """Each new event on a line of its own, until somebody ends it."""
    from penstock.api.refs import ObjectRef  # noqa: PLC0415 - not needed for --help
    from penstock.base.clock import SystemClock  # noqa: PLC0415 - likewise
    from penstock.base.deadline import Deadline  # noqa: PLC0415 - likewise
    from penstock.client.events import row  # noqa: PLC0415 - likewise
    from penstock.client.reading import changes, versions  # noqa: PLC0415 - likewise

    places = _namespaces(wanted)
    place = places[0] if len(places) == 1 else None
    until = Deadline.after(wiring.clock, kube.timeout_s) if kube.limited else None
    of = ObjectRef("", "v1", "Event", place or "", "")
    news = changes(wiring.cluster, of, versions(seen), until=until, pause=time.sleep, tell=warning)
    for gone, event in news:
        if not gone and _shown([event], wanted, types):
            show_table((), [row(event, SystemClock().now(), namespace=named)])
