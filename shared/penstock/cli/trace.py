"""`penstock trace`: where an object comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.base.errors import PenstockError, Terminal
from penstock.base.text import printable
from penstock.cli.kube import kube_flags
from penstock.cli.printing import failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from penstock.api.refs import ObjectRef
    from penstock.cli.kube import Kube
    from penstock.cluster.port import Cluster

_LONGEST = 32_768


@click.command("trace")
@click.argument("names", nargs=-1, required=True, metavar="RESOURCE NAME... | RESOURCE/NAME...")
@click.option("--kind", metavar="KIND", help="The kind of NAME, such as Deployment; with --api-version.")
@click.option("--api-version", metavar="VERSION", help="Its API version, such as apps/v1.")
@kube_flags()
def command(kube: Kube, names: tuple[str, ...], kind: str | None, api_version: str | None) -> None:
    """Show which Kustomization applied an object, from which source and revision, and how that went.

    Objects are named as for kubectl; what a workload made, such as a Pod, is traced to its owner.

    \b
      penstock trace -n apps deployment web
      penstock trace -n apps pod/web-7d9f cm/settings
      penstock trace web --kind Deployment --api-version apps/v1 -n apps

    The exit code is 1 if one of them is not there or comes from no Kustomization.
    """
    with kube.cluster() as cluster:
        if kind or api_version:
            refs = [_static(kube.namespace, names, kind or "", api_version or "")]
        else:
            refs = list(_named(cluster, kube.namespace, names))
        failed = 0
        for number, ref in enumerate(refs):
            if number:
                click.echo("---")
            failed += not _traced(cluster, ref)
    if failed:
        raise Terminal(f"{failed} of {len(refs)} objects could not be traced")


def _static(namespace: str, names: Sequence[str], kind: str, api_version: str) -> ObjectRef:
    from penstock.api.objects import group_version  # noqa: PLC0415 - not needed for --help
    from penstock.api.refs import ObjectRef  # noqa: PLC0415 - likewise

    if not kind:
        raise click.UsageError("object kind is required (--kind)")
    if not api_version:
        raise click.UsageError("object apiVersion is required (--api-version)")
    if len(names) != 1:
        raise click.UsageError("one object name is required with --kind")
    return ObjectRef(*group_version(api_version), kind, namespace, names[0])


def _named(cluster: Cluster, namespace: str, names: Sequence[str]) -> Iterator[ObjectRef]:
    """`resource name...` or `resource/name...`, as kubectl reads them."""
    pairs = [name.partition("/") for name in names]
    if all(slash and resource and name for resource, slash, name in pairs):
        for resource, _, name in pairs:
            yield _ref(cluster, namespace, resource, name)
    elif len(names) > 1 and not any(slash for _, slash, _ in pairs):
        for name in names[1:]:
            yield _ref(cluster, namespace, names[0], name)
    else:
        raise click.UsageError("either `<resource>/<name>` or `<resource> <name>` is required as an argument")


def _ref(cluster: Cluster, namespace: str, resource: str, name: str) -> ObjectRef:
    from penstock.api.refs import ObjectRef  # noqa: PLC0415 - not needed for --help

    found = cluster.discovery().catalog().named(resource)
    if found is None:
        raise Terminal(f'the server doesn\'t have a resource type "{printable(resource, 120)}"')
    return ObjectRef(found.group, found.version, found.kind, namespace if found.namespaced else "", name)


def _traced(cluster: Cluster, ref: ObjectRef) -> bool:
    """Tells it; whether that was possible."""
    from penstock.client.reading import applied_by  # noqa: PLC0415 - not needed for --help
    from penstock.client.trace import report  # noqa: PLC0415 - likewise

    try:
        obj = cluster.get(ref)
        if obj is None:
            raise Terminal("failed to find object")
        for line in report(obj, *applied_by(cluster, obj)):
            click.echo(printable(line, _LONGEST))
    except PenstockError as error:
        place = f" in namespace {ref.namespace}" if ref.namespace else ""
        failure(f"failed to trace {ref.kind}/{ref.name}{place}: {error.message}")
        return False
    return True
