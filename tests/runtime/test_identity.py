from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.runtime.answers import Problem
from penstock.runtime.identity import Trusted, judge, key_id_of

from tests.runtime.issuer import ACCOUNT, AUDIENCE, OURS, claims

NOW = 1_900_000_000.0
TRUSTED = Trusted(frozenset({AUDIENCE}), frozenset({ACCOUNT}))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(claims(NOW))), VALUES)
def test_any_other_value_of_a_claim_is_refused_or_means_the_same(name: str, value: object) -> None:
    changed = {**claims(NOW), name: value}
    moment = name in ("exp", "iat") and isinstance(value, int | float) and not isinstance(value, bool)
    means_the_same = name in ("azp", "sub") or (name == "email_verified" and value is True)
    assert judged(changed) in ((0, 401) if moment else (0,) if means_the_same else (401, 403))


@pytest.mark.parametrize("name", ["exp", "iat"])
def test_without_its_moments_a_token_is_refused(name: str) -> None:
    assert judged(claims(NOW, **{name: None})) == 401


def judged(changed: dict[str, Any]) -> int:
    """The status that claims are refused with, 0 if they let in."""
    try:
        judge(changed, TRUSTED, NOW)
    except Problem as problem:
        return problem.status
    return 0


def test_whoever_trusts_an_empty_account_or_audience_trusts_nobody() -> None:
    empty = Trusted(frozenset({"", AUDIENCE}), frozenset({"", ACCOUNT}))
    for changed in ({"email": ""}, {"aud": ""}):
        with pytest.raises(Problem):
            judge(claims(NOW, **changed), empty, NOW)


@given(st.from_regex(r"[A-Za-z0-9_-]+", fullmatch=True))
def test_a_header_of_any_characters_is_refused_in_words(head: str) -> None:
    with pytest.raises(Problem) as caught:
        key_id_of(f"{head}.e30.AAAA")
    assert caught.value.status == 401


def test_the_header_names_the_key() -> None:
    assert key_id_of(OURS.sign(claims(NOW))) == "ours"
