"""Samples that nobody measured, for tests."""

from __future__ import annotations

from typing import Any

from bench.samples import Flags, Fleet, Machine, Peer, Phase, Results, Sample

MACHINE = Machine(cpus=2, model="Abacus", memory=8 * 1024**3, kernel="Linux 6.1", python="3.11.2")


def sample(peer: str = "flux", **given: Any) -> Sample:
    """A sample with nothing measured but what is given."""
    fields: dict[str, Any] = {
        "fleet": Fleet.F100X10,
        "phase": Phase.ONE_FILE,
        "flags": Flags.DEFAULT,
        "round": 1,
        "wall_s": None,
        "applied_s": None,
        "cpu_s": None,
        "apiserver_cpu_s": None,
        "requests": None,
        "bytes": None,
        "peak_rss": None,
    }
    kinds = {"fleet": Fleet, "phase": Phase, "flags": Flags}
    typed = {name: kinds[name](value) if name in kinds else value for name, value in given.items()}
    return Sample(**(fields | typed | {"peer": Peer(peer)}))


def results(*samples: Sample, **given: Any) -> Results:
    """A run of these samples."""
    fields: dict[str, Any] = {"machine": MACHINE, "versions": {"penstock": "abc1234"}}
    return Results(**(fields | given | {"samples": samples}))
