"""Objects that are made together do not come due together, and a strange one stops no other."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from penstock.schedule.due import due, observe, wait_s

from tests.schedule.objects import NOW, Record, made


@given(uid=st.text(), minutes=st.integers(1, 10_000))
def test_the_jitter_shortens_by_a_tenth_at_most_and_is_the_same_every_time(uid: str, minutes: int) -> None:
    obj = made(metadata={"uid": uid}, spec={"interval": f"{minutes}m"})
    waited = wait_s(observe(obj, Record()))
    assert minutes * 54 <= waited <= minutes * 60
    assert waited == wait_s(observe(obj, Record()))


def test_five_hundred_objects_made_together_do_not_come_due_together() -> None:
    waits = {round(wait_s(observe(made(metadata={"uid": str(n)}), Record()))) for n in range(500)}
    assert len(waits) > 30


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    obj=st.fixed_dictionaries(
        {},
        optional={
            "kind": ANY_JSON,
            "metadata": ANY_JSON
            | st.fixed_dictionaries(
                {}, optional=dict.fromkeys(("annotations", "finalizers", "generation", "uid"), ANY_JSON)
            ),
            "spec": ANY_JSON
            | st.fixed_dictionaries(
                {}, optional=dict.fromkeys(("interval", "retryInterval", "suspend"), ANY_JSON)
            ),
            "status": ANY_JSON
            | st.fixed_dictionaries(
                {}, optional=dict.fromkeys(("conditions", "observedGeneration"), ANY_JSON)
            ),
        },
    ),
    checked_at=st.none() | st.text(max_size=30) | st.just("0001-01-01T00:00:00+23:59"),
)
def test_no_object_however_strange_stops_the_look_at_the_others(
    obj: dict[str, Any], checked_at: str | None
) -> None:
    record = None if checked_at is None else Record(checked_at)
    due(observe(obj, record, "main@sha1:a"), NOW)
