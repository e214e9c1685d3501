"""The parts of `penstock bootstrap`, from settings and from what its flags say."""
# ruff: noqa: PLC0415 - `penstock bootstrap --export` needs neither cluster nor network

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from penstock.base.errors import PenstockError
from penstock.bootstrap.steps.ports import Ports

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.base.deadline import Deadline
    from penstock.base.masking import Masker
    from penstock.bootstrap.wanted import Receiver
    from penstock.client.telling import Tell
    from penstock.runtime.wiring import Wiring

_PROBE_S = 15.0


def ports_of(
    wiring: Wiring, deadline: Deadline, receiver: Receiver | None, ask: Callable[[str], None], tell: Tell
) -> Ports:
    """The ports; whatever is said goes through the masker, questions too."""
    from penstock.tools.git import Git
    from penstock.tools.keyscan import scan

    masker = wiring.masker
    told = Masked(tell, masker)

    def apply(objects: Sequence[Json], until: Deadline) -> None:
        from penstock.install.flow import InstallPorts, install

        install(InstallPorts(wiring.cluster.within(until), until, told), objects)

    return Ports(
        cluster=wiring.cluster.within(deadline),
        git=Git(wiring.settings.limits),
        builder=wiring.upstream,
        apply=apply,
        scan=scan,
        look=_look(wiring, receiver),
        hook=_hook(wiring, receiver, deadline),
        ask=lambda question: ask(masker.mask(question)),
        tell=told,
        masker=masker,
        limits=wiring.settings.limits,
        pause=time.sleep,
        deadline=deadline,
    )


def _look(wiring: Wiring, receiver: Receiver | None) -> Callable[[ObjectRef], None] | None:
    """How to have an object looked at now, where it is known whom to ask, and with which token."""
    token = wiring.settings.invoke_token
    if receiver is None or not token:
        return None
    from penstock.queue.invoking import HttpInvoke

    return HttpInvoke(receiver.url, token)


def _hook(wiring: Wiring, receiver: Receiver | None, deadline: Deadline) -> Callable[[Tell], None] | None:
    """How the admission hook is put there: the API server calls https only, and the path needs the token."""
    if receiver is None or not receiver.url.startswith("https://") or not wiring.tokens:
        return None
    url = receiver.url

    def put(tell: Tell) -> None:
        from penstock.admission.configuration import address
        from penstock.admission.flow import ensure, probe

        cluster = wiring.cluster.within(deadline)
        try:
            ensure(cluster, address(url, wiring.tokens[0]), "", wiring.scope)
            found = probe(cluster, deadline.sooner(_PROBE_S), wiring.scope)
        except PenstockError as error:  # the fleet is applied by now: the hook makes changes by hand quick
            tell.warning(f"changes of Flux objects by hand may wait for the next tick: {error.message}")
            return
        (tell.success if found.reached else tell.warning)(found.message)

    return put


class Masked:
    """Implements penstock.client.telling.Tell: no secret that the masker knows is told."""

    def __init__(self, tell: Tell, masker: Masker) -> None:
        self._tell = tell
        self._masker = masker

    def action(self, text: str) -> None:
        """See the port."""
        self._tell.action(self._masker.mask(text))

    def generating(self, text: str) -> None:
        """See the port."""
        self._tell.generating(self._masker.mask(text))

    def waiting(self, text: str) -> None:
        """See the port."""
        self._tell.waiting(self._masker.mask(text))

    def success(self, text: str) -> None:
        """See the port."""
        self._tell.success(self._masker.mask(text))

    def warning(self, text: str) -> None:
        """See the port."""
        self._tell.warning(self._masker.mask(text))

    def failure(self, text: str) -> None:
        """See the port."""
        self._tell.failure(self._masker.mask(text))
