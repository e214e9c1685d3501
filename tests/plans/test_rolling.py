"""Which artifact a rollback goes to."""

from __future__ import annotations

import pytest
from penstock.plans.rolling import NothingToRollBackTo, candidates, choose
from penstock.store.runs import RunRecord

ONE, TWO, THREE = (f"main@sha1:{digit * 40}" for digit in "123")


def _run(
    revision: str, *, ok: bool = True, reason: str = "ReconciliationSucceeded", artifact: str = "k"
) -> RunRecord:
    return RunRecord(
        started_at="2030-01-01T12:00:00Z",
        ended_at="2030-01-01T12:00:01Z",
        ok=ok,
        reason=reason,
        message="",
        revision=revision,
        artifact=artifact,
        digest="sha256:1",
    )


RUNS = [
    _run(THREE, ok=False, reason="HealthCheckFailed"),
    _run(TWO),
    _run(ONE, reason="Undeleted"),
    _run(TWO),
    _run("", artifact=""),
    _run(ONE),
]


def test_candidates_are_what_was_applied_to_its_end_each_once() -> None:
    assert [one.revision for one in candidates(RUNS)] == [TWO, ONE]


@pytest.mark.parametrize(
    ("bad", "current", "to", "chosen"),
    [
        (THREE, "", "", TWO),
        (TWO, "", "", ONE),
        (THREE, TWO, "", ONE),
        (THREE, TWO, TWO, TWO),
        (THREE, "", ONE, ONE),
        (THREE, "", "1" * 7, ONE),
        (THREE, "", "1" * 40, ONE),
    ],
)
def test_the_last_applied_but_the_bad_one_or_that_which_is_asked_for(
    bad: str, current: str, to: str, chosen: str
) -> None:
    assert choose(candidates(RUNS), bad=bad, current=current, to=to).revision == chosen


@pytest.mark.parametrize(
    ("bad", "to", "said"),
    [
        (THREE, "4" * 40, rf"revision {'4' * 40} was applied to its end; there are {TWO}, {ONE}"),
        (THREE, "111111", "revision 111111 was applied"),
        (TWO, "2" * 8, "is what the source offers: it is to be kept off"),
    ],
)
def test_what_cannot_be_gone_back_to_says_why(bad: str, to: str, said: str) -> None:
    with pytest.raises(NothingToRollBackTo, match=said):
        choose(candidates(RUNS), bad=bad, to=to)


def test_a_rollback_that_holds_already_is_named_where_there_is_nothing_before_it() -> None:
    with pytest.raises(NothingToRollBackTo, match=f"a rollback to {ONE} holds already, and no run record"):
        choose(candidates([_run(ONE)]), bad=TWO, current=ONE)


def test_nothing_was_applied_before() -> None:
    with pytest.raises(NothingToRollBackTo, match=r"that an earlier revision was applied to its end$"):
        choose(candidates(RUNS[1:2]), bad=TWO)


def test_a_commit_that_may_be_two_is_asked_for_again() -> None:
    found = candidates([_run("main@sha1:" + "a" * 40), _run("tag@sha1:" + "a" * 40)])
    with pytest.raises(NothingToRollBackTo, match=r"may be any of main@sha1:a+, tag@sha1:a+: give more"):
        choose(found, bad=ONE, to="a" * 10)
