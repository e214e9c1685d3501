"""Whether an object may be deleted and made anew (threats B-18)."""

from __future__ import annotations

from typing import Any

import pytest
from penstock.kustomize.force import trial, wanted

from tests.kustomize.builders import config_map, make

FORCED = {"kustomize.toolkit.fluxcd.io/force": "Enabled"}
PLAIN = config_map("x")


@pytest.mark.parametrize(
    ("desired", "live", "everywhere", "expected"),
    [
        (PLAIN, PLAIN, False, False),
        (PLAIN, PLAIN, True, True),
        (config_map("x", annotations=FORCED), PLAIN, False, True),
        (config_map("x", labels=FORCED), PLAIN, False, True),
        (PLAIN, config_map("x", annotations=FORCED), False, True),
        (PLAIN, config_map("x", annotations={next(iter(FORCED)): "disabled"}), False, False),
    ],
)
def test_only_who_asks_for_it_is_made_anew(
    desired: dict[str, Any], live: dict[str, Any], everywhere: bool, expected: bool
) -> None:
    assert wanted(desired, live, everywhere=everywhere) is expected


def test_a_service_is_tried_without_the_addresses_that_the_old_one_holds() -> None:
    ports = [{"port": 80, "nodePort": 30080}, {"port": 81, "nodePort": 30081}]
    held = {"clusterIP": "10.0.0.9", "healthCheckNodePort": 30090, "ports": ports}
    spec = {
        "clusterIP": "10.0.0.9",
        "healthCheckNodePort": 30091,
        "ports": [ports[0], {"port": 82, "nodePort": 1}],
    }
    old, new = (make("v1", "Service", "web", "default", spec=spec) for spec in (held, spec))
    assert trial(new, old)["spec"] == {
        "healthCheckNodePort": 30091,
        "ports": [{"port": 80}, {"port": 82, "nodePort": 1}],
    }


@pytest.mark.parametrize("spec", [None, {}, {"ports": 7}, {"ports": [7]}, {"ports": [{"port": 1}]}])
def test_a_service_of_another_shape_and_other_kinds_are_tried_as_they_are(spec: Any) -> None:
    strange = make("v1", "Service", "web", "default", spec=spec)
    assert trial(strange, strange) in (strange, {**strange, "spec": {}})
    assert trial(PLAIN, PLAIN) is PLAIN
