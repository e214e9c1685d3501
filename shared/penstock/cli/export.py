"""`penstock export`: objects as they would be written to Git."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.base.errors import Terminal
from penstock.cli.completing import object_names
from penstock.cli.kube import kube_flags
from penstock.cli.lazy import Entry
from penstock.cli.nouns import kind_nouns, noun_group
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from penstock.api.objects import Json
    from penstock.cli.kube import Kube
    from penstock.cluster.port import Cluster

_ALL = click.option("--all", "everything", is_flag=True, help="All of the namespace.")


@click.command("git")
@click.argument("name", default="", shell_complete=object_names(GIT_REPOSITORY))
@_ALL
@click.option(
    "--with-credentials", is_flag=True, help="Also the Secret of each, its values in base64 for all to see."
)
@kube_flags()
def git(kube: Kube, name: str, *, everything: bool, with_credentials: bool) -> None:
    """Print GitRepository NAME as YAML, or all of them.

    \b
      penstock export source git --all > sources.yaml
      penstock export source git fleet --with-credentials > fleet.yaml
    """
    with kube.cluster() as cluster:
        found = _found(cluster, kube, GIT_REPOSITORY, name, everything=everything)
        secrets = list(_secrets(cluster, found)) if with_credentials else []
    _print(found, secrets)


@click.command("kustomization")
@click.argument("name", default="", shell_complete=object_names(KUSTOMIZATION))
@_ALL
@kube_flags()
def kustomization(kube: Kube, name: str, *, everything: bool) -> None:
    """Print Kustomization NAME as YAML, or all of them.

    \b
      penstock export kustomization --all > kustomizations.yaml
    """
    with kube.cluster() as cluster:
        _print(_found(cluster, kube, KUSTOMIZATION, name, everything=everything), ())


def _found(cluster: Cluster, kube: Kube, kind: Kind, name: str, *, everything: bool) -> tuple[Json, ...]:
    from penstock.client.reading import objects  # noqa: PLC0415 - not needed for --help
    from penstock.client.rows import nothing_found  # noqa: PLC0415 - likewise

    if not name and not everything:
        raise click.UsageError("name is required, or --all")
    found = objects(cluster, kind, kube.where, "" if everything else name)
    if not found:
        raise Terminal(nothing_found(kind, "" if everything else name, kube.place), reason="NotFound")
    return found


def _secrets(cluster: Cluster, sources: Iterable[Json]) -> Iterator[Json]:
    """The Secret that each names, once; Terminal if one is missing."""
    from penstock.client.export import secret_of  # noqa: PLC0415 - not needed for --help

    for ref in dict.fromkeys(ref for ref in map(secret_of, sources) if ref is not None):
        found = cluster.get(ref)
        if found is None:
            raise Terminal(f"failed to retrieve secret {ref.name}: it is not in {ref.namespace}")
        yield found


def _print(objects: Iterable[Json], secrets: Iterable[Json]) -> None:
    from penstock.client.documents import yaml_stream  # noqa: PLC0415 - not needed for --help
    from penstock.client.export import exported, exported_secret  # noqa: PLC0415 - likewise

    click.echo(yaml_stream([*map(exported, objects), *map(exported_secret, secrets)]), nl=False)


command = noun_group(
    "export",
    "Print objects as they would be written to Git.\n\n  penstock export kustomization --all",
    kind_nouns(
        {
            GIT_REPOSITORY: Entry(lambda: git, "GitRepository objects, and their Secrets if asked for"),
            KUSTOMIZATION: Entry(lambda: kustomization, "Kustomization objects"),
        }
    ),
)
