"""`penstock uninstall`: takes penstock and Flux's kinds out of a cluster; what was applied stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.cli import printing
from penstock.cli.kube import Kube, kube_flags
from penstock.cli.person import confirm, finishing
from penstock.cli.uninstall_forge import Forged, forge_flags, remove_webhook

if TYPE_CHECKING:
    from penstock.cluster.port import Cluster

_QUESTION = (
    "What was applied stays. Are you sure you want to delete penstock and Flux's custom resource definitions"
)
_QUESTION_BACK = "Are you sure you want to hand the cluster back to Flux"
_AGAIN = "interrupted: run the same command again, it goes on; what was suspended stays so until then"


@click.command("uninstall")
@click.option("--keep-namespace", is_flag=True, help="Do not delete the namespace.")
@click.option(
    "--hand-back",
    is_flag=True,
    help="Only what is penstock's own goes; the CRDs and all Flux objects stay for Flux to go on with.",
)
@click.option("--dry-run", is_flag=True, help="Only print the objects that would be deleted.")
@click.option("-s", "--silent", "--yes", "silent", is_flag=True, help="Do not ask for confirmation.")
@forge_flags
@kube_flags()
def command(
    kube: Kube, forged: Forged, *, keep_namespace: bool, hand_back: bool, dry_run: bool, silent: bool
) -> None:
    """Delete penstock's components, Flux's custom resource definitions, and the namespace.

    The admission hook goes first. Flux objects are suspended and let go, so that nothing of what they applied
    is deleted; then the components, the CRDs and the namespace with all that is in it. Runs of the functions
    that are under way are waited for. Interrupted, it goes on when it is run again.

    With --hand-back Flux can take over in place: stop the functions, then `flux bootstrap`. With --forge the
    webhook that calls the functions is removed from the repository, too; else the repositories are named.

    \b
    penstock uninstall --dry-run
    penstock uninstall --keep-namespace
    penstock uninstall --hand-back && flux bootstrap github ...
    penstock uninstall --forge=github --owner=you --repository=fleet
    """
    from penstock.admission.flow import remove  # noqa: PLC0415 - not needed for --help
    from penstock.base.deadline import Deadline  # noqa: PLC0415 - likewise
    from penstock.install.removal import Wanted  # noqa: PLC0415 - likewise
    from penstock.install.uninstall import UninstallPorts, conclude, uninstall  # noqa: PLC0415 - likewise

    wanted = Wanted(
        namespace=kube.namespace, keep_namespace=keep_namespace, hand_back=hand_back, dry_run=dry_run
    )
    with kube.wiring(receiver_url=forged.receiver_url or None) as wiring:
        deadline = Deadline.after(wiring.clock, kube.timeout_s, wiring.stop)
        cluster = kube.timed(wiring)
        if not dry_run:
            question = _QUESTION_BACK if hand_back else f"{_QUESTION}{_managed(cluster)}"
            confirm(f"{question}?", yes=silent, flag="--silent")
        gone = set[str]()

        def remove_hooks() -> tuple[str, ...]:
            names = remove(cluster)
            gone.update(remove_webhook(wiring, deadline, forged))
            return names

        ports = UninstallPorts(cluster, deadline, printing, remove_hooks)
        with finishing(_AGAIN):
            removed = uninstall(ports, wanted)
    for url in sorted({*removed.repositories} - gone):
        printing.action(f"left: a webhook of {url}, if it calls the functions: delete it in its settings")
    conclude(removed)
    printing.success("uninstall finished")


def _managed(cluster: Cluster) -> str:
    """What the question adds where another tool has brought Flux."""
    from penstock.install.components import FLUX  # noqa: PLC0415 - not needed for --help
    from penstock.install.found import PROBE, installed  # noqa: PLC0415 - likewise

    found = installed(cluster.get(PROBE))
    by = found.managed_by if found is not None else ""
    return f", which are managed by {by}" if by not in {"", FLUX} else ""
