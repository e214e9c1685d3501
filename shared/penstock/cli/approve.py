"""`penstock approve`: lets deletions go ahead that the brake holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from penstock.base.options import Role
from penstock.base.text import printable
from penstock.cli.completing import object_names
from penstock.cli.kube import kube_flags
from penstock.cli.person import confirm, person_flags, table, tell
from penstock.client.kinds import KUSTOMIZATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from penstock.cli.kube import Kube
    from penstock.kustomize.approve import Pending

_MOST_NAMED = 50
_NEXT = (
    "The next look deletes them: at once by the admission hook, else at the next tick. "
    "Another revision will have to be approved anew."
)


@click.command("approve")
@click.argument("name", shell_complete=object_names(KUSTOMIZATION))
@person_flags
@kube_flags()
def command(kube: Kube, name: str, output: str, *, yes: bool) -> None:
    """Let the held deletions of Kustomization NAME go ahead, at the revision that holds them.

    Shows what is held and asks. With PENSTOCK_BUCKET set, it names every object. The exit code is 0 if it is
    approved; 1 if nothing is held, if you say no, or without a terminal and --yes.
    """
    from penstock.api.refs import kustomization  # noqa: PLC0415 - not needed for --help
    from penstock.api.work import object_name  # noqa: PLC0415 - likewise
    from penstock.kustomize.approve import approve, pending  # noqa: PLC0415 - likewise

    _, namespace, name = object_name("Kustomization", kube.namespace, name)
    with kube.wiring(Role.APPROVE) as wiring:
        runs = wiring.runs if wiring.settings.bucket is not None else None
        found = pending(kube.timed(wiring), kustomization(namespace, name), runs)
        if output == "table":
            tell(output, {}, _shown(found))
        if not found.approved:
            confirm("Delete them?", yes=yes)
            approve(kube.timed(wiring), found)
    tell(output, _value(found), _done(found))


def _shown(found: Pending) -> Iterator[str]:
    from penstock.kustomize.brake import by_kind  # noqa: PLC0415 - not needed for --help

    yield f"{found.ref} holds deletions at revision {printable(found.revision)}"
    if found.held is None:
        yield printable(found.message, 4096, newlines=True)
        return
    yield ""
    yield from table(("KIND", "OBJECTS"), [(kind, str(count)) for kind, count in by_kind(found.held)])
    yield ""
    named = [(ref.kind, ref.namespace or "-", ref.name) for ref in found.held[:_MOST_NAMED]]
    yield from table(("KIND", "NAMESPACE", "NAME"), named)
    if more := len(found.held) - len(named):
        yield f"and {more} more: -o json names all of them"


def _done(found: Pending) -> Iterator[str]:
    if found.approved:
        yield "They are approved already."
    else:
        yield f"Approved for revision {printable(found.revision)} only."
    yield _NEXT if not found.suspended else f"{found.ref} is suspended: resume it first. {_NEXT}"


def _value(found: Pending) -> dict[str, Any]:
    held = None
    if found.held is not None:
        held = [
            {"group": ref.group, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
            for ref in found.held
        ]
    return {
        "kind": found.ref.kind,
        "namespace": found.ref.namespace,
        "name": found.ref.name,
        "revision": found.revision,
        "approved": True,
        "suspended": found.suspended,
        "message": found.message,
        "held": held,
    }
