"""`penstock tree`: what a Kustomization applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.base.options import Role
from penstock.base.text import printable
from penstock.cli.completing import object_names
from penstock.cli.kube import kube_flags
from penstock.cli.lazy import Entry
from penstock.cli.nouns import noun_group
from penstock.cli.printing import show_document
from penstock.client.kinds import KUSTOMIZATION

if TYPE_CHECKING:
    from penstock.cli.kube import Kube

_LINE = "What a Kustomization applied"


@click.command("kustomization")
@click.argument("name", shell_complete=object_names(KUSTOMIZATION))
@click.option("--compact", is_flag=True, help="Flux's objects only.")
@click.option(
    "-o", "--output", type=click.Choice(["json", "yaml"]), help="The tree for programs, as flux has it."
)
@kube_flags()
def kustomization(kube: Kube, name: str, output: str | None, *, compact: bool) -> None:
    """Show what Kustomization NAME (or ks NAME) applied, and what the Kustomizations among it applied.

    \b
      penstock tree ks flux-system --compact

    What a HelmRelease brought is not shown: it is not built here yet.
    """
    from penstock.client.tree import grow, lines, value  # noqa: PLC0415 - not needed for --help

    with kube.wiring(Role.READ) as wiring:
        root, limits = KUSTOMIZATION.ref(kube.namespace, name), wiring.settings.limits
        found = grow(root, kube.timed(wiring).get, limits, compact=compact)
    if output:
        show_document(output, value(found))
    else:
        for line in lines(found):
            click.echo(printable(line))
    if output != "json":
        click.echo()


command = noun_group(
    "tree",
    f"{_LINE}, as a tree.\n\n  penstock tree kustomization flux-system",
    {("kustomization",): Entry(lambda: kustomization, _LINE, KUSTOMIZATION.aliases)},
)
