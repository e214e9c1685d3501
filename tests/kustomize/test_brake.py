"""The brake on deletion (threats A-53, B-26, B-27)."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.api.meta import APPROVE_ANNOTATION
from penstock.kustomize.brake import Brake, Held, hold, message

from tests.kustomize.builders import OWNER, ref

if TYPE_CHECKING:
    from penstock.api.refs import ObjectRef

REVISION = "main@sha1:" + "a" * 40
CLASSIC = Brake(kinds=("Namespace", "CustomResourceDefinition", "PersistentVolumeClaim"))
CRD, WIDGET = (
    ref("CustomResourceDefinition", "widgets.example.com", "", "apiextensions.k8s.io"),
    ref("Widget", "w", "team", "example.com"),
)
TEAM, CLAIM, MAP = (
    ref("Namespace", "team"),
    ref("PersistentVolumeClaim", "db", "team"),
    ref("ConfigMap", "a", "x"),
)


def _maps(count: int) -> tuple[ObjectRef, ...]:
    return tuple(ref("ConfigMap", f"m{number}", "default") for number in range(count))


def _held(
    deletions: int | tuple[ObjectRef, ...],
    applied: int | None,
    built: int,
    approved: str = "",
    brake: Brake | None = None,
) -> Held:
    return hold(
        brake or Brake(),
        _maps(deletions) if isinstance(deletions, int) else deletions,
        applied=applied,
        built=built,
        revision=REVISION,
        annotations={APPROVE_ANNOTATION: approved} if approved else {},
    )


@pytest.mark.parametrize(
    ("deletions", "applied", "built", "held"),
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
        (20, None, 1, False),
        (21, None, 1000, True),
        (1, None, 0, True),
    ],
)
def test_an_emptied_or_halved_build_is_held(
    deletions: int, applied: int | None, built: int, held: bool
) -> None:
    found = _held(deletions, applied, built)
    assert found.refs == (_maps(deletions) if held else ())
    assert bool(found.why) is held


def test_the_message_says_what_and_how_to_approve() -> None:
    text = message(_held(30, 40, 10), OWNER, REVISION)
    assert f"deletion held at revision {REVISION}: the build would delete 30 of 40 objects. Held: " in text
    assert "ConfigMap/default/m9 and 20 more (30 ConfigMap in all)" in text
    assert "`penstock approve apps -n flux-system`" in text
    assert (
        "`kubectl -n flux-system annotate --overwrite kustomization apps "
        f"{APPROVE_ANNOTATION}={REVISION}`" in text
    )
    assert "empty" in _held(3, 3, 0).why


def test_a_branch_named_like_a_command_stays_one_word_of_the_command_to_copy() -> None:
    revision = "$(touch${IFS}x)`id`'@sha1:" + "a" * 40
    text = message(_held(3, 3, 0), OWNER, revision)
    command = text[text.index("`kubectl") + 1 : text.rindex("`; otherwise")]
    assert shlex.split(command)[-1] == f"{APPROVE_ANNOTATION}={revision}"


def test_approval_is_for_one_revision() -> None:
    assert _held(30, 30, 0, approved=REVISION) == Held()
    assert _held((TEAM,), 30, 30, approved=REVISION, brake=CLASSIC) == Held()
    assert _held(30, 30, 0, approved="main@sha1:other").refs == _maps(30)


def test_the_numbers_are_settings() -> None:
    assert _held(3, 4, 1, brake=Brake(objects=2, fraction=0.5)).refs
    assert not _held(30, 40, 10, brake=Brake(objects=20, fraction=0.9)).refs
    assert not _held(30, 30, 0, brake=Brake(fraction=1.0)).refs


def test_kinds_that_are_always_held_hold_nothing_else() -> None:
    assert _held((TEAM, MAP), 30, 28, brake=CLASSIC).refs == (TEAM,)
    assert _held((TEAM, MAP), 30, 28).refs == ()
    assert _held((TEAM, MAP), 30, 28, brake=Brake(fraction=1, kinds=("Namespace",))).refs == (TEAM,)
    assert _held((WIDGET, MAP), 30, 28, brake=Brake(kinds=("Widget.example.com",))).refs == (WIDGET,)
    assert _held((WIDGET, MAP), 30, 28, brake=Brake(kinds=("Widget.other.com",))).refs == ()


def test_what_would_take_a_held_object_along_is_held_too() -> None:
    claims, widgets = Brake(kinds=("PersistentVolumeClaim",)), Brake(kinds=("Widget",))
    assert _held((TEAM, CLAIM, MAP), 30, 27, brake=claims).refs == (TEAM, CLAIM)
    assert _held((CRD, WIDGET, MAP), 30, 27, brake=widgets).refs == (CRD, WIDGET)
    assert _held((TEAM, MAP), 30, 28, brake=claims).refs == ()


@given(
    deletions=st.lists(st.sampled_from([TEAM, CLAIM, MAP, CRD, WIDGET, *_maps(30)]), unique=True),
    applied=st.none() | st.integers(0, 100),
    built=st.integers(0, 100),
)
def test_only_deletions_are_held_and_never_without_a_reason(
    deletions: list[ObjectRef], applied: int | None, built: int
) -> None:
    found = _held(tuple(deletions), applied, built, brake=CLASSIC)
    assert set(found.refs) <= set(deletions)
    assert bool(found.refs) is bool(found.why)
    assert not deletions or built or found.refs == tuple(deletions)
