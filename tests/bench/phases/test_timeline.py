from __future__ import annotations

from typing import Any

from bench.measure.audit import Request
from bench.phases.measuring import Measured, Which
from bench.phases.timeline import shown, timeline
from bench.samples import Flags, Fleet, Peer, Phase
from tests.bench.made_up import sample

NAMES = frozenset({"a"})


def request(verb: str, resource: str, at: float, **changes: Any) -> Request:
    fields: dict[str, Any] = {"agent": "x", "namespace": "ns", "name": "a", "code": 200}
    return Request(
        **{**fields, "verb": verb, "resource": resource, "came_at": at, "ended_at": at + 0.5, **changes}
    )


def told(*requests: Request, done_at: float | None = 130.0) -> list[tuple[float, str]]:
    found = Measured(sample(), 100.0, 100.25, requests, done_at)
    return [(step.at_s, step.what) for step in timeline(Peer.FLUX, found, "ns", NAMES)]


def test_one_push_of_each_peer_is_told_and_no_later_one_takes_its_place() -> None:
    every = [
        Which(fleet, phase, peer, flags, number)
        for fleet in Fleet
        for phase in Phase
        for peer in Peer
        for flags in Flags
        for number in (1, 2)
    ]
    assert [which for which in every if shown(which)] == [
        Which(Fleet.F100X10, Phase.ONE_FILE, peer, Flags.DEFAULT, 1) for peer in Peer
    ]


def test_a_push_is_told_step_by_step_in_the_order_in_which_it_happened() -> None:
    assert told(
        request("get", "gitrepositories", 101),
        request("patch", "gitrepositories/status", 102),
        request("patch", "gitrepositories/status", 103),
        request("dry-run", "configmaps", 104),
        request("dry-run", "configmaps", 105),
        request("apply", "configmaps", 106),
        request("patch", "kustomizations/status", 107),
        request("patch", "gitrepositories/status", 108),
        request("get", "kustomizations", 109),
    ) == [
        (0.25, "told of the push"),
        (1.0, "looks at the source"),
        (3.5, "the artifact stands in the source's status"),
        (4.0, "first dry-run"),
        (6.5, "the changed object is stored"),
        (7.5, "last status of a Kustomization"),
        (30.0, "all Kustomizations are at the new revision"),
    ]


def test_what_did_not_happen_is_left_out() -> None:
    assert told(done_at=None) == [(0.25, "told of the push")]
