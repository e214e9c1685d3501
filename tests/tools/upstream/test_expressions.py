"""CEL as Flux evaluates it: what expressions may use, what they are told, and where they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from penstock.api.kustomize import CustomHealthCheck
from penstock.base.limits import Limits
from penstock.kustomize.expressions import InvalidExpression, Judged, NotEvaluated, State
from penstock.tools.upstream import Upstream

if TYPE_CHECKING:
    from pathlib import Path

SELF = {"metadata": {"annotations": {"app/version": "v1"}}, "spec": {"interval": "10m0s"}}
READY = [{"type": "Ready", "status": "True"}]
DEP = {
    "metadata": {"annotations": {"app/version": "v1"}, "generation": 3, "labels": {}},
    "status": {"observedGeneration": 3, "conditions": READY, "share": 0.5},
}
VALUES: dict[str, Any] = {"self": SELF, "dep": DEP}
TEN = "[1,2,3,4,5,6,7,8,9,10]"
ENDLESS = f"{TEN}.all(a, " * 8 + "true" + ")" * 8
BOMB = "['aaaaaaaaaaaaaaaa'].all(a, " + "".join(
    f"[{one}.replace('', {one})].all({two}, " for one, two in zip("abcdef", "bcdefg", strict=True)
)
BOMB += "true" + ")" * 7


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("true", True),
        ("self.metadata.annotations['app/version'] == dep.metadata.annotations['app/version']", True),
        (
            (
                "dep.status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True') &&"
                " dep.metadata.generation == dep.status.observedGeneration"
            ),
            True,
        ),
        ("dep.metadata.generation == 2", False),
        ("type(dep.metadata.generation) == int && type(dep.status.share) == double", True),
        ("has(dep.metadata.labels.x)", False),
        ("dep.?metadata.?labels[?'x'].orValue('none') == 'none'", True),
        ("sets.contains(['a', 'b'], ['a']) && base64.encode(b'a') == 'YQ=='", True),
        ("'%s-%d'.format(['a', 1]) == 'a-1'", True),
        ("timestamp('2030-01-01T12:00:00Z').getHours() == 12", True),
        ("self.spec.interval == '10m0s'", True),
    ],
)
def test_what_flux_offers_is_there(expression: str, *, holds: bool, upstream: Upstream) -> None:
    assert upstream.holds(expression, VALUES) is holds


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("", "failed to parse the CEL expression ''"),
        ("dep.", "failed to parse the CEL expression 'dep.'"),
        ("self.generation == deps.generation", "undeclared reference to 'deps'"),
        ("1 + 1", "CEL expression output type mismatch: expected bool, got int"),
        ("dep.status.ready", "CEL expression output type mismatch: expected bool, got dyn"),
        ("[1, 'a'] == []", "failed to parse"),
        ("lists.range(3) == []", "undeclared reference to 'lists'"),
        ("true || " * 3000 + "true", "longer than 16384 bytes (PENSTOCK_LIMIT_CEL_BYTES)"),
        ("(" * 400 + "true" + ")" * 400, "failed to parse"),
    ],
)
def test_what_is_no_such_expression_is_refused(expression: str, told: str, upstream: Upstream) -> None:
    with pytest.raises(InvalidExpression) as caught:
        upstream.holds(expression, VALUES)
    assert told in caught.value.message
    assert caught.value.reason == "InvalidCELExpression"


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        (
            "dep.status.phase == 'x'",
            "failed to evaluate the CEL expression 'dep.status.phase == 'x'': no such key: phase",
        ),
        ("1 / 0 == 1", "division by zero"),
        ("dep.metadata.generation.startsWith('3')", "no such overload"),
        (ENDLESS, "takes more than 1000000 steps (PENSTOCK_LIMIT_CEL_COST)"),
    ],
)
def test_what_has_no_result_says_why(expression: str, told: str, upstream: Upstream) -> None:
    with pytest.raises(NotEvaluated) as caught:
        upstream.holds(expression, VALUES)
    assert told in caught.value.message


def test_an_expression_ends_in_time(helper_program: Path) -> None:
    limits = Limits(cel_seconds=1, cel_cost=10**15)
    with Upstream(helper_program, limits) as upstream:
        with pytest.raises(NotEvaluated, match=r"takes longer than 1 s \(PENSTOCK_LIMIT_CEL_SECONDS\)"):
            upstream.holds(f"{TEN}.all(z, {ENDLESS})", VALUES)
        assert upstream.holds("true", VALUES)


def test_an_expression_that_grows_without_end_ends_its_helper_and_nothing_else(helper_program: Path) -> None:
    limits = Limits(build_memory_bytes=256 * 1024 * 1024)
    with Upstream(helper_program, limits) as upstream:
        with pytest.raises(NotEvaluated):
            upstream.holds(BOMB, VALUES)
        assert upstream.holds("true", VALUES)


def check(**more: str) -> CustomHealthCheck:
    given = {"api_version": "a.io/v1", "kind": "A", "current": "status.ok", **more}
    return CustomHealthCheck(**given)


def thing(name: str = "x", version: str = "a.io/v1", **status: object) -> dict[str, Any]:
    return {
        "apiVersion": version,
        "kind": "A",
        "metadata": {"name": name, "generation": 2},
        "status": status,
    }


def test_the_health_of_objects_is_told_in_the_order_that_flux_asks(upstream: Upstream) -> None:
    checks = [check(in_progress="has(status.busy)", failed="has(status.bad)")]
    objects = [
        thing(ok=True),
        thing(ok=False),
        thing(ok=True, bad=1),
        thing(ok=True, bad=1, busy=1),
        thing(ok=True, observedGeneration=1),
        thing(ok=True, observedGeneration="1"),
        thing(ok=True, version="b.io/v1"),
        thing(version="a.io/v2", ok=True),
    ]
    states = [one.state for one in upstream.health(checks, objects)]
    running, done = State.IN_PROGRESS, State.CURRENT
    assert states == [done, running, State.FAILED, running, running, done, None, done]


def test_a_check_that_has_no_result_is_the_trouble_of_its_object(upstream: Upstream) -> None:
    first, second = upstream.health([check()], [thing(), thing(ok=True)])
    assert first == Judged(None, "failed to evaluate the CEL expression 'status.ok': no such key: ok")
    assert second == Judged(State.CURRENT)


@pytest.mark.parametrize(
    ("checks", "told"),
    [
        (
            [check(), check(api_version="a.io/v2")],
            "duplicate custom health check for GroupKind A.a.io at healthchecks[1]",
        ),
        (
            [check(current="(")],
            (
                "failed to create custom status evaluator for healthchecks[0]: failed to parse the expression"
                " Current: failed to parse the CEL expression '('"
            ),
        ),
        ([check(current="")], "expression Current not specified"),
    ],
)
def test_checks_that_cannot_be_used_are_refused_without_an_object(
    checks: list[CustomHealthCheck], told: str, upstream: Upstream
) -> None:
    with pytest.raises(InvalidExpression) as caught:
        upstream.health(checks)
    assert told in caught.value.message
    assert upstream.health([check()]) == ()
