from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.forge.plan import Key, KeyPlan, key_of, key_plan
from penstock.forge.port import DeployKey, Outcome

OURS = DeployKey("flux", "ssh-ed25519 AAAA flux")
CREATED, UPDATED, UNCHANGED = Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED


@pytest.mark.parametrize(
    ("there", "plan", "outcome"),
    [
        ([], KeyPlan((), add=True), CREATED),
        ([Key(1, "other", "ssh-ed25519 BBBB", True)], KeyPlan((), add=True), CREATED),
        ([Key(1, "flux", "ssh-ed25519 AAAA", True)], KeyPlan((), add=False), UNCHANGED),
        ([Key(1, "flux", "ssh-ed25519 AAAA another comment", True)], KeyPlan((), add=False), UNCHANGED),
        ([Key(1, "flux", "ssh-ed25519 BBBB", True)], KeyPlan((1,), add=True), UPDATED),
        ([Key(1, "flux", "ssh-rsa AAAA", True)], KeyPlan((1,), add=True), UPDATED),
        ([Key(1, "flux", "ssh-ed25519 AAAA", False)], KeyPlan((1,), add=True), UPDATED),
        ([Key(1, "old title", "ssh-ed25519 AAAA", True)], KeyPlan((1,), add=True), UPDATED),
        (
            [Key(1, "flux", "ssh-ed25519 BBBB", True), Key(2, "flux", "ssh-ed25519 AAAA", True)],
            KeyPlan((1,), add=False),
            UPDATED,
        ),
    ],
)
def test_only_what_differs_is_replaced(there: list[Key], plan: KeyPlan, outcome: Outcome) -> None:
    found = key_plan(there, OURS)
    assert (found, found.outcome) == (plan, outcome)


KEYS = st.builds(
    Key,
    id=st.integers(0, 99),
    title=st.sampled_from(["flux", "other"]),
    public_key=st.sampled_from(["ssh-ed25519 AAAA", "ssh-ed25519 BBBB x", ""]),
    read_only=st.booleans(),
)


@given(st.lists(KEYS, unique_by=lambda key: key.id, max_size=6))
def test_after_the_steps_of_a_plan_there_is_exactly_the_wanted_key_and_nothing_to_do(
    there: list[Key],
) -> None:
    plan = key_plan(there, OURS)
    left = [key for key in there if key.id not in plan.remove]
    if plan.add:
        left.append(Key(100, OURS.title, OURS.public_key, OURS.read_only))
    assert key_plan(left, OURS).outcome is UNCHANGED
    kept = key_of(left, "flux")
    assert kept is not None
    assert (kept.public_key.split()[:2], kept.read_only) == (["ssh-ed25519", "AAAA"], True)
    others = [key for key in there if key.title != "flux" and "AAAA" not in key.public_key]
    assert all(key in left for key in others), "what is another's stays"


def test_a_title_that_is_not_there_has_no_key() -> None:
    assert key_of([], "flux") is None
