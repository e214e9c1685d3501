"""`penstock stats`: how many of Flux's objects run, fail and are suspended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli.kube import kube_flags
from penstock.cli.printing import show_table

if TYPE_CHECKING:
    from penstock.cli.kube import Kube
    from penstock.client.kinds import Kind
    from penstock.client.stats import Seen
    from penstock.cluster.port import Cluster


@click.command("stats")
@kube_flags(everywhere=True)
def command(kube: Kube) -> None:
    """Count what runs, fails and is suspended, and what artifacts take, by kind.

    \b
      penstock stats -A

    Kinds that the cluster does not have count as 0. Those that are not built here are counted all the same.
    """
    from penstock.client.stats import COUNTED, HEADS, row  # noqa: PLC0415 - not needed for --help

    with kube.cluster() as cluster:
        rows = [row(kind, _seen(cluster, kind, kube.where)) for kind in COUNTED]
    show_table(HEADS, rows)


def _seen(cluster: Cluster, kind: Kind, namespace: str | None) -> tuple[Seen, ...]:
    from penstock.client.stats import seen  # noqa: PLC0415 - not needed for --help
    from penstock.cluster.errors import UnknownKind  # noqa: PLC0415 - likewise

    try:
        return cluster.list_of(seen, kind.group, kind.version, kind.kind, namespace)
    except UnknownKind:
        return ()
