"""The hook in the cluster: put there last, by whoever knows the address, taken away first, and proven.

It is no object of a fleet: no inventory has it, so no prune takes it.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.admission.configuration import COMPONENT, LABELS, SELECTOR, example, manifest, ref, shown
from penstock.admission.review import PROBE, Scope, reached
from penstock.api.gitrepository import GROUP, KIND, VERSION
from penstock.api.objects import labels_of, resource_version, uid
from penstock.api.refs import ObjectRef
from penstock.base.errors import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from penstock.api.objects import Json
    from penstock.base.deadline import Deadline
    from penstock.cluster.port import Cluster

MANAGER = "penstock"
_PAUSE_S = 0.1
_ALWAYS_THERE = "default"
_WHERE = ref(Scope())


@dataclass(frozen=True)
class Probe:
    """Whether the hook is in the cluster, where it leads, and whether the API server reaches it."""

    installed: bool
    reached: bool = False
    address: str = ""

    @property
    def message(self) -> str:
        """What a person is told, with the remedy where there is something to do."""
        if not self.installed:
            return (
                "the admission hook is not installed: changes of Flux objects are acted on at the next tick; "
                "`penstock serve --admission-port` brings it, or `penstock bootstrap --receiver-url https://…`"
            )
        if self.reached:
            return f"the API server reaches the admission hook at {self.address}"
        return (
            f"the API server does not reach the admission hook at {self.address}: open the way from the API "
            "server to that address and check its certificate; until then changes wait for the next tick"
        )


def ensure(cluster: Cluster, url: str, ca: str, scope: Scope | None = None) -> bool:
    """Puts the hook there, or brings it up to date; says whether anything changed.

    What else of ours leads to the same address goes: it was put there when other namespaces were served.

    `url` is what penstock.admission.configuration.address gives, `ca` the certificate (PEM) of the authority
    that its server's certificate is from, empty for a public one. Terminal if an object of that name is not
    ours, or if it may not be written.
    """
    scope = scope or Scope()
    wanted, where = manifest(url, ca, scope), ref(scope)
    before = cluster.get(where)
    if before is not None and not _ours(before):
        raise Terminal(f"{where} is there and is not penstock's: it is left alone, rename or remove it")
    after = cluster.apply(wanted, field_manager=MANAGER)
    stale = [hook for hook in _hooks(cluster, None) if _url(hook) == url and uid(hook) != uid(after)]
    for hook in stale:
        cluster.delete(ObjectRef.from_object(hook), uid=uid(hook))
    return bool(stale) or before is None or resource_version(before) != resource_version(after)


def remove(cluster: Cluster, scope: Scope | None = None) -> tuple[str, ...]:
    """Takes the hook away, that of one scope or (None) all of ours; gives the names of what was there."""
    kind = (_WHERE.group, _WHERE.version, _WHERE.kind)
    found = cluster.list(*kind, label_selector=SELECTOR, metadata_only=True)
    names = []
    for obj in found:
        where = ObjectRef.from_object(obj)
        if (scope is None or where == ref(scope)) and cluster.delete(where, uid=uid(obj)):
            names.append(where.name)
    return tuple(names)


def probe(
    cluster: Cluster,
    deadline: Deadline,
    scope: Scope | None = None,
    *,
    mark: str = "",
    pause: Callable[[float], None] = time.sleep,
) -> Probe:
    """Whether the API server reaches the hook: a dry-run of a creation is told to it, and it answers.

    Without a scope all hooks of ours are tried, and one that is not reached speaks for all. Nothing is
    stored. It is tried until the deadline, for the API server does not know at once of a hook that is new.
    `mark` (letters and digits) tells this probe from others; a random one by default.
    """
    mark = mark or secrets.token_hex(8)
    probed = Probe(installed=False)
    for hook in _hooks(cluster, scope):
        probed = Probe(True, _answers(cluster, hook, mark, deadline, pause), shown(_url(hook)))
        if not probed.reached:
            break
    return probed


def _hooks(cluster: Cluster, scope: Scope | None) -> tuple[Json, ...]:
    if scope is None:
        return cluster.list(_WHERE.group, _WHERE.version, _WHERE.kind, label_selector=SELECTOR)
    found = cluster.get(ref(scope))
    return (found,) if found is not None and _ours(found) else ()


def _answers(
    cluster: Cluster, hook: Json, mark: str, deadline: Deadline, pause: Callable[[float], None]
) -> bool:
    trial, expected = _trial(hook, mark), reached(mark)
    while expected not in cluster.warnings(trial):
        if deadline.expired:
            return False
        pause(min(_PAUSE_S, deadline.remaining()))
    return True


def _trial(hook: Json, mark: str) -> Json:
    """A GitRepository that the hook is told of, and that is never stored."""
    namespace, labels = example(hook)
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "metadata": {
            "generateName": "penstock-probe-",
            "namespace": namespace or _ALWAYS_THERE,
            "labels": labels,
            "annotations": {PROBE: mark},
        },
        "spec": {"interval": "1h", "url": "https://example.invalid/probe"},
    }


def _url(obj: Json) -> str:
    hooks = obj.get("webhooks") or [{}]
    return str((hooks[0].get("clientConfig") or {}).get("url") or "")


def _ours(obj: Json) -> bool:
    return labels_of(obj).get(COMPONENT) == LABELS[COMPONENT] and LABELS.items() <= labels_of(obj).items()
