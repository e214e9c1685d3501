from __future__ import annotations

import pytest

from bench.measure.audit import Request
from bench.phases.ground import Counters
from bench.phases.measuring import Cost, Which, disagreement
from bench.samples import Flags, Fleet, Peer, Phase

WHICH = Which(Fleet.F100X10, Phase.ONE_FILE, Peer.PENSTOCK, Flags.DEFAULT, 2)


def test_counters_are_what_came_in_between() -> None:
    assert Counters(5, 4, 3, 2, 100).since(Counters(1, 1, 1, 1, 1)) == Counters(4, 3, 2, 1, 99)


def test_a_sample_has_what_was_measured_and_null_for_the_rest() -> None:
    asked = Request("penstock", "get", "configmaps", "ns", "a", 200, 1.0, 2.0)
    cost = Cost(1.23456, None, Counters(0.1, 0.2, 0.3, -0.0001, 9), (asked, asked), 77)
    found = WHICH.sample(cost, bound=True, note="why")
    assert (found.wall_s, found.applied_s, found.cpu_s) == (1.235, None, 0.1)
    assert (found.apiserver_cpu_s, found.etcd_cpu_s, found.git_cpu_s) == (0.2, 0.3, 0.0)
    assert (found.requests, found.requests_by_agent) == (2, {"penstock get": 2})
    assert (found.bytes, found.peak_rss, found.bound, found.note) == (9, 77, True, "why")
    assert (found.key.phase, found.key.round) == (Phase.ONE_FILE, 2)


def test_a_phase_that_a_peer_cannot_do_has_its_answer_and_no_number() -> None:
    found = WHICH.unsupported("not yet supported: spec.dependsOn")
    assert found.unsupported == "not yet supported: spec.dependsOn"
    numbers = (found.wall_s, found.applied_s, found.cpu_s, found.requests, found.bytes, found.peak_rss)
    assert numbers == (None,) * 6


@pytest.mark.parametrize(
    ("stored", "seen", "noted"),
    [
        (10.0, [10.3, 9.0], ""),
        (10.0, [11.5, 9.0], "the watcher saw the last object +1.5 s after the audit log"),
        (10.0, [8.0], "the watcher saw the last object -2.0 s after the audit log"),
        (None, [8.0], ""),
        (10.0, [None], ""),
    ],
)
def test_two_clocks_that_do_not_agree_are_noted(
    stored: float | None, seen: list[float | None], noted: str
) -> None:
    assert disagreement(stored, seen) == noted
