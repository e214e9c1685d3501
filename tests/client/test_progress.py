"""What one read of an object means to whoever waits for it (contract C1 to C4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.refs import ObjectRef
from penstock.client.progress import Stage, handled, is_static, last_handled, reconciled, success, tokens

from tests.client.world import APPS, FLEET, REVISION, conditions, done, flux_object

if TYPE_CHECKING:
    from penstock.api.objects import Json

BEFORE = frozenset({"", "t0"})
PROVIDER = ObjectRef("notification.toolkit.fluxcd.io", "v1beta3", "Provider", "apps", "slack")
CHARTS = ObjectRef("source.toolkit.fluxcd.io", "v1", "HelmRepository", "apps", "charts")


def _kustomization(*found: Any, handled: str = "t1", observed: int = 1) -> Json:
    """Its conditions as Ready, Reconciling and Stalled, each its status and message or None."""
    named = zip(("Ready", "Reconciling", "Stalled"), found, strict=False)
    status: Json = {
        "observedGeneration": observed,
        "conditions": conditions(1, **{kind: one for kind, one in named if one}),
    }
    if handled:
        status["lastHandledReconcileAt"] = handled
    return flux_object(APPS, status)


TRUE, FALSE, UNKNOWN = ("True", "fine"), ("False", "broken"), ("Unknown", "at work")
ON = ("True", "going on")


@pytest.mark.parametrize(
    ("obj", "stage", "message"),
    [
        (_kustomization(TRUE), Stage.DONE, "fine"),
        (_kustomization(TRUE, handled=""), Stage.UNSEEN, "nobody has looked at it yet"),
        (_kustomization(TRUE, handled="t0"), Stage.UNSEEN, "nobody has looked at it yet"),
        (_kustomization(UNKNOWN, ON, handled="t0"), Stage.GOING_ON, "it is being reconciled"),
        (_kustomization(TRUE, ON), Stage.GOING_ON, "going on"),
        (_kustomization(UNKNOWN), Stage.GOING_ON, "at work"),
        (_kustomization(FALSE, ON), Stage.RETRYING, "broken"),
        (_kustomization(FALSE), Stage.RETRYING, "broken"),
        (_kustomization(FALSE, None, ("True", "wrong spec")), Stage.FAILED, "wrong spec"),
        (
            _kustomization(TRUE, observed=2),
            Stage.GOING_ON,
            "generation is 1, but latest observed generation is 2",
        ),
        (_kustomization(), Stage.FAILED, "status can't be determined: it has no condition Ready"),
        (None, Stage.FAILED, "it is not there any more"),
        (flux_object(APPS, done(APPS, "t1"), suspend=True), Stage.FAILED, "it is suspended"),
    ],
)
def test_a_request_is_answered_once_another_token_was_handled_and_the_object_is_current(
    obj: Json | None, stage: Stage, message: str
) -> None:
    found = handled(obj, BEFORE)
    assert (found.stage, found.message) == (stage, message)


def test_an_object_in_deletion_is_waited_for_by_nobody() -> None:
    obj = _kustomization(TRUE, handled="")
    obj["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    assert handled(obj, BEFORE).stage is Stage.FAILED
    assert reconciled(obj).message == "Resource scheduled for deletion"


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ({"observedGeneration": -1}, Stage.UNSEEN),
        ({}, Stage.UNSEEN),
        ({"observedGeneration": 1}, Stage.UNSEEN),
        (done(APPS), Stage.DONE),
        ({**done(APPS), "observedGeneration": 0}, Stage.GOING_ON),
        ({"observedGeneration": 2, "conditions": conditions(1, Ready=TRUE)}, Stage.GOING_ON),
        ({"observedGeneration": 1, "conditions": conditions(2, Ready=TRUE)}, Stage.UNSEEN),
        ({"observedGeneration": -1, "conditions": conditions(1, Reconciling=ON)}, Stage.GOING_ON),
        ({"observedGeneration": 1, "conditions": conditions(1, Ready=FALSE, Reconciling=ON)}, Stage.RETRYING),
        ({"observedGeneration": 1, "conditions": conditions(1, Ready=FALSE, Stalled=ON)}, Stage.FAILED),
        ({"observedGeneration": -1, "conditions": conditions(1, Ready=FALSE)}, Stage.RETRYING),
        ({"conditions": "none", "observedGeneration": 1}, Stage.UNSEEN),
    ],
)
def test_create_and_resume_wait_for_the_object_as_it_is_now(status: Json, stage: Stage) -> None:
    assert reconciled({**flux_object(APPS), "status": status}).stage is stage


@pytest.mark.parametrize("wrong", [None, "text", ["list"], 7])
def test_parts_of_the_wrong_shape_count_as_absent(wrong: Any) -> None:
    obj = {**flux_object(FLEET), "spec": wrong, "status": wrong}
    assert handled(obj, BEFORE).stage is Stage.UNSEEN
    assert success(obj) == ""
    assert last_handled(obj) == ""
    assert not is_static(obj)


@pytest.mark.parametrize(
    ("obj", "static"),
    [
        (flux_object(PROVIDER), True),
        (flux_object(CHARTS, type="oci"), True),
        (flux_object(CHARTS), False),
        (flux_object(FLEET, type="oci"), False),
    ],
)
def test_what_nothing_reconciles_is_done_when_it_is_there(obj: Json, static: bool) -> None:
    assert is_static(obj) is static
    wanted = Stage.DONE if static else Stage.UNSEEN
    assert reconciled({**obj, "status": {}}).stage is wanted


def test_an_answer_to_an_earlier_request_is_none_to_a_later_one() -> None:
    waits = flux_object(APPS, done(APPS, "t0"))
    waits["metadata"]["annotations"] = {"reconcile.fluxcd.io/requestedAt": "t1"}
    before = tokens(waits)
    assert before == {"t0", "t1"}
    assert handled(flux_object(APPS, done(APPS, "t1")), before).stage is Stage.UNSEEN
    assert handled(flux_object(APPS, done(APPS, "t2")), before).stage is Stage.DONE


def test_the_revision_is_told_as_flux_tells_it() -> None:
    assert success(flux_object(APPS, done(APPS))) == f"applied revision {REVISION}"
    assert success(flux_object(FLEET, done(FLEET))) == f"fetched revision {REVISION}"
    assert success(flux_object(FLEET)) == success(flux_object(APPS)) == ""


WORDS = st.sampled_from(["True", "False", "Unknown"])
FOUND = st.dictionaries(
    st.sampled_from(["Ready", "Reconciling", "Stalled"]), st.tuples(WORDS, st.just("said")), max_size=3
)


@given(FOUND, st.integers(-1, 2), st.sampled_from(["", "t0", "t1"]))
def test_done_is_only_what_flux_would_call_done(
    found: dict[str, tuple[str, str]], observed: int, token: str
) -> None:
    """Flux: the token differs, the generation is observed, Ready is True, and neither of the other two."""
    status = {"observedGeneration": observed, "conditions": conditions(1, **found)}
    obj = flux_object(APPS, {**status, "lastHandledReconcileAt": token})
    busy = any(found.get(kind, ("", ""))[0] == "True" for kind in ("Reconciling", "Stalled"))
    well = observed == 1 and found.get("Ready", ("", ""))[0] == "True" and not busy
    assert (handled(obj, BEFORE).stage is Stage.DONE) is (token == "t1" and well)
    assert (reconciled(obj).stage is Stage.DONE) is well
