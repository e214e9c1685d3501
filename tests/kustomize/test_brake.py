"""The brake on deletion (threats B-26, B-27)."""

from __future__ import annotations

import pytest
from penstock.kustomize.brake import APPROVE_ANNOTATION, Brake, hold

REVISION = "main@sha1:" + "a" * 40


def _held(deletions: int, inventory: int, built: int, approved: str = "", brake: Brake | None = None) -> str:
    annotations = {APPROVE_ANNOTATION: approved} if approved else {}
    return hold(
        brake or Brake(),
        deletions=deletions,
        inventory=inventory,
        built=built,
        revision=REVISION,
        annotations=annotations,
    )


@pytest.mark.parametrize(
    ("deletions", "inventory", "built", "held"),
    [
        (0, 0, 0, False),
        (0, 100, 0, False),
        (1, 1, 0, True),
        (1, 1, 1, False),
        (20, 20, 1, False),
        (21, 21, 1, True),
        (21, 41, 20, True),
        (21, 42, 21, False),
        (22, 42, 20, True),
    ],
)
def test_an_emptied_or_halved_build_is_held(deletions: int, inventory: int, built: int, held: bool) -> None:
    assert bool(_held(deletions, inventory, built)) is held


def test_the_message_says_what_and_how_to_approve() -> None:
    message = _held(30, 40, 10)
    assert "delete 30 of 40 objects" in message
    assert f"{APPROVE_ANNOTATION}: {REVISION}" in message
    assert "empty" in _held(3, 3, 0)


def test_approval_is_for_one_revision() -> None:
    assert _held(30, 30, 0, approved=REVISION) == ""
    assert _held(30, 30, 0, approved="main@sha1:other") != ""


def test_the_numbers_are_settings() -> None:
    assert _held(3, 4, 1, brake=Brake(objects=2, fraction=0.5))
    assert not _held(30, 40, 10, brake=Brake(objects=20, fraction=0.9))
    assert not _held(30, 30, 0, brake=Brake(fraction=1.0))
