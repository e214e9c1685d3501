"""`penstock create kustomization`: what of a source is applied, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from penstock.cli import printing
from penstock.cli.acting import acting
from penstock.cli.creating import export_flags, interval_flag, show
from penstock.cli.kube import Duration, kube_flags
from penstock.cli.switches import SwitchCommand

if TYPE_CHECKING:
    from penstock.cli.kube import Kube

_NOT_YET = "Not built here yet."


@click.command("kustomization", cls=SwitchCommand)
@click.argument("name")
@click.option(
    "--source",
    default="",
    metavar="[KIND/]NAME[.NAMESPACE]",
    help="The source with the manifests, a GitRepository.",
)
@click.option("--path", default="./", show_default=True, metavar="PATH", help="The directory in the source.")
@click.option("--prune", is_flag=True, help="Delete what has left the source.")
@click.option("--wait", is_flag=True, help="A run lasts until all that was applied is healthy.")
@click.option(
    "--depends-on",
    multiple=True,
    metavar="[NAMESPACE/]NAME",
    help="A Kustomization that must be ready before; can be repeated, or hold several separated by commas.",
)
@click.option(
    "--health-check",
    multiple=True,
    metavar="KIND/NAME.NAMESPACE",
    help="A workload that a run waits for; likewise.",
)
@click.option(
    "--health-check-timeout",
    "health_check_timeout_s",
    type=Duration(),
    default=120.0,
    show_default="2m0s",
    metavar="DURATION",
    help="How long health may take.",
)
@click.option("--target-namespace", default="", metavar="NAME", help="The namespace of all objects.")
@interval_flag()
@click.option(
    "--retry-interval",
    "retry_interval_s",
    type=Duration(),
    default=0.0,
    show_default="the interval",
    metavar="DURATION",
    help="How soon a failure is tried again.",
)
@click.option("--service-account", default="", metavar="NAME", help=_NOT_YET)
@click.option("--decryption-provider", default="", metavar="NAME", help=_NOT_YET)
@click.option("--decryption-secret", default="", metavar="NAME", help=_NOT_YET)
@click.option("--kubeconfig-secret-ref", default="", metavar="NAME", help=_NOT_YET)
@click.option("--validation", default="", hidden=True)
@export_flags()
@kube_flags()
def command(name: str, kube: Kube, *, export: bool, validation: str, **given: Any) -> None:
    """Create or update Kustomization NAME and wait until it is applied.

    \b
      penstock create kustomization apps --source=fleet --path=./apps --prune --interval=10m
      penstock create ks apps --source=GitRepository/fleet.flux-system --path=./apps --wait -n team-a
      penstock create ks apps --source=fleet --depends-on=infra --export > apps.yaml

    The exit code is 1 if it fails, or is not ready in time.
    """
    from penstock.client.creation import create_kustomization  # noqa: PLC0415 - not needed for --help
    from penstock.client.manifests import NewKustomization, kustomization_of  # noqa: PLC0415 - likewise

    if validation:
        printing.warning(
            "--validation has been deprecated: all resources are validated using server-side apply dry-run"
        )
    interval_s, labels = given.pop("interval"), tuple(given.pop("labels"))
    obj = kustomization_of(
        NewKustomization(name=name, namespace=kube.namespace, interval_s=interval_s, labels=labels, **given)
    )
    if export:
        show(obj)
        return
    printing.generating("generating Kustomization")
    with acting(kube) as ports:
        create_kustomization(ports, obj)
