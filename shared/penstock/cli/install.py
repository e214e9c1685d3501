"""`penstock install`: the CRDs, the functions' account and the stub Deployments, without a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli import printing
from penstock.cli.components import Chosen, component_flags
from penstock.cli.kube import Kube, kube_flags
from penstock.cli.person import confirm, finishing, rights_hinted

if TYPE_CHECKING:
    from penstock.install.components import Components
    from penstock.install.flow import InstallPorts

_AGAIN = "interrupted: what was applied stays; run the same command again, it goes on from there"
_NEXT = "the functions' rights are those of {0}: docs/operate.md, Rights"


@click.command("install")
@click.option("--export", "export", is_flag=True, help="Write the manifests to stdout and exit.")
@click.option("--dry-run", is_flag=True, help="Only show what would be done to each object.")
@click.option(
    "--force", is_flag=True, help="Do not ask before Flux, or what another tool installed, is taken over."
)
@component_flags
@kube_flags()
def command(kube: Kube, chosen: Chosen, *, export: bool, dry_run: bool, force: bool) -> None:
    """Install penstock's components in a cluster, or bring them up to date.

    These are the CRDs of the kinds that penstock has, a ServiceAccount and roles for the functions, and
    Deployments with 0 replicas under the names of Flux's controllers, so that the flux command line finds
    what it looks for. Objects of users are not touched. A cluster that a repository was bootstrapped for is
    brought up to date by `penstock bootstrap`.

    \b
    penstock install
    penstock install --namespace=infra --no-stubs
    penstock install --export > gotk-components.yaml
    """
    wanted = chosen.wanted(kube.namespace)
    if export:
        _export(wanted)
        return
    printing.generating("generating manifests")
    from penstock.base.deadline import Deadline  # noqa: PLC0415 - not needed for --help
    from penstock.install.components import SERVICE_ACCOUNT, objects  # noqa: PLC0415 - likewise
    from penstock.install.flow import InstallPorts, install, wait_at_rest  # noqa: PLC0415 - likewise

    found = objects(wanted)
    printing.success("manifests build completed")
    with rights_hinted(), kube.wiring() as wiring:
        deadline = Deadline.after(wiring.clock, kube.timeout_s, wiring.stop)
        ports = InstallPorts(kube.timed(wiring), deadline, printing)
        if not dry_run:
            _agree(ports, wanted, force=force)
        printing.action(f"installing components in {kube.namespace} namespace")
        with finishing(_AGAIN):
            for change in install(ports, found, dry_run=dry_run):
                click.echo(f"{change} (dry run)" if dry_run else str(change))
            if dry_run:
                return
            printing.waiting("verifying installation")
            wait_at_rest(ports)
    printing.success("install finished")
    printing.action(_NEXT.format(f"ServiceAccount {kube.namespace}/{SERVICE_ACCOUNT}"))


def _export(wanted: Components) -> None:
    from penstock.install.components import text  # noqa: PLC0415 - not needed for --help

    click.echo(text(wanted), nl=False)


def _agree(ports: InstallPorts, wanted: Components, *, force: bool) -> None:
    """Ask whoever has something to lose; Terminal if the answer is no, or cannot help."""
    from penstock.cluster.flux import running_controllers  # noqa: PLC0415 - not needed for --help
    from penstock.install.found import PROBE, installed, question  # noqa: PLC0415 - likewise

    there = installed(ports.cluster.get(PROBE))
    doubt = question(there, running_controllers(ports.cluster), stubs=wanted.stubs)
    if doubt is not None:
        printing.warning(doubt.why)
        confirm(doubt.asked, yes=force, flag="--force")
