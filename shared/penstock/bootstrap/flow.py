"""`penstock bootstrap`: the order of its steps, which are Flux's.

Each step looks before it writes, so that a run that was cut off anywhere is finished by the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.bootstrap.steps import looking, syncing
from penstock.bootstrap.steps.components import components
from penstock.bootstrap.steps.connecting import check_rights, lead_with
from penstock.bootstrap.steps.logins import SourceSecret
from penstock.bootstrap.steps.publishing import Branch
from penstock.bootstrap.steps.webhooks import webhook
from penstock.tools.git import Remote

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.bootstrap.steps.ports import Origin, Ports
    from penstock.bootstrap.wanted import Wanted


def bootstrap(ports: Ports, wanted: Wanted, connect: Callable[[Ports], Origin]) -> None:
    """Bring the cluster to follow its path of the repository; `connect` finds the repository, or makes it.

    Returns once the commit that was pushed is applied. A PenstockError says which step failed and what to do.
    """
    found = looking.look(ports, wanted)
    before = looking.before(ports, wanted)
    origin = connect(ports)
    looking.agree_to_repository(ports, wanted, found, origin.sync_url)
    check_rights(origin, wanted)
    login = origin.credentials
    remote = Remote(origin.url.address, login.authorization, login.authorities, login.ssh)
    with ports.git.session(remote, ports.deadline) as session:
        branch = Branch(ports, wanted, origin, session)
        components(ports, wanted, origin, branch, found)
        SourceSecret(ports, wanted, origin).ensure()
        webhook(ports, wanted, origin)
        syncing.publish(ports, wanted, origin, branch)
        lead_with(ports, origin, wanted.branch)
        syncing.apply(ports, wanted, origin, branch, found)
        syncing.wait(ports, wanted, branch, before)
    looking.confirm(ports, wanted)
    if ports.hook is not None:
        ports.tell.action("installing the admission hook")
        ports.hook(ports.tell)
