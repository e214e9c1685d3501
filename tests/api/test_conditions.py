from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from penstock.api.conditions import (
    MESSAGE_LIMIT_BYTES,
    At,
    Conditions,
    ConditionType,
    get,
    has_status,
    put,
    remove,
    trim,
)
from penstock.api.meta import ConditionStatus

NOON = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
FIRST = At(1, NOON)
LATER = At(2, NOON + timedelta(hours=1))
TRUE, FALSE = ConditionStatus.TRUE, ConditionStatus.FALSE


def ready(conditions: Conditions = (), at: At = FIRST, message: str = "fine") -> Conditions:
    return put(conditions, ConditionType.READY, TRUE, "Succeeded", message, at)


def test_a_condition_carries_its_time_and_generation() -> None:
    found = get(ready(), "Ready")
    assert found is not None
    assert found.last_transition_time == "2030-01-01T12:00:00Z"
    assert found.observed_generation == 1
    assert type(found.type) is str


def test_the_same_state_keeps_its_time_and_takes_the_generation() -> None:
    (found,) = ready(ready(), LATER)
    assert found.last_transition_time == "2030-01-01T12:00:00Z"
    assert found.observed_generation == 2


def test_a_change_of_status_reason_or_message_moves_the_time() -> None:
    for changed in (
        put(ready(), "Ready", FALSE, "Succeeded", "fine", LATER),
        put(ready(), "Ready", TRUE, "Other", "fine", LATER),
        put(ready(), "Ready", TRUE, "Succeeded", "better", LATER),
    ):
        assert [found.last_transition_time for found in changed] == ["2030-01-01T13:00:00Z"]


def test_conditions_stand_in_flux_s_order() -> None:
    conditions: Conditions = ()
    for kind in ("FetchFailed", "Ready", "ArtifactInStorage", "Reconciling", "Stalled"):
        conditions = put(conditions, kind, TRUE, "R", "", FIRST)
    conditions = put(conditions, "Zebra", TRUE, "R", "", LATER)
    assert [found.type for found in conditions] == [
        "Stalled",
        "Reconciling",
        "Ready",
        "Zebra",
        "ArtifactInStorage",
        "FetchFailed",
    ]


def test_conditions_of_others_stay() -> None:
    foreign = put((), "example.com/Approved", TRUE, "ByHand", "", FIRST)
    kept = remove(ready(foreign), ConditionType.READY, ConditionType.STALLED)
    assert kept == foreign


def test_a_missing_condition_has_no_status() -> None:
    assert get((), "Ready") is None
    assert not has_status((), "Ready", TRUE)
    assert has_status(ready(), ConditionType.READY, TRUE)
    assert not has_status(ready(), ConditionType.READY, FALSE)


def test_a_message_is_cut_at_the_limit_of_the_api_server() -> None:
    found = get(ready(message="ä" * MESSAGE_LIMIT_BYTES), "Ready")
    assert found is not None
    assert len(found.message.encode()) <= MESSAGE_LIMIT_BYTES
    assert found.message.endswith("ä...")
    assert ready(ready(message="ä" * MESSAGE_LIMIT_BYTES), LATER, "ä" * MESSAGE_LIMIT_BYTES)[0] != found


@given(st.text(), st.integers(min_value=3, max_value=40))
def test_a_cut_message_fits_and_a_short_one_is_untouched(message: str, limit: int) -> None:
    cut = trim(message, limit)
    assert len(cut.encode()) <= limit
    if len(message.encode()) <= limit:
        assert cut == message
    else:
        assert message.startswith(cut.removesuffix("..."))


def test_a_lone_surrogate_does_not_stop_a_message() -> None:
    assert trim("a\ud800b") == "a?b"


@given(st.lists(st.sampled_from(["Ready", "Stalled", "A", "B"]), max_size=8))
def test_a_type_is_there_at_most_once(kinds: list[str]) -> None:
    conditions: Conditions = ()
    for number, kind in enumerate(kinds):
        conditions = put(conditions, kind, TRUE, "R", str(number), At(number, NOON))
    found = [condition.type for condition in conditions]
    assert sorted(found) == sorted(set(kinds))
