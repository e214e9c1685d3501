"""The webhook by which the forge tells the functions of a push."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.base.duration import format_duration
from penstock.forge.port import Outcome, Webhook

if TYPE_CHECKING:
    from penstock.bootstrap.steps.ports import Origin, Ports
    from penstock.bootstrap.wanted import Wanted

_DONE = {Outcome.CREATED: "configured", Outcome.UPDATED: "updated", Outcome.UNCHANGED: "reconciled"}


def webhook(ports: Ports, wanted: Wanted, origin: Origin) -> None:
    """Register it, or say what a person has to do so that pushes are told of."""
    receiver, every = wanted.receiver, format_duration(wanted.interval_seconds)
    if receiver is None:
        ports.tell.warning(
            f"no webhook is registered, so that a push is found within {every}: say where the functions are "
            "with --receiver-url",
        )
        return
    if origin.forge is None or origin.repository is None:
        ports.tell.warning(
            f"add a webhook for pushes to the repository by hand: {receiver.url}/github, application/json, "
            f"with the secret of PENSTOCK_WEBHOOK_SECRET; until then a push is found within {every}",
        )
        return
    url = f"{receiver.url}{origin.forge.receiver_path}"
    ports.tell.action(f'registering the webhook "{url}"')
    outcome = origin.forge.ensure_webhook(origin.repository, Webhook(url, receiver.secret))
    where = origin.repository.https_url.removesuffix(".git")
    ports.tell.success(f'{_DONE[outcome]} webhook for "{where}"')
