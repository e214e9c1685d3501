"""`penstock check`: looks at this machine, the cluster, the functions and the bucket, one after the other.

What each of them means is decided in penstock.install.checks. What cannot be looked at is said to be skipped.
"""
# ruff: noqa: PLC0415 - a check of the machine needs no Kubernetes client

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from penstock.base.errors import PenstockError
from penstock.install import checks
from penstock.install.checks import Line, failed, ok, skipped
from penstock.install.components import SERVICE_ACCOUNT
from penstock.install.found import PROBE, installed
from penstock.install.removal import SELECTOR
from penstock.install.rights import allowed, review, to_install, to_work, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from penstock.cluster.port import Cluster
    from penstock.install.rights import Right
    from penstock.runtime.wiring import Wiring

_ASKED_AT_ONCE = 8
_TICK_SECONDS = 60
"""What an outer scheduler is told to keep to (docs/operate.md)."""
_GRACE_S = 5
_TOOL_S = 10.0
_PROBE_S = 3.0
"""A hook that is there answers within two seconds or not at all."""


@dataclass(frozen=True)
class Checked:
    """What is looked at: the parts of this command, the cluster within its time, the namespace."""

    wiring: Wiring
    cluster: Cluster
    namespace: str


def prerequisites(checked: Checked, *, to_bring: bool) -> Iterator[Line]:
    """Programs here, the cluster's version; `to_bring`: also the rights that it takes to install."""
    yield from _tools(checked.wiring)
    version = _version(checked.cluster)
    yield version
    if not to_bring:
        yield skipped("your rights to install: `penstock check --pre` looks at them")
    elif version.state is checks.State.FAILED:
        yield skipped("your rights: the cluster cannot be used")
    else:
        wanted, remedy = to_install(checked.namespace), "ask whoever runs the cluster"
        yield from _guarded("your rights", lambda: (_rights(checked.cluster, "you", wanted, remedy),))


def in_cluster(checked: Checked) -> Iterator[Line]:
    """What is there: Flux's kinds, no rival, and the rights of the functions."""
    cluster = checked.cluster
    yield from _guarded("Flux's kinds", lambda: checks.distribution(installed(cluster.get(PROBE))))
    yield from _guarded("the CRDs", lambda: checks.definitions(_crds(cluster)))
    yield from _guarded("Flux's own controllers", lambda: (checks.controllers(_running(cluster)),))
    yield from _guarded("the functions' rights", lambda: (_own_rights(checked),))


def functions(checked: Checked) -> Iterator[Line]:
    """Whether the functions answer, know the webhook's secret, tick, and are told by the API server."""
    yield from _reached(checked)
    yield from _ticks(checked)
    yield from _guarded("the admission hook", lambda: (_hook(checked),))


def _tools(wiring: Wiring) -> Iterator[Line]:
    yield checks.tool("git", _asked(("git", "--version"), "git version "), "install it")
    ssh = _asked(("ssh", "-V"), "")
    yield ok(f"ssh {ssh}") if ssh else skipped("ssh is not there: needed for ssh:// repositories only")
    yield from _guarded("the Go helper", lambda: (_helper(wiring),))


def _asked(argv: tuple[str, ...], prefix: str) -> str:
    """What a program says of its version; empty if it is not there."""
    from penstock.tools.versions import version_of

    return version_of(argv, _TOOL_S).removeprefix(prefix)


def _helper(wiring: Wiring) -> Line:
    from penstock.tools.gobuild import built_path
    from penstock.tools.gotools import upstream

    given = wiring.settings.upstream_binary
    where = given or built_path(upstream(), wiring.environ)
    remedy = "name another in PENSTOCK_UPSTREAM_BINARY" if given else "`penstock tools build upstream`"
    return checks.tool("the Go helper", str(where) if where.is_file() else "", remedy)


def _version(cluster: Cluster) -> Line:
    try:
        return checks.kubernetes(cluster.version())
    except PenstockError as error:
        return failed(error.message, "see --kubeconfig and --context")


def _rights(cluster: Cluster, who: str, wanted: Iterable[Right], remedy: str, account: str = "") -> Line:
    from penstock.cluster.parallel import parallel

    def has(right: Right) -> bool:
        return allowed(cluster.create(review(right, account)))

    asked = tuple(wanted)
    found = parallel(has, asked, _ASKED_AT_ONCE)
    for one in found:
        if isinstance(one, PenstockError):
            raise one
    return checks.rights(who, told(right for right, yes in zip(asked, found, strict=True) if not yes), remedy)


def _own_rights(checked: Checked) -> Line:
    """Those of the functions' ServiceAccount if it is there, else ours: then they have our kubeconfig."""
    from penstock.api.refs import ObjectRef
    from penstock.cluster.errors import Forbidden

    cluster = checked.cluster
    account = ObjectRef("", "v1", "ServiceAccount", checked.namespace, SERVICE_ACCOUNT)
    if cluster.get(account) is None:
        return _rights(cluster, "you", to_work(), "grant it, if the functions are to use your kubeconfig")
    try:
        return _rights(cluster, str(account), to_work(), "`penstock install` grants it", checked.namespace)
    except Forbidden:
        return skipped(f"the rights of {account}: you may not ask for those of others")


def _crds(cluster: Cluster) -> tuple[dict[str, object], ...]:
    return cluster.list("apiextensions.k8s.io", "v1", "CustomResourceDefinition", label_selector=SELECTOR)


def _running(cluster: Cluster) -> tuple[str, ...]:
    from penstock.cluster.flux import running_controllers

    return running_controllers(cluster)


def _reached(checked: Checked) -> Iterator[Line]:
    from penstock.runtime.reach import ping, unwell

    url, wiring = checked.wiring.settings.receiver_url, checked.wiring
    if not url:
        yield skipped("the functions: --receiver-url and PENSTOCK_RECEIVER_URL do not say where they are")
        yield skipped("the webhook's secret: it is not known where the functions are")
        return
    problem = unwell(url, wiring.environ)
    yield checks.functions(url, problem)
    if problem:
        yield skipped("the webhook's secret: the functions do not answer")
        return
    secret = wiring.webhook_secrets[0] if wiring.webhook_secrets else ""
    yield from _guarded(
        "the webhook", lambda: checks.webhook(ping(url, secret, wiring.environ), signed=bool(secret))
    )


def _ticks(checked: Checked) -> Iterator[Line]:
    wiring = checked.wiring
    settings = wiring.settings
    if settings.bucket is None:
        yield skipped("the tick: PENSTOCK_BUCKET does not say where its record is")
        return
    allowed_s = (settings.tick_seconds or _TICK_SECONDS) + settings.tick_budget_seconds + _GRACE_S

    def look() -> Iterable[Line]:
        found = wiring.ticks.read()
        return (checks.tick(found.at if found is not None else "", wiring.clock.now(), allowed_s),)

    yield from _guarded("the tick", look)


def _hook(checked: Checked) -> Line:
    from penstock.admission.flow import probe
    from penstock.admission.review import Scope
    from penstock.base.deadline import Deadline

    wiring = checked.wiring
    scope = wiring.scope if wiring.scope != Scope() else None  # who says nothing else asks for all there are
    return checks.hook(probe(checked.cluster, Deadline.after(wiring.clock, _PROBE_S), scope))


def _guarded(what: str, look: Callable[[], Iterable[Line]]) -> Iterator[Line]:
    """The lines of a check, or one that says why it could not be made."""
    try:
        yield from look()
    except PenstockError as error:
        yield failed(f"{what} cannot be seen: {error.message}")
