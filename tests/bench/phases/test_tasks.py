from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from bench.fleets import SHAPES
from bench.measure.watcher import Seen, World
from bench.phases.rounds import seed
from bench.phases.sides import namespace_of, read_bytes, token
from bench.phases.tasks import Unsupported, all_gone, at_revision, source_gone
from bench.plan import ORDER
from bench.samples import Flags, Fleet, Peer

if TYPE_CHECKING:
    from bench.phases.sides import Side

SHAPE = replace(SHAPES[Fleet.F100X10], kustomizations=2)
READY = Seen(5.0, 1, 1, ("True", "ReconciliationSucceeded", ""), "main@sha1:new", "asked")


class Standing:
    """What the conditions read of a side."""

    shape, namespace, revision = SHAPE, "ns", "main@sha1:new"


SIDE = cast("Side", Standing())


def world(*seen: Seen, config_maps: tuple[str, ...] = ()) -> World:
    made = World()
    for number, one in enumerate(seen):
        made.take(("Kustomization", "ns", f"app-{number}"), one, one.at)
    for name in config_maps:
        made.take(("ConfigMap", "ns", name), Seen(9.0, 1), 9.0)
    return made


def test_all_are_there_when_the_last_one_was_told_of() -> None:
    assert at_revision(SIDE)(world(READY, replace(READY, at=7.0))) == 7


@pytest.mark.parametrize(
    "other",
    [
        replace(READY, revision="main@sha1:old"),
        replace(READY, observed=0),
        replace(READY, ready=("Unknown", "Progressing", "")),
        replace(READY, handled="before"),
    ],
)
def test_one_that_lags_is_waited_for(other: Seen) -> None:
    assert at_revision(SIDE, lambda one: one.handled == "asked")(world(READY, other)) is None


def test_one_that_is_not_there_yet_is_waited_for() -> None:
    assert at_revision(SIDE)(world(READY)) is None


def test_a_peer_that_says_that_it_cannot_is_not_waited_for() -> None:
    stalled = replace(READY, ready=("False", "NotSupported", "not yet supported: spec.dependsOn"))
    with pytest.raises(Unsupported, match=r"spec\.dependsOn"):
        at_revision(SIDE)(world(stalled))


def test_all_is_gone_once_neither_kustomizations_nor_objects_are_left() -> None:
    found = world(READY, config_maps=("a", "kube-root-ca.crt"))
    assert all_gone(SIDE)(found) is None
    found.take(("Kustomization", "ns", "app-0"), None, 11.0)
    assert all_gone(SIDE)(found) is None
    found.take(("ConfigMap", "ns", "a"), None, 12.0)
    assert all_gone(SIDE)(found) == 12


def test_a_source_is_gone_once_it_is_told_so() -> None:
    found = World()
    found.take(("GitRepository", "ns", "fleet"), READY, 1.0)
    assert source_gone(SIDE)(found) is None
    found.take(("GitRepository", "ns", "fleet"), None, 2.0)
    assert source_gone(SIDE)(found) == 2


def test_no_phase_of_any_round_changes_by_the_seed_of_another() -> None:
    seeds = [seed(phase, number) for number in range(1, 6) for phase in ORDER]
    assert len(set(seeds)) == len(seeds)


def test_names_and_requests_are_never_the_same_twice() -> None:
    assert token() != token()
    assert namespace_of(SHAPE, Peer.FLUX, Flags.TUNED) == "100x10-flux-tuned"


def test_the_bytes_that_penstock_has_read_are_read_from_its_metrics() -> None:
    text = (
        "# TYPE penstock_artifact_bytes_total counter\n"
        'penstock_artifact_bytes_total{direction="read"} 342.0\n'
        'penstock_artifact_bytes_total{direction="written"} 7.0\n'
    )
    assert (read_bytes(text), read_bytes("")) == (342, 0)
