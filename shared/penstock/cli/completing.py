"""Completion with what is there: names of objects and namespaces, contexts of the kubeconfig.

Whatever goes wrong, nothing is offered: a shell that completes is no place for errors.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from penstock.base.errors import PenstockError

if TYPE_CHECKING:
    from collections.abc import Callable

    import click

    from penstock.client.kinds import Kind

_PATIENCE_S = 3.0


def object_names(kind: Kind) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """What completes the name of an object of a kind, in the namespace that is typed already."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        del param
        return _names(ctx, (kind.group, kind.version, kind.kind), incomplete, inside=True)

    return complete


def namespaces(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """What completes the name of a namespace."""
    del param
    return _names(ctx, ("", "v1", "Namespace"), incomplete, inside=False)


def contexts(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """What completes the name of a context."""
    del param
    from penstock.base.files import read_text  # noqa: PLC0415 - shells ask for it only
    from penstock.cli.person import kubeconfig_of  # noqa: PLC0415 - likewise
    from penstock.cluster.kubeconfig import MOST_BYTES, context_names  # noqa: PLC0415 - likewise

    try:
        path = kubeconfig_of(ctx.params.get("kubeconfig"))
        names = context_names(read_text(Path(path), MOST_BYTES)) if path else ()
    except (PenstockError, OSError, ValueError):
        return []
    return [name for name in names if name.startswith(incomplete)]


def _names(ctx: click.Context, of: tuple[str, str, str], incomplete: str, *, inside: bool) -> list[str]:
    from penstock.cli.kube import Kube, default_namespace  # noqa: PLC0415 - kube.py uses this module

    given = ctx.params
    namespace = given.get("namespace") or default_namespace()
    kube = Kube(namespace, given.get("kubeconfig"), given.get("context"), _PATIENCE_S)
    where = namespace if inside and not given.get("all_namespaces") else None
    try:
        with kube.cluster() as cluster:
            found = cluster.list_of(_name, *of, where, metadata_only=True)
    except (PenstockError, OSError):
        return []
    return sorted({name for name in found if name.startswith(incomplete)})


def _name(obj: dict[str, dict[str, str]]) -> str:
    return obj["metadata"]["name"]
