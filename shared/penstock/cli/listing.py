"""What `penstock get` prints: tables for people, documents for programs, changes as they come.

Whoever lists objects imports this only once there is something to list.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from penstock.base.clock import SystemClock
from penstock.base.deadline import Deadline
from penstock.base.errors import Terminal
from penstock.cli.printing import show_document, show_table, warning
from penstock.client.export import without_managers
from penstock.client.reading import changes, objects, versions
from penstock.client.rows import View, Wanted, deleted, heads, nothing_found, row
from penstock.cluster.errors import UnknownKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from penstock.api.objects import Json
    from penstock.cli.kube import Kube
    from penstock.client.kinds import Kind
    from penstock.cluster.port import Cluster
    from penstock.runtime.wiring import Wiring

_PROGRAMS = frozenset({"json", "yaml"})


@dataclass(frozen=True)
class Asked:
    """What the flags of `get` ask for. `output` is empty for a plain table."""

    kube: Kube
    view: View
    name: str = ""
    watch: bool = False
    output: str = ""
    header: bool = True
    selector: str = ""
    wanted: Wanted | None = None

    @property
    def for_programs(self) -> bool:
        """Whether documents are printed."""
        return self.output in _PROGRAMS

    def chosen(self, found: Iterable[Json]) -> list[Json]:
        """Those of the status that is asked for."""
        return [obj for obj in found if self.wanted is None or self.wanted.holds(obj)]


def get_one(wiring: Wiring, kind: Kind, asked: Asked) -> None:
    """Print the objects of a kind, and go on with their changes if that is asked for.

    As in flux, nothing found is a failure; but not for programs that ask for a list, nor for a watch.
    """
    kube = asked.kube
    found = objects(kube.timed(wiring), kind, kube.where, asked.name, asked.selector)
    if not found and not asked.watch and (asked.name or not asked.for_programs):
        raise Terminal(nothing_found(kind, asked.name, kube.place), reason="NotFound")
    chosen = asked.chosen(found)
    if not asked.for_programs:
        _show_rows(kind, asked, chosen)
    elif asked.watch:
        for obj in chosen:
            _show_next(asked, obj)
    else:
        single = asked.name and not kube.everywhere and chosen
        _show_documents(asked, chosen[0] if single else chosen)
    if asked.watch:
        _follow(wiring, kind, asked, found)


def get_all(cluster: Cluster, kinds: Iterable[Kind], asked: Asked) -> None:
    """Print a table for each kind that has something to show, each with an empty line behind it.

    A kind that the cluster does not have is left out, as in flux; UnknownKind if it has none of them.
    """
    found = _of_each(cluster, kinds, asked)
    if asked.for_programs:
        _show_documents(asked, [obj for _, chosen in found for obj in chosen])
        return
    if not any(chosen for _, chosen in found):
        raise Terminal(f"no objects found in {asked.kube.place} namespace", reason="NotFound")
    for kind, chosen in found:
        if chosen:
            _show_rows(kind, asked, chosen)
            click.echo()


def _of_each(cluster: Cluster, kinds: Iterable[Kind], asked: Asked) -> list[tuple[Kind, list[Json]]]:
    found: list[tuple[Kind, list[Json]]] = []
    missing: UnknownKind | None = None
    for kind in kinds:
        try:
            listed = objects(cluster, kind, asked.kube.where, selector=asked.selector)
        except UnknownKind as error:
            missing = error
        else:
            found.append((kind, asked.chosen(listed)))
    if missing is not None and not found:
        raise missing
    return found


def _show_rows(kind: Kind, asked: Asked, chosen: Iterable[Json]) -> None:
    now = SystemClock().now()
    rows = [row(obj, asked.view, now) for obj in chosen]
    show_table(heads(kind, asked.view) if asked.header else (), rows)


def _show_documents(asked: Asked, chosen: Json | list[Json]) -> None:
    if isinstance(chosen, list):
        items = [without_managers(obj) for obj in chosen]
        show_document(asked.output, {"apiVersion": "v1", "kind": "List", "items": items})
    else:
        show_document(asked.output, without_managers(chosen))


def _show_next(asked: Asked, obj: Json) -> None:
    """One document of many."""
    if asked.output == "yaml":
        click.echo("---")
    show_document(asked.output, without_managers(obj))


def _follow(wiring: Wiring, kind: Kind, asked: Asked, found: tuple[Json, ...]) -> None:
    """Each change by itself, until somebody ends it."""
    kube = asked.kube
    until = Deadline.after(wiring.clock, kube.timeout_s) if kube.limited else None
    of = kind.ref(kube.where or "", "" if kube.everywhere else asked.name)
    news = changes(
        wiring.cluster,
        of,
        versions(found),
        selector=asked.selector,
        until=until,
        pause=time.sleep,
        tell=warning,
    )
    for gone, obj in news:
        if asked.name in ("", obj["metadata"]["name"]) and asked.chosen((obj,)):
            _show_change(asked, obj, gone=gone)


def _show_change(asked: Asked, obj: Json, *, gone: bool) -> None:
    if asked.for_programs:
        _show_next(asked, obj)
    else:
        show_table((), [row(deleted(obj) if gone else obj, asked.view, SystemClock().now())])
