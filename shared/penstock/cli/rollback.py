"""`penstock rollback`: an earlier artifact in place of the offered one, until there is a newer one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from penstock.base.clock import rfc3339_micro
from penstock.base.errors import Terminal
from penstock.base.options import Role
from penstock.base.text import printable
from penstock.cli.acting import LINES, acting
from penstock.cli.completing import object_names
from penstock.cli.kube import Kube, kube_flags
from penstock.cli.lazy import Entry
from penstock.cli.nouns import kind_nouns, noun_group
from penstock.cli.person import confirm
from penstock.cli.planning import ports_of, refusing
from penstock.cli.printing import action, success, warning
from penstock.cli.switches import SwitchCommand
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION

if TYPE_CHECKING:
    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.client.ports import Ports
    from penstock.plans.history import Commit
    from penstock.plans.rollback import Proposal, RollbackPorts
    from penstock.runtime.wiring import Wiring


@click.command("kustomization", cls=SwitchCommand)
@click.argument("name", shell_complete=object_names(KUSTOMIZATION))
@click.option("--to", default="", metavar="REV", help="That revision or commit; else the one applied before.")
@click.option("--cancel", is_flag=True, help="Let the source's own revision be applied again.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--wait/--no-wait", default=True, show_default=True, help="Wait until it is applied.")
@kube_flags()
def kustomization(kube: Kube, name: str, to: str, *, cancel: bool, dry_run: bool, **how: bool) -> None:
    """Apply an earlier artifact of Kustomization NAME, and keep off the revision that its source offers.

    The artifact has to be in the bucket of `serve` (PENSTOCK_BUCKET), and is verified. What would change is
    shown first. The rollback holds, whatever happens to processes, until the source offers any other revision
    than the one that is kept off, or until --cancel; the Kustomization's Ready condition says so for as long.
    The brake on deletion stands.

    \b
      penstock rollback kustomization apps
      penstock rollback ks apps --to 4f1c2d3 --yes
      penstock rollback ks apps --cancel
    """
    from penstock.api.refs import kustomization as kustomization_ref  # noqa: PLC0415 - not needed for --help

    if cancel and (to or dry_run):
        raise click.UsageError("--cancel goes with neither --to nor --dry-run")
    ref = kustomization_ref(kube.namespace, name)
    with kube.wiring(Role.CLIENT if cancel else Role.ROLLBACK) as wiring:
        if cancel:
            _cancel(wiring, kube, ref, **how)
        else:
            _roll_back(wiring, kube, ref, to, dry_run=dry_run, **how)


def _cancel(wiring: Wiring, kube: Kube, ref: ObjectRef, *, yes: bool, wait: bool) -> None:
    from penstock.plans.rollback import cancel  # noqa: PLC0415 - not needed for --help

    confirm(f"Apply what the source of {ref} offers again?", yes=yes)
    with acting(kube) as ports:
        found = ports.read(ref)
        stood = cancel(ports.bounded, ref, rfc3339_micro(wiring.clock.now()))
        was = f" to {stood.revision}, which kept off {stood.bad}," if stood is not None else ""
        success(f"the rollback of {ref}{was} is cancelled")
        _wait(ports, ref, found, wait=wait)


def _roll_back(
    wiring: Wiring, kube: Kube, ref: ObjectRef, to: str, *, dry_run: bool, yes: bool, wait: bool
) -> None:
    from penstock.plans.rollback import hold, propose  # noqa: PLC0415 - not needed for --help

    ports = _ports(wiring, kube)
    proposal = propose(ports, ref, to)
    _show(wiring, kube, ports, proposal)
    if dry_run:
        return
    rollback = proposal.rollback
    confirm(f"Roll {ref} back to {printable(rollback.revision)}?", yes=yes)
    with acting(kube) as acts:
        action(f"annotating {ref.kind} {ref.name} in {ref.namespace} namespace")
        hold(acts.bounded, ref, proposal, rfc3339_micro(wiring.clock.now()))
        success(
            f"{rollback.revision} stands in place of {rollback.bad} until the source has a newer revision"
        )
        _wait(acts, ref, proposal.obj, wait=wait)


def _wait(ports: Ports, ref: ObjectRef, before: Json, *, wait: bool) -> None:
    """Have it looked at now, and wait for what comes of that, as `reconcile` does."""
    from penstock.client import parts, progress, waiting  # noqa: PLC0415 - not needed for --help

    if parts.suspended(before):
        warning(f"{ref} is suspended: nothing is applied before it is resumed")
        return
    waits = ports.look_now(ref)
    if not wait:
        return
    ports.tell.waiting(f"waiting for {ref.kind} reconciliation")
    known = progress.tokens(before)
    done = waiting.wait(waits, ref, lambda found: progress.handled(found, known))
    success(progress.success(done) or f"{ref.kind} is reconciled")


def _ports(wiring: Wiring, kube: Kube) -> RollbackPorts:
    from penstock.plans.rollback import RollbackPorts  # noqa: PLC0415 - not needed for --help

    return RollbackPorts(kube.timed(wiring), wiring.artifacts, wiring.runs, wiring.settings.limits)


def _show(wiring: Wiring, kube: Kube, ports: RollbackPorts, proposal: Proposal) -> None:
    """What it would do; Terminal if it would fail, so that nothing is begun that cannot be done."""
    from penstock.base.choices import Substitutions  # noqa: PLC0415 - not needed for --help
    from penstock.plans.preview import look_ahead  # noqa: PLC0415 - likewise
    from penstock.plans.rollback import job_of  # noqa: PLC0415 - likewise
    from penstock.plans.telling import notes, text  # noqa: PLC0415 - likewise

    target, strict = proposal.target, wiring.settings.substitutions is Substitutions.STRICT
    good, bad = (_told(one, proposal.commit(one)) for one in (target.revision, proposal.rollback.bad))
    action(f"{good}, last applied at {target.applied_at[:19]}Z,")
    action(f"in place of {bad}")
    outlook, _ = look_ahead(ports_of(wiring, kube, strict=strict), job_of(ports, proposal))
    click.echo(wiring.masker.mask(text(outlook)), nl=False)
    for note in notes(outlook):
        warning(wiring.masker.mask(note))
    if outlook.failures:
        told = "\n".join(map(wiring.masker.mask, outlook.failures))
        raise Terminal(f"that revision cannot be applied as the cluster is now; nothing was changed:\n{told}")
    if not outlook.changes:
        action("nothing in the cluster would change by that")


def _told(revision: str, commit: Commit) -> str:
    """The revision with what its author said."""
    said = f" ({commit.subject}; {commit.author})" if commit.author or commit.subject else ""
    return f"{revision}{said}"


_NOUNS = {
    **kind_nouns({KUSTOMIZATION: Entry(lambda: kustomization, LINES[KUSTOMIZATION])}),
    GIT_REPOSITORY.words: refusing(
        "git", "a source is not rolled back: roll back its Kustomizations, or change its spec.ref"
    ),
}
command = noun_group("rollback", "Go back to an earlier artifact.", _NOUNS)
