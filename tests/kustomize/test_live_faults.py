"""apply while the real API server has a bad day in the middle of it (threats B-14, B-28), or too little time.

Whatever breaks: nothing is deleted, nothing leaves the inventory, nothing counts as applied, and the run
after the bad day ends where an undisturbed one would have ended.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.errors import PenstockError, Transient
from penstock.cluster.errors import Unauthorized

from tests.kustomize.builders import config_map
from tests.support.faulty_proxy import FaultyProxy, Seen, drop, reset, reset_after, slow, status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from penstock.tools.controlplane.plane import ControlPlane

    from tests.kustomize.live import Live

UNAVAILABLE = status(503, "ServiceUnavailable")
THROTTLED = status(429, "TooManyRequests", retry_after=60)
UNAUTHORIZED = status(401, "Unauthorized")
DAYS = {
    "reset": reset,
    "reset after the effect": reset_after,
    "503": UNAVAILABLE,
    "429": THROTTLED,
    "401": UNAUTHORIZED,
    "no answer": drop,
    "slow": slow,
}


@pytest.fixture
def proxy(control_plane: ControlPlane, tmp_path: Path) -> Iterator[FaultyProxy]:
    with FaultyProxy(control_plane, tmp_path) as started:
        yield started


@pytest.fixture
def fleet(live: Live, proxy: FaultyProxy) -> Live:
    """Three objects are applied; the next revision changes one, adds one and leaves the others out.

    apply goes through the proxy, one request at a time; what the test itself does goes past it.
    """
    live.add()
    live.push({"apps/all.yaml": [config_map(name, live.namespace, data={"x": "1"}) for name in "abc"]})
    assert live.one().ok
    cluster = proxy.cluster()
    # Without this it would ask for its kinds first, and break there.
    cluster.discovery().catalog()
    live.ports = replace(live.ports, cluster=cluster, requests=1, budget_seconds=2.0)
    wanted = [config_map(name, live.namespace, data={"x": "2"}) for name in "ad"]
    live.push({"apps/all.yaml": wanted})
    return live


class FromWrite:
    """True for each request from the k-th write of a ConfigMap on."""

    def __init__(self, k: int) -> None:
        self._left = k

    def __call__(self, seen: Seen) -> bool:
        self._left -= seen.write and "/configmaps/" in seen.path
        return self._left <= 0


def conditions(live: Live) -> dict[str, tuple[str, str]]:
    found = live.cluster.get(live.apps) or {}
    return {one["type"]: (one["status"], one["reason"]) for one in found["status"]["conditions"]}


def is_applied(live: Live) -> bool:
    """Whether the status says that the revision which the source offers is applied."""
    consumer, source = live.cluster.get(live.apps) or {}, live.cluster.get(live.repository) or {}
    offered = source["status"]["artifact"]["revision"]
    return bool(consumer["status"]["lastAppliedRevision"] == offered)


def ids(live: Live, names: str) -> set[str]:
    return {f"{live.namespace}_{name}__ConfigMap" for name in names}


def run(live: Live) -> Any:
    """The outcome, or what was raised; None if nothing was due."""
    try:
        return next(iter(live.run()), None)
    except PenstockError as error:
        return error


@pytest.mark.parametrize("day", DAYS)
@pytest.mark.parametrize("k", [2, 3])
def test_a_bad_day_in_the_middle_deletes_nothing_and_the_next_run_converges(
    fleet: Live, proxy: FaultyProxy, day: str, k: int
) -> None:
    proxy.fail(DAYS[day], FromWrite(k))
    first = run(fleet)
    proxy.heal()
    if k < 3:
        assert not [seen for seen in proxy.seen if seen.method == "DELETE"]
        assert fleet.owned("ConfigMap").keys() >= set("abc")
    assert set(fleet.inventory()) >= ids(fleet, "abc") - (set() if k < 3 else ids(fleet, "bc"))
    assert not is_applied(fleet)
    assert conditions(fleet)["Ready"][0] != "True"
    assert isinstance(first, Transient) or not first.ok or first.reason == "HandedOver"
    assert run_again(fleet).ok
    assert sorted(fleet.owned("ConfigMap")) == ["a", "d"]
    assert fleet.one(fleet.apps).ok, "a check of what may have come late"
    assert set(fleet.inventory()) == ids(fleet, "ad")
    assert is_applied(fleet)
    assert conditions(fleet)["Ready"][0] == "True"


def test_while_only_writes_fail_nothing_is_deleted_either(fleet: Live, proxy: FaultyProxy) -> None:
    proxy.fail(
        UNAVAILABLE, lambda seen: seen.write and seen.method == "PATCH" and "/configmaps/" in seen.path
    )
    outcome = fleet.one()
    assert (outcome.ok, outcome.reason) == (False, "ReconciliationFailed")
    assert sorted(fleet.owned("ConfigMap")) == ["a", "b", "c"]
    assert set(fleet.inventory()) >= ids(fleet, "abc")
    assert not is_applied(fleet)
    proxy.heal()
    assert run_again(fleet).ok
    assert sorted(fleet.owned("ConfigMap")) == ["a", "d"]


def run_again(live: Live) -> Any:
    """As the queue, the tick or an impatient person does it."""
    live.ports = replace(live.ports, budget_seconds=540.0)
    return live.one(live.apps)


def test_credentials_that_are_renewed_in_the_middle_are_read_again_once(
    fleet: Live, proxy: FaultyProxy
) -> None:
    def outdated(seen: Seen) -> bool:
        writes = [one for one in proxy.seen if one.write and "/configmaps/" in one.path]
        if len(writes) == 2:
            proxy.token_file.write_text("second")
        return len(writes) >= 2 and seen.headers.get("authorization") == "Bearer first"

    proxy.fail(UNAUTHORIZED, outdated)
    assert fleet.one().ok
    refused = [n for n, seen in enumerate(proxy.seen) if seen.headers["authorization"] == "Bearer first"]
    assert {seen.headers["authorization"] for seen in proxy.seen[refused[-1] + 1 :]} == {"Bearer second"}
    assert sorted(fleet.owned("ConfigMap")) == ["a", "d"]


def test_credentials_that_stay_refused_stop_the_run_at_once(fleet: Live, proxy: FaultyProxy) -> None:
    proxy.fail(UNAUTHORIZED, FromWrite(2))
    with pytest.raises(Unauthorized):
        fleet.run()
    last = proxy.seen[-1]
    assert last.write
    assert len([seen for seen in proxy.seen if (seen.method, seen.path) == (last.method, last.path)]) == 1
    assert conditions(fleet) == {"Ready": ("Unknown", "Progressing"), "Reconciling": ("True", "Progressing")}
    assert set(fleet.inventory()) == ids(fleet, "abcd")


def test_five_hundred_objects_in_two_seconds_progress_or_say_that_they_do_not_fit(live: Live) -> None:
    live.add(retryInterval="1s")
    live.ports = replace(live.ports, budget_seconds=2.0)
    names = [f"m{n:03}" for n in range(500)]
    live.push({"apps/all.yaml": [config_map(name, live.namespace, data={"x": "1"}) for name in names]})
    written, outcome = 0, live.one()
    while outcome.reason == "HandedOver":
        before, written = written, len(live.owned("ConfigMap"))
        assert written > before
        outcome = live.one()
    if not outcome.ok:
        assert outcome.message.startswith("does not fit into 2 s: ")
        assert outcome.message.endswith("raise PENSTOCK_APPLY_BUDGET_SECONDS or split the Kustomization")
        assert conditions(live)["Ready"] == ("False", "ReconciliationFailed")
    live.ports = replace(live.ports, budget_seconds=540.0)
    assert live.one(live.apps).ok
    assert len(live.owned("ConfigMap")) == 500
    assert "Reconciling" not in conditions(live)
