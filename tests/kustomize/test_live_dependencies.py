"""spec.dependsOn on a real API server, with expressions by the real helper."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.kustomize.builders import config_map

if TYPE_CHECKING:
    from penstock.tools.upstream import Upstream

    from tests.kustomize.live import Live
    from tests.support.audit import Audit


@pytest.fixture
def fleet(live: Live, real_upstream: Upstream) -> Live:
    live.ports = replace(live.ports, expressions=real_upstream)
    return live


def files(live: Live, *names: str, **data: str) -> dict[str, Any]:
    return {f"{name}/x.yaml": config_map(name, live.namespace, data=data or {"x": "1"}) for name in names}


def test_a_chain_is_applied_in_its_order_by_one_run(fleet: Live, audit: Audit) -> None:
    for name, parent in (("a", ""), ("b", "a"), ("c", "b")):
        fleet.add(name, dependsOn=[{"name": parent}] if parent else [])
    revision = fleet.push(files(fleet, "a", "b", "c"))
    mark = audit.mark()
    assert all(outcome.ok for outcome in fleet.run())
    made = [
        found.uri.partition("?")[0].rpartition("/")[2]
        for found in audit.since(mark)
        if found.writes and "/configmaps/" in found.uri and "dryRun" not in found.uri
    ]
    assert made == ["a", "b", "c"]
    assert [fleet.ready(name)[2] for name in "abc"] == [f"Applied revision: {revision}"] * 3


def test_who_depends_on_what_fails_or_is_missing_is_not_applied(fleet: Live) -> None:
    fleet.add("infra")
    fleet.add("apps", dependsOn=[{"name": "infra"}])
    fleet.add("alone", dependsOn=[{"name": "nobody"}])
    fleet.push(files(fleet, "apps", "alone") | {"infra/x.yaml": "kind: [unclosed\n"})
    assert [outcome.ok for outcome in fleet.run()] == [False] * 3
    ns = fleet.namespace
    assert fleet.ready("apps") == ("False", "DependencyNotReady", f"dependency '{ns}/infra' is not ready")
    assert fleet.ready("alone")[2].startswith(
        f"dependency '{ns}/nobody' not found: kustomizations.kustomize.toolkit.fluxcd.io \"nobody\" not found"
    )
    assert fleet.get("ConfigMap", "apps") is None
    fleet.push(files(fleet, "infra", "apps", "alone"))
    fleet.run()
    assert fleet.ready("apps")[0] == "True"


@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        ("dep.spec.interval == self.spec.interval && dep.metadata.generation == 1", ("True", "")),
        ("dep.metadata.generation == 7", ("False", "is not ready according to readyExpr eval")),
        ("dep.status.nothing == 1", ("False", "no such key: nothing")),
        ("dep.", ("False", "failed to evaluate dependency infra: failed to parse the CEL expression 'dep.'")),
        ("1", ("False", "expected bool, got int")),
    ],
)
def test_an_expression_decides_in_place_of_the_check(
    fleet: Live, expression: str, condition: tuple[str, str]
) -> None:
    fleet.add("infra", suspend=True)
    fleet.add("apps", dependsOn=[{"name": "infra", "readyExpr": expression}])
    fleet.push(files(fleet, "infra", "apps"))
    fleet.run()
    status, _, message = fleet.ready("apps")
    assert status == condition[0]
    assert condition[1] in message
