"""What the verbs that change something in the cluster share: their ports, and the names of objects."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import click

from penstock.cli import printing
from penstock.cli.person import finishing
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION, NOT_SERVED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from penstock.api.refs import ObjectRef
    from penstock.base.settings import Settings
    from penstock.cli.kube import Kube
    from penstock.client.kinds import Kind
    from penstock.client.ports import Ask, Ports

LINES = {GIT_REPOSITORY: "GitRepository: a Git repository", KUSTOMIZATION: "Kustomization: what is applied"}
"""One line for each kind that is built."""
_STANDS = "interrupted: what was asked for already stands, and penstock goes on with it"


@contextlib.contextmanager
def acting(kube: Kube) -> Iterator[Ports]:
    """The ports of a verb, with the whole timeout before them."""
    from penstock.base.deadline import Deadline  # noqa: PLC0415 - not needed for --help
    from penstock.client.ports import Ports  # noqa: PLC0415 - likewise
    from penstock.cluster.errors import UnknownKind  # noqa: PLC0415 - likewise

    with kube.wiring() as wiring:
        ports = Ports(
            cluster=wiring.cluster,
            clock=wiring.clock,
            deadline=Deadline.after(wiring.clock, kube.timeout_s, wiring.stop),
            timeout_s=kube.timeout_s,
            pause=time.sleep,
            tell=printing,
            ask=_ask(wiring.settings),
        )
        try:
            with finishing(_STANDS):
                yield ports
        except UnknownKind as error:
            raise UnknownKind(f"{error.message}: {NOT_SERVED}") from None


def _ask(settings: Settings) -> Ask | None:
    """How to have an object looked at now, where the settings say whom to ask and with which token."""
    if not settings.receiver_url:
        return None
    if not settings.invoke_token:
        printing.warning(
            "PENSTOCK_RECEIVER_URL is set and PENSTOCK_INVOKE_TOKEN is not: nobody is asked to look"
        )
        return None
    from penstock.queue.invoking import HttpInvoke  # noqa: PLC0415 - not needed for --help

    return HttpInvoke(settings.receiver_url, settings.invoke_token)


def ref_of(kind: Kind, kube: Kube, name: str) -> ObjectRef:
    """The reference of a named object; Terminal if it is no possible name."""
    from penstock.api.work import object_name  # noqa: PLC0415 - not needed for --help

    return kind.ref(*object_name(kind.kind, kube.namespace, name)[1:])


def some_or_all(kind: Kind, names: Sequence[str], *, every: bool) -> tuple[str, ...]:
    """The names that were given, none for all of them; wrong usage if it is neither, or both."""
    if not names and not every:
        raise click.UsageError(f"{kind.human} name is required, or --all")
    if names and every:
        raise click.UsageError("give names or --all, not both")
    return tuple(names)


def all_flag(doing: str) -> Callable[[Any], Any]:
    """--all."""
    return click.option("--all", "every", is_flag=True, help=f"{doing} all resources in that namespace.")
