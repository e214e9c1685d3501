"""The values of variables, read once for all who ask at once."""

from __future__ import annotations

from typing import Any

from penstock.api.kustomization import decode
from penstock.base.masking import Masker
from penstock.cluster.parallel import parallel
from penstock.kustomize.steps.values import Values
from penstock.kustomize.variables import Variables

from tests.fakes.clock import FakeClock
from tests.fakes.cluster import FakeCluster
from tests.kustomize.builders import config_map, make
from tests.kustomize.world import APPS, NAMESPACE

FROM_MAP: dict[str, Any] = {"substituteFrom": [{"kind": "ConfigMap", "name": "vars"}]}


def _vars(colour: str) -> dict[str, Any]:
    return config_map("vars", NAMESPACE, data={"colour": colour})


def test_threads_that_ask_at_once_read_once() -> None:
    cluster = FakeCluster(_vars("green"))
    values = Values(cluster, Masker(), FakeClock(), strict=True, most_bytes=1000)
    spec = {"sourceRef": {"kind": "GitRepository", "name": "fleet"}, "interval": "1m", "prune": True}
    obj = make(APPS.api_version, APPS.kind, APPS.name, NAMESPACE, spec={**spec, "postBuild": FROM_MAP})
    model = decode(obj)
    found = parallel(lambda _: values.of(model), range(8), 8)
    assert [one.values for one in found if isinstance(one, Variables)] == [{"colour": b"green"}] * 8
    assert len(cluster.calls) == 1
