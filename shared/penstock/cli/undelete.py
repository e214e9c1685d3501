"""`penstock undelete`: brings back what a run deleted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from penstock.base.errors import Terminal
from penstock.base.options import Role
from penstock.base.text import printable
from penstock.cli.completing import object_names
from penstock.cli.kube import kube_flags
from penstock.cli.person import confirm, person_flags, table, tell
from penstock.client.kinds import KUSTOMIZATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.cli.kube import Kube
    from penstock.kustomize.undelete import Plan, Restored, UndeletePorts
    from penstock.runtime.wiring import Wiring

_KEPT = (
    "They carry `kustomize.toolkit.fluxcd.io/prune: disabled` until Git has them again: put them back there "
    "(git revert), or delete them by hand."
)


@click.command("undelete")
@click.argument("name", shell_complete=object_names(KUSTOMIZATION))
@click.option("--run", "run", default="", metavar="ID", help="What that run deleted, by its record's name.")
@click.option("--revision", default="", metavar="REV", help="What was deleted at that revision, or commit.")
@click.option("--dry-run", is_flag=True, help="Only show what would be brought back.")
@person_flags
@kube_flags()
def command(kube: Kube, name: str, run: str, revision: str, output: str, *, dry_run: bool, yes: bool) -> None:
    """Bring back what runs of Kustomization NAME deleted, from the artifact that was applied before.

    Without --run and --revision: what was deleted last. Shows what it would do and asks. Objects that exist
    are left alone; Secrets get the values of the artifact. Needs the bucket of `serve` (PENSTOCK_BUCKET). The
    exit code is 0 if all of it is back (or there already); 1 if not, if you say no, or without a terminal and
    --yes.
    """
    from penstock.api.refs import kustomization  # noqa: PLC0415 - not needed for --help
    from penstock.api.work import object_name  # noqa: PLC0415 - likewise
    from penstock.kustomize.undelete import Restored, plan, restore  # noqa: PLC0415 - likewise

    if run and revision:
        raise click.UsageError("give --run or --revision, not both")
    _, namespace, name = object_name("Kustomization", kube.namespace, name)
    with kube.wiring(Role.UNDELETE) as wiring:
        planned = plan(_ports(kube, wiring), kustomization(namespace, name), run=run, revision=revision)
        if output == "table":
            tell(output, {}, _shown(planned))
        restored = Restored()
        if planned.wanted and not dry_run:
            confirm(f"Bring back {len(planned.wanted)} objects?", yes=yes)
            restored = restore(_ports(kube, wiring), planned)
        tell(output, _value(planned, restored), _done(planned, restored, dry_run=dry_run))
    if lost := len(restored.problems) + len(planned.missing):
        raise Terminal(f"{lost} objects {'would not be' if dry_run else 'are not'} back")


def _ports(kube: Kube, wiring: Wiring) -> UndeletePorts:
    """With the whole timeout from now on: a person may think before answering."""
    from penstock.base.choices import FluxControllers, Substitutions  # noqa: PLC0415 - not needed for --help
    from penstock.kustomize.undelete import UndeletePorts  # noqa: PLC0415 - likewise

    return UndeletePorts(
        cluster=kube.timed(wiring),
        artifacts=wiring.artifacts,
        runs=wiring.runs,
        builder=wiring.upstream,
        limits=wiring.settings.limits,
        clock=wiring.clock,
        log=wiring.log,
        masker=wiring.masker,
        pause=time.sleep,
        hold_flux=wiring.settings.flux_controllers is FluxControllers.HOLD,
        strict_substitutions=wiring.settings.substitutions is Substitutions.STRICT,
    )


def _shown(planned: Plan) -> Iterator[str]:
    yield f"Deleted from {planned.owner} by {', '.join(planned.runs)};"
    yield f"as applied at revision {printable(planned.before.revision)}:"
    yield ""
    rows = [(item.ref.kind, item.ref.namespace or "-", item.ref.name, item.fate) for item in planned.items]
    yield from table(("KIND", "NAMESPACE", "NAME", "WHAT"), rows)
    yield ""


def _done(planned: Plan, restored: Restored, *, dry_run: bool) -> Iterator[str]:
    if not planned.wanted:
        yield "There is nothing to bring back."
    elif dry_run:
        yield "Nothing was changed."
    else:
        yield f"{len(restored.refs)} of {len(planned.wanted)} objects are back."
        yield from (printable(f"  {problem}", 2048) for problem in restored.problems)
        yield _KEPT


def _value(planned: Plan, restored: Restored) -> dict[str, Any]:
    back = set(restored.refs)
    return {
        "kind": planned.owner.kind,
        "namespace": planned.owner.namespace,
        "name": planned.owner.name,
        "runs": list(planned.runs),
        "revision": planned.before.revision,
        "objects": [
            {
                "group": item.ref.group,
                "kind": item.ref.kind,
                "namespace": item.ref.namespace,
                "name": item.ref.name,
                "what": str(item.fate),
                "back": item.ref in back,
            }
            for item in planned.items
        ],
        "problems": list(restored.problems),
    }
